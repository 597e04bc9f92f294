"""A process that writes a run until somebody kills it: `python -m tests.faults.stream_writer FOLDER [end]`."""

import sys
import threading
from pathlib import Path

from character_flow.board import Board
from character_flow.events import PlanCompleted, PlanResumed, StepCompleted, StepError, StepStarted
from character_flow.stream.journal import Journal
from character_flow.stream.liveness import Pulse, this_process
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.publisher import Publisher
from character_flow.stream.stream import Stream, create_run
from tests.unit.recorded import RUN_ID, started

STEPS = 20


def write(stream: Stream, *, to_the_end: bool) -> None:
    """Make the run or take it up, and go round its steps; `to_the_end` once, else for ever."""
    run = stream.run(RUN_ID)
    board, lock = Board(), threading.RLock()
    with hold_page(stream, owner=this_process(RUN_ID)) as page:
        if not run.path.exists():
            create_run(
                stream, RUN_ID, plan_text="", inputs=b"{}", files={}, first=started(steps=STEPS), durable=True
            ).close()
        with hold_run(run) as held:
            journal = Journal.open(run.journal, durable=True, each=board.apply)
            pulse = Pulse([page.beat, held.beat])
            publisher = Publisher(board, lock, targets=[stream.page, run.snapshot], durable=True)

            def record(*args: object, step: int | None = None) -> None:
                attempt = None if step is None else board.row(step).attempt + isinstance(args[0], StepStarted)
                with lock:
                    board.apply(journal.append(args[0], step=step, attempt=attempt))  # type: ignore[arg-type]
                publisher.poke()

            running = [number for number in range(1, STEPS + 1) if board.row(number).status == "running"]
            record(PlanResumed())
            for number in running:
                record(StepError(reason="interrupted", message="killed", final=False), step=number)
            while True:
                for number in range(1, STEPS + 1):
                    record(StepStarted(name=f"s{number}", tool="t", with_key="k"), step=number)
                    record(StepCompleted(output="x" * 50), step=number)
                if to_the_end:
                    break
            record(PlanCompleted(outcome="success"))
            problem = publisher.finish()
            pulse.stop()
            journal.close()
            assert problem is None


if __name__ == "__main__":
    write(Stream(Path(sys.argv[1])), to_the_end=len(sys.argv) > 2)
