"""How a run whose locks are held is executed: files, tools, hooks, stream and engine, wired in one place."""

import gc
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from character_flow import events
from character_flow.board import Board
from character_flow.engine import Engine
from character_flow.errors import StreamError, UsageError
from character_flow.events import Event, Fact
from character_flow.file_book import FileBook
from character_flow.given import kept_inputs
from character_flow.hooks import ExecutionHooks, HookChain
from character_flow.inputs import input_scope
from character_flow.money import PRICES
from character_flow.paid import Paying, Purse
from character_flow.parents import spent_by_parents
from character_flow.plan import Plan
from character_flow.result_cache import ResultCache
from character_flow.resume import Reuse, depending_on, files_of
from character_flow.run_state import RunState
from character_flow.snapshot import Snapshot
from character_flow.stream.files import replace_file
from character_flow.stream.inbox import Inbox
from character_flow.stream.journal import Journal
from character_flow.stream.liveness import Pulse
from character_flow.stream.locks import Claims, Held
from character_flow.stream.reading import read_snapshot
from character_flow.stream.runs import claimed_predictions
from character_flow.stream.stream import RunFolder, Stream, read_output
from character_flow.streaming_hooks import recording
from character_flow.surroundings import Surroundings
from character_flow.tools.providers.base import Provider
from character_flow.tools.registry import ToolRegistry
from character_flow.workshop import RunWorkshop


@dataclass(frozen=True)
class Begun:
    """A run whose locks are held: what is needed to go on from here. `page` is where it may publish, if it may."""

    run: RunFolder
    plan: Plan
    folder: Path
    journal: Journal
    happened: Sequence[Event]
    locks: Sequence[Held]
    page: Path | None
    opening: Sequence[tuple[Fact, int | None]] = ()
    reuse: Callable[[RunWorkshop], Reuse] | None = None


@dataclass(frozen=True)
class Setting:
    """What the run is executed with."""

    durable: bool
    tools: ToolRegistry
    hooks: Sequence[ExecutionHooks]
    max_parallel: int
    started: Callable[[Engine, RunFolder], None]
    executor: Callable[[], Executor]
    first_backoff_s: float
    paid: Provider | None = None
    """Who answers for models at a price; None: the offline provider."""
    budget_usd: float | None = None
    allow_unknown_price: bool = False
    use_cache: bool = True


@dataclass(frozen=True)
class Ended:
    """The event of a plan's end, the last snapshot, the plan's output, and why that snapshot could not be written."""

    event: Event
    snapshot: Snapshot
    output: JsonValue
    problem: str | None


def refresh_snapshots(run: RunFolder, happened: Sequence[Event], *, page: Path | None, durable: bool) -> None:
    """Rewrite what a dead process left stale: the run's snapshot, and the page if it shows this run."""
    board = Board()
    for event in happened:
        board.apply(event)
    replace_file(run.snapshot, board.to_bytes(), durable=durable)
    with suppress(StreamError):  # what is no snapshot shows no run of ours
        if page is not None and read_snapshot(page).run_id == run.id:
            replace_file(page, board.to_bytes(), durable=durable)


def execute(begun: Begun, setting: Setting) -> Ended:
    """Run to an end. Raises DurabilityError when the disk refused; the run can then be resumed."""
    run, plan = begun.run, begun.plan
    scope, book = _inputs(begun)
    state = RunState.replayed(len(plan.steps), begun.happened)
    workshop = RunWorkshop(run, book, durable=setting.durable, paid=setting.paid)
    executor = setting.executor()
    pulse = Pulse([lock.beat for lock in begun.locks])
    try:
        with recording(run, begun.journal, begun.happened, page=begun.page, durable=setting.durable) as recorder:
            around = Surroundings(
                run_id=run.id,
                recorder=recorder,
                workshop=workshop,
                book=book,
                tools=setting.tools,
                inputs=scope,
                plan_folder=begun.folder,
                paying=_paying(begun, state, setting, book),
                load_output=lambda ref: read_output(run, ref),
                inbox=Inbox(run, epoch=begun.journal.epoch, obeyed=state.obeyed),
                reuse=begun.reuse(workshop) if begun.reuse else lambda step, key_told: None,
            )
            engine = Engine(
                plan, state, around,
                executor=executor, hooks=HookChain(setting.hooks), max_parallel=setting.max_parallel,
                first_backoff_s=setting.first_backoff_s,
            )  # fmt: skip
            setting.started(engine, run)
            with _heap_at_rest():
                end = engine.run(begun.opening, recorded=() if begun.opening else begun.happened)
    finally:
        executor.shutdown(wait=False)
        workshop.close()
        pulse.stop()
    problem = recorder.problem
    return Ended(end, recorder.snapshot, _output(run, end, book), None if problem is None else str(problem))


@contextmanager
def _heap_at_rest() -> Iterator[None]:
    """Spare the garbage collector what was there before and stays: one walk through it holds up a step for 50 ms."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _paying(begun: Begun, state: RunState, setting: Setting, book: FileBook) -> Paying:
    stream = Stream(begun.run.path.parent.parent)
    purse = Purse(
        state,
        PRICES,
        budget_usd=setting.budget_usd,
        allow_unknown=setting.allow_unknown_price,
        spent_before_usd=spent_by_parents(stream, begun.happened[0].fact) if setting.budget_usd is not None else 0.0,
    )
    cache = ResultCache(stream.cache, book, closed_to=_made_anew(begun), durable=setting.durable)
    return Paying(
        purse, lambda: claimed_predictions(stream), cache if setting.use_cache else None, adopting=Claims(stream)
    )


def _made_anew(begun: Begun) -> Collection[str]:
    """The steps that this run was made to do once more, with all that depends on them."""
    head = begun.happened[0].fact
    if not isinstance(head, events.PlanHead) or head.from_step is None:
        return ()
    return depending_on(begun.plan, head.from_step)


def _inputs(begun: Begun) -> tuple[Mapping[str, JsonValue], FileBook]:
    """What `{{ inputs.x }}` gives, and the book of all files that the run's values may name."""
    run, plan = begun.run, begun.plan
    values, files = kept_inputs(run)
    scope = input_scope(plan.inputs, values, env=os.environ)
    for name, spec in plan.inputs.items():
        if spec.type == "secret" and values.get(name) and not scope[name]:
            raise UsageError(f"input '{name}' is a secret: set the environment variable {spec.env}, as at the start")
    secrets = {name: str(scope[name]) for name, spec in plan.inputs.items() if spec.type == "secret" and scope[name]}
    book = FileBook(run.path, secrets=secrets)
    for name, record in files.items():
        book.add(f"inputs/{record.name}", record.sha256)
        scope[name] = str(run.inputs / record.name)
    for reference in files_of(begun.happened):
        book.ref(reference)
    return scope, book


def _output(run: RunFolder, end: Event, book: FileBook) -> JsonValue:
    fact = end.fact
    if not isinstance(fact, events.PlanCompleted):
        return None
    return book.live(fact.output if fact.output_ref is None else read_output(run, fact.output_ref))
