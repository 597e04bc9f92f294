"""When something was seen: stamps on their way from a writer to the DOM, and what the server spent on it."""

import math
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page

STAMP = re.compile(r"tk-(\d+)-(\d+)-")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")

# Notes when each stamp was first in the DOM, anywhere and within the chosen step's detail; open shadow roots are
# followed from the moment they are made.
_PROBE = r"""
(() => {
  const seen = (window.__seen = { any: {}, detail: {}, first: null });
  const stamp = /tk-\d+-\d+-/g;
  const isDetail = (node) => {
    for (let at = node.nodeType === 1 ? node : node.parentElement; at; at = at.parentElement) {
      if (at.dataset && at.dataset.testid === "detail") return true;
    }
    return false;
  };
  const look = (node, now) => {
    const found = (node.nodeType === 3 ? node.data : node.textContent || "").match(stamp);
    if (!found) return;
    if (seen.first === null) seen.first = now;
    const at = performance.timeOrigin + now;
    for (const token of found) {
      seen.any[token] ??= at;
      if (isDetail(node)) seen.detail[token] ??= at;
    }
  };
  const observer = new MutationObserver((records) => {
    const now = performance.now();
    for (const record of records) {
      if (record.type === "characterData") look(record.target, now);
      else for (const node of record.addedNodes) look(node, now);
    }
  });
  const follow = { subtree: true, childList: true, characterData: true };
  observer.observe(document, follow);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    observer.observe(root, follow);
    return root;
  };
})();
"""


def stamp(number: int) -> str:
    """A text that says when it was made; no two are alike."""
    return f"tk-{number}-{time.time_ns()}-"


class Watcher:
    """One tab with a probe in it."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._context = browser.new_context(viewport={"width": 1280, "height": 800})
        self._context.add_init_script(_PROBE)
        self.page: Page = self._context.new_page()
        self.page.goto(url)

    def wait_for(self, number: int, *, within: str = "any", deadline_s: float = 60) -> None:
        """Until the stamp of that number is there."""
        self.page.wait_for_function(
            "([within, start]) => Object.keys(window.__seen[within]).some((token) => token.startsWith(start))",
            arg=[within, f"tk-{number}-"], timeout=deadline_s * 1000,
        )  # fmt: skip

    def latencies_ms(self, within: str = "any", *, above: int = 0) -> list[float]:
        """From stamp to DOM, of each stamp with a number above that."""
        seen = self.page.evaluate(f"() => window.__seen.{within}")
        found = ((STAMP.match(token), at) for token, at in seen.items())
        return [at - int(match[2]) / 1e6 for match, at in found if match and int(match[1]) > above]

    def first_content_s(self) -> float:
        """From navigation to the first stamp in the DOM."""
        self.page.wait_for_function("() => window.__seen.first !== null", timeout=60_000)
        return float(self.page.evaluate("() => window.__seen.first / 1000"))

    def heap_mib(self) -> float:
        """What the page holds, after a collection."""
        session = self._context.new_cdp_session(self.page)
        session.send("HeapProfiler.collectGarbage")
        used = session.send("Runtime.getHeapUsage")["usedSize"]
        session.detach()
        return float(used) / 2**20

    def nodes(self) -> int:
        """How many DOM nodes the page holds."""
        session = self._context.new_cdp_session(self.page)
        counted = session.send("Memory.getDOMCounters")["nodes"]
        session.detach()
        return int(counted)

    def close(self) -> None:
        """Close the tab and its profile."""
        self._context.close()


def cpu_s(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def rss_mib(pid: int) -> float:
    """What a process holds in memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 2**20


def percent_of_core(pid: int, during: Callable[[], None]) -> float:
    """The share of one core a process uses while something goes on."""
    began, used = time.monotonic(), cpu_s(pid)
    during()
    return round(100 * (cpu_s(pid) - used) / (time.monotonic() - began), 2)


def quantiles(values: Sequence[float]) -> dict[str, float | int]:
    """Count, median, 95th percentile and maximum, in the unit of the values."""
    if not values:
        return {"n": 0, "p50": sys.float_info.max, "p95": sys.float_info.max, "max": sys.float_info.max}
    ordered = sorted(values)
    return {
        "n": len(ordered),
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[math.ceil(0.95 * len(ordered)) - 1], 2),
        "max": round(ordered[-1], 2),
    }
