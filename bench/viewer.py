"""How soon a change is seen in the browser, and what looking costs: one JSON object, all of it measured in one run.

Beside the live board, in the same browser and over the same file, a plain page that reads it again each second
(`_rerun_page.py`). `--quick` takes fewer updates, for a look; the bars are meant for a machine that does nothing else.
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # so that `python bench/viewer.py` looks at this checkout, installed or not

from playwright.sync_api import Browser, sync_playwright  # noqa: E402 - after the path is set

from bench._viewer_probe import Watcher, cpu_s, percent_of_core, quantiles, rss_mib, stamp  # noqa: E402 - after the path
from bench._viewer_writer import Run, replace_page, stamped_run, step_cost_ms  # noqa: E402 - after the path is set
from tests.browser import chromium  # noqa: E402 - after the path is set
from tests.browser.server import Viewer  # noqa: E402 - after the path is set

BOARD, RERUN = "stream_viewer.py", "bench/_rerun_page.py"
TABS = 50
Figures = dict[str, object]


@dataclass(frozen=True)
class Amounts:
    """How much is measured."""

    updates: int = 60
    rerun_updates: int = 40
    visits: int = 5
    idle_s: float = 20.0
    flat_updates: int = 10_000
    many_steps: int = 5_000
    cost_steps: int = 3_000
    rounds: int = 5


QUICK = Amounts(updates=20, rerun_updates=8, visits=2, idle_s=5, flat_updates=1_000, many_steps=1_000, cost_steps=300,
                rounds=3)  # fmt: skip


class Bench:
    """The measures, each on a server and a folder of its own."""

    def __init__(self, browser: Browser, scratch: Path, amounts: Amounts) -> None:
        self._browser, self._scratch, self._amounts = browser, scratch, amounts
        self._rng = random.Random(7)

    @contextmanager
    def _served(self, script: str = BOARD) -> Iterator[Viewer]:
        folder = Path(tempfile.mkdtemp(dir=self._scratch)) / "stream"
        folder.mkdir()
        with Viewer(folder, script=script) as viewer:
            yield viewer

    def file_to_dom(self, script: str) -> Figures:
        """A file replaced by somebody else -> DOM; first content; what an open tab costs while nothing happens."""
        is_board = script == BOARD
        updates = self._amounts.updates if is_board else self._amounts.rerun_updates
        pause_s = (0.2, 0.3) if is_board else (1.2, 2.2)
        with self._served(script) as viewer:
            replace_page(viewer.folder, stamp(0))
            firsts = [self._first_content(viewer) for _ in range(self._amounts.visits)]
            tab = Watcher(self._browser, viewer.url)
            tab.wait_for(0)
            idle = percent_of_core(viewer.pid, lambda: time.sleep(self._amounts.idle_s))
            used = cpu_s(viewer.pid)
            for number in range(1, updates + 1):
                time.sleep(self._rng.uniform(*pause_s))
                replace_page(viewer.folder, stamp(number))
            tab.wait_for(updates)
            used = cpu_s(viewer.pid) - used
            told: Figures = {
                "any_ms": quantiles(tab.latencies_ms(above=0)),
                "seen": f"{len(tab.latencies_ms(above=0))} of {updates}",
                "server_cpu_ms_an_update": round(1000 * used / updates, 2),
                "idle_one_tab_percent": idle,
                "first_content_s": quantiles(firsts),
            }
            if is_board:
                told["detail_ms"] = quantiles(tab.latencies_ms("detail", above=0))
            tab.close()
        return told

    def _first_content(self, viewer: Viewer) -> float:
        tab = Watcher(self._browser, viewer.url)
        try:
            return tab.first_content_s()
        finally:
            tab.close()

    def real_run(self) -> Figures:
        """A durable run: the end of a step in its tool -> DOM, its sync to the disk included."""
        with self._served() as viewer:
            tab = Watcher(self._browser, viewer.url)
            tab.page.get_by_test_id("waiting").wait_for()
            run = stamped_run(viewer.folder, viewer.folder.parent / "work", steps=self._amounts.updates, pause_s=0.2)
            tab.wait_for(self._amounts.updates, deadline_s=120)
            run.wait(60)
            told: Figures = {"step_end_to_dom_ms": quantiles(tab.latencies_ms())}
            tab.close()
        return told

    def many_steps(self) -> Figures:
        """One message after another in the middle of a long plan -> DOM; messages are kept for up to 50 ms."""
        with self._served() as viewer:
            run = Run(viewer.folder, viewer.folder.parent / "work", steps=self._amounts.many_steps)
            tab = Watcher(self._browser, viewer.url)
            run.tell(5, 0.2)
            tab.wait_for(5, deadline_s=120)
            time.sleep(1)  # the page has settled
            updates, used = self._amounts.updates, cpu_s(viewer.pid)
            run.tell(updates, 0.25)
            tab.wait_for(run.told)
            used = cpu_s(viewer.pid) - used
            told: Figures = {
                "steps": self._amounts.many_steps,
                "message_to_dom_ms": quantiles(tab.latencies_ms(above=5)),
                "message_to_detail_ms": quantiles(tab.latencies_ms("detail", above=5)),
                "server_cpu_ms_an_update": round(1000 * used / updates, 2),
                "dom_nodes": tab.nodes(),
            }
            run.end()
            tab.close()
        return told

    def many_tabs(self) -> Figures:
        """50 clients, idle and at two updates a second."""
        with self._served() as viewer:
            run = Run(viewer.folder, viewer.folder.parent / "work")
            with _clients(viewer, TABS) as clients:
                run.tell(2, 0.5)
                time.sleep(2)
                idle = percent_of_core(viewer.pid, lambda: time.sleep(self._amounts.idle_s))
                before, updates = run.told, self._amounts.updates

                def updating() -> None:
                    run.tell(updates, 0.5)
                    time.sleep(0.5 * updates + 1)

                busy = percent_of_core(viewer.pid, updating)
                arrived = _ask(clients, before, run.told)
            run.end()
        latencies = arrived.pop("latencies_ms")
        assert isinstance(latencies, list)
        return {"tabs": TABS, "idle_percent": idle, "percent_at_two_a_second": busy, **arrived,
                "message_to_client_ms": quantiles(latencies)}  # fmt: skip

    def memory(self) -> Figures:
        """What the server and a page hold before and after many updates of the file."""
        with self._served() as viewer:
            replace_page(viewer.folder, stamp(0))
            tab = Watcher(self._browser, viewer.url)
            tab.wait_for(0)
            self._replace_often(viewer, tab, 1, self._amounts.flat_updates // 10)
            before = (rss_mib(viewer.pid), tab.heap_mib(), tab.nodes())
            first = self._amounts.flat_updates // 10 + 1
            self._replace_often(viewer, tab, first, first + self._amounts.flat_updates - 1)
            after = (rss_mib(viewer.pid), tab.heap_mib(), tab.nodes())
            drawn = tab.page.evaluate("() => Object.keys(window.__seen.any).length")
            tab.close()
        return {
            "updates": self._amounts.flat_updates, "drawn": drawn,
            "server_mib": [round(before[0], 1), round(after[0], 1)],
            "page_heap_mib": [round(before[1], 1), round(after[1], 1)],
            "dom_nodes": [before[2], after[2]],
        }  # fmt: skip

    def _replace_often(self, viewer: Viewer, tab: Watcher, first: int, last: int) -> None:
        for number in range(first, last + 1):
            replace_page(viewer.folder, stamp(number))
            time.sleep(0.004)
        tab.wait_for(last)

    def writer(self) -> Figures:
        """What a durable step costs its writer: in a folder nobody looks at, and with 50 tabs looking, in turns."""
        alone: list[float] = []
        watched: list[float] = []
        steps = self._amounts.cost_steps
        with self._served() as viewer:
            beside = viewer.folder.parent
            for number in range(self._amounts.rounds + 1):
                alone.append(step_cost_ms(beside / "elsewhere", beside / f"alone{number}", steps=steps))
                with _clients(viewer, TABS):
                    watched.append(step_cost_ms(viewer.folder, beside / f"watched{number}", steps=steps))
        pairs = list(zip(alone, watched, strict=True))[1:]  # the first pair warms the disk
        return {
            "steps": steps, "rounds": len(pairs), "alone_ms": round(statistics.median(alone), 3),
            "watched_by_50_ms": round(statistics.median(watched), 3),
            "ratio": round(statistics.median(after / before for before, after in pairs), 3),
        }  # fmt: skip


@contextmanager
def _clients(viewer: Viewer, count: int) -> Iterator["subprocess.Popen[str]"]:
    script = str(Path(__file__).with_name("_viewer_clients.py"))
    words = [sys.executable, script, str(viewer.port), str(count)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdout is not None
        if clients.stdout.readline() != "ready\n":
            raise RuntimeError("the clients could not connect")
        yield clients
        clients.terminate()


def _ask(clients: "subprocess.Popen[str]", above: int, last: int) -> Figures:
    assert clients.stdin is not None
    assert clients.stdout is not None
    print(json.dumps([above, last]), file=clients.stdin, flush=True)
    told: Figures = json.loads(clients.stdout.readline())
    return told


def _bars(told: Mapping[str, Mapping[str, object]]) -> list[Figures]:
    """Every bar of the issue, what was measured, and whether it holds."""

    def p95(part: str, name: str) -> float:
        return _figure(told[part], name, "p95")

    tabs, many, memory = told["many_tabs"], told["many_steps"], told["memory"]
    server = memory["server_mib"]
    assert isinstance(server, list)
    delivered = _figure(tabs, "delivered") / _figure(tabs, "due")
    rows = [
        ("file replaced -> DOM, board, p95 ms", p95("board", "any_ms"), 10.0),
        ("file replaced -> DOM, chosen step's detail, p95 ms", p95("board", "detail_ms"), 100.0),
        ("50 tabs at 2 updates/s, % of a core", _figure(tabs, "percent_at_two_a_second"), 5.0),
        ("50 tabs, % not delivered", round(100 * (1 - delivered), 3), 0.0),
        ("50 tabs idle, % of a core", _figure(tabs, "idle_percent"), 1.0),
        (f"{many['steps']} steps, p95 ms", p95("many_steps", "message_to_dom_ms"), 100.0),
        (f"{many['steps']} steps, server ms an update", _figure(many, "server_cpu_ms_an_update"), 25.0),
        ("first content, median visit, s", _figure(told["board"], "first_content_s", "p50"), 2.0),
        (f"server's memory over {memory['updates']} updates, MiB more", round(server[1] - server[0], 1), 10.0),
        ("writer's step, 50 tabs over none", _figure(told["writer"], "ratio"), 1.1),
    ]
    return [{"what": what, "measured": value, "bar": bar, "holds": value <= bar} for what, value, bar in rows]


def _figure(part: Mapping[str, object], *names: str) -> float:
    value: object = part
    for name in names:
        assert isinstance(value, Mapping)
        value = value[name]
    assert isinstance(value, int | float)
    return float(value)


def measure(browser: Browser, scratch: Path, amounts: Amounts) -> Figures:
    """Everything, one after the other."""
    bench = Bench(browser, scratch, amounts)
    told: dict[str, Figures] = {}
    parts = {
        "board": lambda: bench.file_to_dom(BOARD), "rerun_page": lambda: bench.file_to_dom(RERUN),
        "real_run": bench.real_run, "many_tabs": bench.many_tabs, "many_steps": bench.many_steps,
        "memory": bench.memory, "writer": bench.writer,
    }  # fmt: skip
    for name, part in parts.items():
        told[name] = part()
        print(f"{name}: {json.dumps(told[name])}", file=sys.stderr)
    bars = _bars(told)
    quicker = _figure(told["rerun_page"], "any_ms", "p95") / _figure(told["board"], "any_ms", "p95")
    return {
        "benchmark": "viewer", "chromium": browser.version, "is_quick": amounts is QUICK, **told,
        "board_quicker_than_rerun_page": round(quicker, 1), "bars": bars,
        "within_bars": all(bar["holds"] for bar in bars),
    }  # fmt: skip


def main() -> int:
    """Print the figures, and end with 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    amounts = QUICK if parser.parse_args().quick else Amounts()
    path = chromium.find()
    if path is None:
        print(chromium.WHY_NOT, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="bench-viewer-", dir=".") as scratch, sync_playwright() as playwright:
        browser = chromium.launch(playwright, path)
        told = measure(browser, Path(scratch).absolute(), amounts)
        browser.close()
    print(json.dumps(told))
    return 0 if told["within_bars"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
