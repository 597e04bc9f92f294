"""Where the browser is: the Chromium of this machine, found, or installed by the system's own packages.

`python -m tests.browser.chromium` is what `make test` calls: it installs one where none is and it may.
"""

import os
import shutil
import subprocess
import sys

from playwright.sync_api import Browser, Playwright

VARIABLE = "CHARACTER_FLOW_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-default-apps", "--disable-domain-reliability", "--no-pings", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
)  # fmt: skip
WHY_NOT = (
    "no Chromium here: install one (Debian: apt-get install chromium), or name one in CHARACTER_FLOW_CHROMIUM;"
    " `make test` does it by itself where it may"
)


def find() -> str | None:
    """The browser to use; None where there is none that starts."""
    named = os.environ.get(VARIABLE)
    found = [named] if named else [shutil.which(name) for name in _NAMES] + [*filter(os.path.exists, PLACES)]
    return next((path for path in found if path and _starts(path)), None)


def _starts(path: str) -> bool:
    """On some systems the name is there, and only says how to get the real one."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def launch(playwright: Playwright, path: str) -> Browser:
    """Start it, headless, with a profile of its own, asking nobody for anything."""
    return playwright.chromium.launch(executable_path=path, args=_FLAGS)


def install() -> str | None:
    """Let apt-get install it where that needs no password: what was done, or None where it cannot be done."""
    if shutil.which("apt-get") is None:
        return None
    before: list[str] = []
    if os.geteuid() != 0:
        before = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.run([*before, "true"], capture_output=True, check=False).returncode:
            return None
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "chromium"]):
        done = subprocess.run([*before, "apt-get", "-qq", *words], env=environ, capture_output=True, check=False)
        if done.returncode:
            last = (done.stderr.decode(errors="replace").strip().splitlines() or ["no word why"])[-1]
            return f"apt-get {words[0]} failed: {last}"
    return "Installed chromium with apt-get, for the browser tests."


def main() -> int:
    """Say in one line what was done, if anything had to be; the tests themselves say what they skip."""
    if find() is None:
        print((None if os.environ.get(VARIABLE) else install()) or WHY_NOT, file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
