"""What the live step list looks like at one moment: lines that fit the terminal, whatever the plan's size."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import ConsoleDimensions
from rich.text import Text

from character_flow.board import Board
from character_flow.cli.words import one_line, since, ticking
from character_flow.durations import took
from character_flow.snapshot import Snapshot, StepRun, StepStatus

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
ICONS: dict[StepStatus, str] = {
    "pending": "⏳",
    "running": "🔄",
    "completed": "✅",
    "error": "❌",
    "skipped": "· ",
    "cancelled": "⛔",
    "uncertain": "❓",
}
_PLAIN_ICONS: dict[StepStatus, str] = {
    "pending": ". ",
    "running": "> ",
    "completed": "+ ",
    "error": "x ",
    "skipped": "- ",
    "cancelled": "! ",
    "uncertain": "? ",
}
_STYLES: dict[StepStatus, str] = {
    "pending": "dim", "running": "bold", "completed": "", "error": "red", "skipped": "dim", "cancelled": "yellow",
    "uncertain": "yellow",
}  # fmt: skip
_WIDEST = 110
_LOW = 10
_TEXT_LINES = 2
_MOST_RUNNING = 32


@dataclass(frozen=True, slots=True)
class Look:
    """How this terminal draws: its size, whether it has more than ASCII, and how often the spinner has turned."""

    size: ConsoleDimensions
    is_ascii: bool = False
    turn: int = 0
    began_at: str | None = None
    """When this stretch of work began, ISO 8601; without it since the run began."""
    note: str = ""
    now: float | None = None
    """The moment that is drawn, in seconds since 1970; without it this one."""

    @property
    def width(self) -> int:
        """Columns used; the last one stays free, so that no terminal wraps."""
        return max(10, min(self.size.width, _WIDEST) - 1)


def frame(board: Board, running: Sequence[int], look: Look) -> Text:
    """Title, bar and step list in at most as many lines as the terminal has."""
    head = board.head
    is_low = look.size.height < _LOW
    drawn = [_bar(head, look)] if is_low else [_title(head, look), _bar(head, look), Text("")]
    budget = max(2, look.size.height - 1 - len(drawn) - bool(look.note))
    shown = _chosen(board, sorted(running)[:_MOST_RUNNING], budget)
    last = 0
    for number in shown:
        if number > last + 1:
            drawn.append(_gap(board, last + 1, number - 1, look))
        drawn += _step(board.row(number), look, total=head.total_steps)
        last = number
    if last < head.total_steps:
        drawn.append(_gap(board, last + 1, head.total_steps, look))
    if look.note:
        drawn.append(_cut(Text(f"  {look.note}", style="yellow"), look.width))
    return Text("\n").join(drawn[: max(1, look.size.height - 1)])


def icon(status: StepStatus, *, is_ascii: bool) -> str:
    """Two columns that say how a step stands."""
    return (_PLAIN_ICONS if is_ascii else ICONS)[status]


def _title(head: Snapshot, look: Look) -> Text:
    return _cut(Text(one_line(head.plan_name or head.plan_id), style="bold"), look.width)


def _bar(head: Snapshot, look: Look) -> Text:
    elapsed = took(head.duration_s) if head.is_over else ticking(since(look.began_at or head.started_at, now=look.now))
    told = f"  {head.progress:3d}%  step {head.current_step} of {head.total_steps}  {elapsed}"
    room = max(5, look.width - len(told))
    full = room * head.progress // 100
    style = {"completed": "green", "error": "red"}.get(head.status, "cyan")
    done, rest = ("#", "-") if look.is_ascii else ("━", "━")
    bar = Text.assemble((done * full, style), (rest * (room - full), "bright_black"), (told, ""))
    return _cut(bar, look.width)


def _gap(board: Board, first: int, last: int, look: Look) -> Text:
    """What is not shown: how many steps, and how they stand."""
    counts: dict[str, int] = {}
    for number in range(first, last + 1):
        status = board.row(number).status
        counts[status] = counts.get(status, 0) + 1
    told = ", ".join(f"{number} {status}" for status, number in counts.items())
    mark = ":" if look.is_ascii else "⋮"
    return _cut(Text(f" {mark}  {told}", style="dim"), look.width)


def _height(row: StepRun) -> int:
    if row.status == "running":
        return 1 + bool(row.message) + min(_TEXT_LINES, bool(row.text))
    return 1 + (row.status in ("error", "uncertain") and bool(row.error))


def _chosen(board: Board, running: Sequence[int], budget: int) -> list[int]:
    """The steps to show: all if they fit, else the running ones and their neighbours, gaps counted."""
    total = board.head.total_steps
    if total <= budget and sum(_height(board.row(number)) for number in range(1, total + 1)) <= budget:
        return list(range(1, total + 1))
    centres = list(running) or [_centre(board)]
    chosen: set[int] = set()
    for distance in range(total):
        near = [n for centre in centres for n in (centre + distance, centre - distance) if 1 <= n <= total]
        for number in near:
            if number not in chosen:
                if _cost(board, chosen | {number}) > budget:
                    return sorted(chosen) or [number]
                chosen.add(number)
    return sorted(chosen)


def _centre(board: Board) -> int:
    """Where to look when nothing runs: at what failed, at the end of what is done, else where the run is."""
    head = board.head
    if head.status == "error":
        failed = [
            n for n in range(1, head.total_steps + 1) if board.row(n).status in ("error", "uncertain", "cancelled")
        ]
        return failed[0] if failed else max(1, head.current_step)
    return head.total_steps if head.is_over else max(1, head.current_step)


def _cost(board: Board, chosen: set[int]) -> int:
    last, lines = 0, 0
    for number in sorted(chosen):
        lines += _height(board.row(number)) + (number > last + 1)
        last = number
    return lines + (last < board.head.total_steps)


def _step(row: StepRun, look: Look, *, total: int) -> list[Text]:
    mark = icon(row.status, is_ascii=look.is_ascii)
    mark_style = ""
    if row.status == "running":
        mark = ("|/-\\"[look.turn % 4] if look.is_ascii else SPINNER[look.turn % len(SPINNER)]) + " "
        mark_style = "cyan"
    number = f"{row.step_number:>{len(str(total))}}"
    left = Text.assemble(" ", (mark, mark_style), " ", (number, "dim"), " ")
    right = _right(row, look)
    room = look.width - left.cell_len - right.cell_len - 2
    task = _cut(Text(one_line(row.task or row.name), style=_STYLES[row.status]), max(8, room))
    blanks = " " * max(1, look.width - left.cell_len - task.cell_len - right.cell_len)
    indent = " " * left.cell_len
    drawn = [_cut(Text.assemble(left, task, blanks, right), look.width)]
    if row.status == "running":
        drawn += [_cut(Text(indent + one_line(row.message), style="dim"), look.width)] if row.message else []
        drawn += [_growing(row.text, indent, look)] if row.text else []
    elif row.error and row.status in ("error", "uncertain"):
        drawn.append(_cut(Text(indent + one_line(row.error), style=_STYLES[row.status]), look.width))
    return drawn


def _right(row: StepRun, look: Look) -> Text:
    """What stands at the end of a row: tool, attempt, percent, time."""
    told: list[tuple[str, str]] = []
    if row.status in ("pending", "running"):
        told.append((one_line(row.tool_id, limit=24), "dim"))
    if row.reattached and row.status != "pending":
        told.append(("re-attached", "yellow"))
    elif row.attempt > 1 or (row.status == "pending" and row.attempt):
        told.append((f"attempt {row.attempt + (row.status == 'pending')}", "yellow"))
    if row.status == "running":
        told += [(f"{row.progress}%", "cyan")] if row.progress is not None else []
        told.append((ticking(since(row.started_at, now=look.now)), ""))
    elif row.reused_from:
        told.append(("taken over", "dim"))
    elif row.status == "skipped":
        told.append(("not needed", "dim"))
    elif row.duration_s is not None and row.status != "pending":
        told.append((took(row.duration_s), "dim"))
    return Text("  ").join(Text(text, style=style) for text, style in told)


def _growing(text: str, indent: str, look: Look) -> Text:
    """The end of a text being written: what fits on one line."""
    room = look.width - len(indent) - 2
    shown = one_line(text[-4 * room :])
    while cell_len(shown) > room:
        shown = shown[max(1, (cell_len(shown) - room) // 2) :]
    mark = "" if len(shown) >= len(" ".join(text.split())) else ("..." if look.is_ascii else "…")
    return _cut(Text(f"{indent}{mark}{shown}", style="italic cyan"), look.width)


def _cut(text: Text, width: int) -> Text:
    text.truncate(width, overflow="ellipsis")
    return text
