"""How long something took, as people say it: on the terminal, on the pages and in reports."""


def took(seconds: float | None, *, unknown: str = "") -> str:
    """A duration: `0.4 s`, `12.3 s`, `2 min 05 s`, `1 h 02 min`; `unknown` for None."""
    if seconds is None:
        return unknown
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
