"""How it all comes together: settings, tools, hooks, stream and engine, wired in one place.

`run_plan` is what `main.py` and people who use the engine as a library call. A refused start creates nothing: inputs
are read and checked first, then the page's lock is taken, then the run is made.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from character_flow import __version__, events
from character_flow.board import Board
from character_flow.config import Settings, read_settings
from character_flow.engine import Engine
from character_flow.errors import StreamBusyError, UsageError
from character_flow.events import Event, Fact, PlanHead, PlanQueued, PlanStarted
from character_flow.executors import DaemonExecutor
from character_flow.file_book import FileBook
from character_flow.hooks import ExecutionHooks, HookChain
from character_flow.inputs import FileRecord, check_inputs, gather_files, input_scope
from character_flow.json_text import to_json_bytes
from character_flow.plan import Plan, load_plan, parse_plan
from character_flow.resume import Reuse, depending_on, resuming_facts
from character_flow.run_state import RunState
from character_flow.shipped import find_plan
from character_flow.snapshot import Snapshot
from character_flow.stream.inbox import Inbox
from character_flow.stream.journal import Journal, read_events, salvage_events
from character_flow.stream.liveness import Pulse, this_process
from character_flow.stream.locks import Held, hold_page, hold_run
from character_flow.stream.publisher import Publisher
from character_flow.stream.runs import find_run
from character_flow.stream.stream import RunFolder, Stream, create_run, new_run_id, read_output
from character_flow.streaming_hooks import StreamingHooks
from character_flow.surroundings import Surroundings
from character_flow.tools.registry import ToolRegistry
from character_flow.workshop import RunWorkshop

_SIGNAL_CODES = {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}


@dataclass(frozen=True)
class RunOptions:
    """What may differ from run to run; what is None comes from the environment (see docs/settings.md)."""

    folder: Path | None = None
    provider: str | None = None
    max_parallel: int | None = None
    durability: str | None = None
    tools: ToolRegistry | None = None
    hooks: Sequence[ExecutionHooks] = ()
    publish: bool | None = True
    """Whether plan_stream.json shows this run: yes, no, or (None) if nobody else publishes there."""
    started: Callable[[Engine, RunFolder], None] = lambda engine, run: None
    """Called once the run's lock is held and before its first step."""
    settings: Settings = field(default_factory=read_settings)

    @property
    def stream(self) -> Stream:
        """Where runs are kept: the folder given, that of the environment, or the current one."""
        return Stream((self.folder or self.settings.dir or Path.cwd()).absolute())

    @property
    def is_durable(self) -> bool:
        """Whether every event is synced to the disk before the run goes on."""
        return (self.durability or self.settings.durability) == "full"

    @property
    def registry(self) -> ToolRegistry:
        """The shipped tools and the caller's."""
        return default_tools().merged([self.tools] if self.tools else [])


@dataclass(frozen=True)
class RunResult:
    """How a run ended: its exit code as in docs/failures.md, its last snapshot and the plan's output."""

    run: RunFolder
    exit_code: int
    snapshot: Snapshot
    output: JsonValue = None
    problem: str | None = None
    """Why plan_stream.json could not be written at last, if so; the journal is whole."""


def default_tools() -> ToolRegistry:
    """The tools every plan may use."""
    from character_flow.tools import basic, media, text  # only what runs a plan needs them

    return basic.tools.merged([text.tools, media.tools])


def run_plan(
    plan: Path | str, inputs: Mapping[str, JsonValue] | None = None, *, options: RunOptions | None = None
) -> RunResult:
    """Run a plan file (or a shipped plan by its id) to its end; how it ended is in the result.

    Raises before anything was created: PlanError, InputError, UsageError, StreamBusyError. DurabilityError later.
    """
    options = options or RunOptions()
    path = find_plan(str(plan))
    loaded = load_plan(path, tools=options.registry)
    with _new_run(loaded, path.parent, inputs or {}, options) as new:
        return _execute(new, options)


def queue_run(
    plan: Path | str, inputs: Mapping[str, JsonValue] | None = None, *, options: RunOptions | None = None
) -> RunFolder:
    """Make a run for another process to execute with `run_queued`."""
    options = options or RunOptions()
    path = find_plan(str(plan))
    loaded = load_plan(path, tools=options.registry)
    run_id = new_run_id(loaded.id)
    head = _head(loaded, path.parent, run_id, options)
    with _inputs_of(loaded, path.parent, inputs or {}, options) as (kept, files):
        first = PlanQueued(**dict(head))
        create_run(
            options.stream, run_id, plan_text=loaded.source, inputs=kept, files=files, first=first,
            durable=options.is_durable,
        ).close()  # fmt: skip
    return options.stream.run(run_id)


def run_queued(run_id: str, *, options: RunOptions | None = None) -> RunResult:
    """Execute a run that `queue_run` made; UsageError when it has begun already."""
    options = options or RunOptions()
    run = find_run(options.stream, run_id)
    with _taken(run, options) as (journal, happened, page):
        if any(isinstance(event.fact, PlanStarted) for event in happened):
            raise UsageError(f"run {run.id} has begun already; `resume {run.id}` goes on with it")
        opening: list[tuple[Fact, int | None]] = [(PlanStarted(), None)]
        return _execute(_Begun(run, *_plan_of(run, happened, options), journal, happened, page, opening), options)


def resume_run(run_id: str, *, options: RunOptions | None = None) -> RunResult:
    """Go on with a run that has not completed: what is finished is not done again."""
    options = options or RunOptions()
    run = find_run(options.stream, run_id)
    with _taken(run, options) as (journal, happened, page):
        plan, folder = _plan_of(run, happened, options)
        state = RunState.replayed(len(plan.steps), happened)
        if state.completed:
            raise UsageError(f"run {run.id} has completed; `resume {run.id} --from STEP` makes a new run of it")
        if len(happened) == 1 and isinstance(happened[0].fact, PlanQueued):
            opening: list[tuple[Fact, int | None]] = [(PlanStarted(), None)]
        else:
            opening = resuming_facts(state, by="resume", engine_version=__version__)
        return _execute(_Begun(run, plan, folder, journal, happened, page, opening), options)


def rerun(
    run_id: str,
    *,
    from_step: str | None = None,
    inputs: Mapping[str, JsonValue] | None = None,
    plan: Path | None = None,
    salvage: bool = False,
    options: RunOptions | None = None,
) -> RunResult:
    """A new run with `parent_run_id`: other inputs, a mended plan, or from a step on; equal work is taken over.

    `salvage` reads what can be read of a corrupt journal.
    """
    options = options or RunOptions()
    parent = find_run(options.stream, run_id)
    happened = list(salvage_events(parent.journal).events if salvage else read_events(parent.journal))
    old, folder = _plan_of(parent, happened, options)
    loaded = old if plan is None else load_plan(plan, tools=options.registry)
    folder = folder if plan is None else plan.parent.absolute()
    if from_step is not None and from_step not in {step.name for step in loaded.steps}:
        raise UsageError(f"plan '{loaded.id}' has no step '{from_step}'; {_names(loaded)}")
    given = {name: value for name, value in _given(parent).items() if name in loaded.inputs} | dict(inputs or {})
    anew = depending_on(loaded, from_step) if from_step is not None else frozenset()

    def reuse(run: RunFolder, workshop: RunWorkshop) -> Reuse:
        state = RunState.replayed(len(old.steps), happened)
        names = [step.name for step in old.steps]
        load = lambda ref: read_output(parent, ref)  # noqa: E731  # one expression, used once
        return Reuse(parent.path, names, state, load_output=load, bring=workshop.bring, anew=anew)

    with _new_run(loaded, folder, given, options, parent=parent.id) as new:
        return _execute(replace(new, reuse=reuse), options)


# How a run is made, or taken up again.


@dataclass(frozen=True)
class _Begun:
    """A run whose locks are held: what the engine needs to go on from here."""

    run: RunFolder
    plan: Plan
    folder: Path
    journal: Journal
    happened: Sequence[Event]
    page: Held | None
    opening: Sequence[tuple[Fact, int | None]] = ()
    reuse: Callable[[RunFolder, RunWorkshop], Reuse] | None = None


@contextmanager
def _new_run(
    plan: Plan,
    folder: Path,
    given: Mapping[str, JsonValue],
    options: RunOptions,
    *,
    parent: str | None = None,
) -> Iterator[_Begun]:
    stream, run_id = options.stream, new_run_id(plan.id)
    head = _head(plan, folder, run_id, options, parent=parent)
    with _inputs_of(plan, folder, given, options) as (kept, files), ExitStack() as held:
        page = _page(options, run_id, held)
        journal = create_run(
            stream, run_id, plan_text=plan.source, inputs=kept, files=files, first=PlanStarted(**dict(head)),
            durable=options.is_durable,
        )  # fmt: skip
        held.callback(journal.close)
        run = stream.run(run_id)
        held.enter_context(hold_run(run))
        yield _Begun(run, plan, folder.absolute(), journal, list(read_events(run.journal)), page)


@contextmanager
def _taken(run: RunFolder, options: RunOptions) -> Iterator[tuple[Journal, list[Event], Held | None]]:
    """Both locks of an existing run, its journal open for a new epoch, and all that happened so far."""
    with ExitStack() as held:
        page = _page(options, run.id, held)
        lock = held.enter_context(hold_run(run))
        happened: list[Event] = []
        journal = Journal.open(run.journal, durable=options.is_durable, each=happened.append)
        held.callback(journal.close)
        for owned in filter(None, (lock, page)):
            owned.declare(this_process(run.id, journal.epoch))
        yield journal, happened, page


def _page(options: RunOptions, run_id: str, held: ExitStack) -> Held | None:
    """The right to publish; None when the run does not, or when it may but somebody else does."""
    if options.publish is False:
        return None
    try:
        return held.enter_context(hold_page(options.stream, owner=this_process(run_id)))
    except StreamBusyError:
        if options.publish is None:
            return None
        raise


def _head(plan: Plan, folder: Path, run_id: str, options: RunOptions, *, parent: str | None = None) -> PlanHead:
    steps = tuple(events.StepHead(name=step.name, task=step.task, tool=step.tool) for step in plan.steps)
    return PlanHead(
        run_id=run_id,
        parent_run_id=parent,
        plan_id=plan.id,
        plan_name=plan.name,
        plan_folder=str(folder.absolute()),
        provider="offline",
        engine_version=__version__,
        steps=steps,
    )


@contextmanager
def _inputs_of(
    plan: Plan, folder: Path, given: Mapping[str, JsonValue], options: RunOptions
) -> Iterator[tuple[bytes, Mapping[str, Path]]]:
    """What goes to inputs.json, and the files for `inputs/`, fetched and checked in a folder that passes."""
    values = check_inputs(plan.inputs, given, base=folder.absolute(), env=os.environ)
    with tempfile.TemporaryDirectory(prefix="character_flow-") as temporary:
        aside = Path(temporary)
        records = gather_files(
            plan.inputs, values, aside, base=folder.absolute(), write=_write,
            allow_private=options.settings.allow_private_urls,
        )  # fmt: skip
        kept = {"inputs": values, "files": {name: asdict(record) for name, record in records.items()}}
        yield to_json_bytes(kept) + b"\n", {record.name: aside / record.name for record in records.values()}


def _write(target: Path, content: bytes | Path) -> None:
    target.write_bytes(content.read_bytes() if isinstance(content, Path) else content)


def _plan_of(run: RunFolder, happened: Sequence[Event], options: RunOptions) -> tuple[Plan, Path]:
    """The run's own plan, and the folder it came from."""
    head = happened[0].fact if happened else None
    if not isinstance(head, PlanHead) or not head.steps:
        raise UsageError(f"{run.journal}: the first line is unreadable, and with it what the run was to do")
    text = run.plan.read_text(encoding="utf-8")
    plan = parse_plan(text, path=str(run.plan), plan_id=head.plan_id, tools=options.registry)
    return plan, Path(head.plan_folder)


def _kept_inputs(run: RunFolder) -> tuple[dict[str, JsonValue], dict[str, FileRecord]]:
    kept = json.loads(run.inputs_json.read_text(encoding="utf-8"))
    return kept["inputs"], {name: FileRecord(**record) for name, record in kept["files"].items()}


def _given(run: RunFolder) -> dict[str, JsonValue]:
    """The inputs of a run as another run may be given them: its copies of the files, no secrets' names."""
    values, files = _kept_inputs(run)
    copies = {name: str(run.inputs / record.name) for name, record in files.items()}
    return {name: copies.get(name, value) for name, value in values.items() if value is not None}


def _names(plan: Plan) -> str:
    return "its steps are " + ", ".join(step.name for step in plan.steps)


# How a run is executed, whoever made it.


def _execute(begun: _Begun, options: RunOptions) -> RunResult:
    run, plan = begun.run, begun.plan
    values, files = _kept_inputs(run)
    scope = input_scope(plan.inputs, values, env=os.environ)
    secrets = {name: str(scope[name]) for name, spec in plan.inputs.items() if spec.type == "secret" and scope[name]}
    book = FileBook(run.path, secrets=secrets)
    for name, record in files.items():
        book.add(f"inputs/{record.name}", record.sha256)
        scope[name] = str(run.inputs / record.name)
    state = RunState.replayed(len(plan.steps), begun.happened)
    for step in state.steps:
        for reference in step.artifacts:
            book.ref(reference)
    workshop = RunWorkshop(run, book, durable=options.is_durable)
    with _recorder(begun, options) as recorder:
        around = Surroundings(
            run_id=run.id,
            recorder=recorder,
            workshop=workshop,
            book=book,
            tools=options.registry,
            inputs=scope,
            plan_folder=begun.folder,
            load_output=lambda ref: read_output(run, ref),
            inbox=Inbox(run, epoch=begun.journal.epoch, obeyed=state.obeyed),
            reuse=begun.reuse(run, workshop) if begun.reuse else lambda step, key: None,
        )
        executor = DaemonExecutor()
        engine = Engine(
            plan, state, around,
            executor=executor,
            hooks=HookChain(options.hooks),
            max_parallel=options.max_parallel or options.settings.max_parallel,
        )  # fmt: skip
        options.started(engine, run)
        try:
            end = engine.run(begun.opening, recorded=() if begun.opening else begun.happened)
        finally:
            executor.shutdown(wait=False)
            workshop.close()
    return _result(run, end, recorder, book)


@contextmanager
def _recorder(begun: _Begun, options: RunOptions) -> Iterator[StreamingHooks]:
    """The recorder of a run, with its publisher and its sign of life; the last snapshot is written on the way out."""
    run, board, lock = begun.run, Board(), threading.RLock()
    for event in begun.happened:
        board.apply(event)
    targets = [run.snapshot] + ([options.stream.page] if begun.page is not None else [])
    publisher = Publisher(board, lock, targets=targets, durable=options.is_durable)
    names = [step.name for step in begun.plan.steps]
    try:
        yield StreamingHooks(run, begun.journal, board, publisher, lock=lock, names=names, durable=options.is_durable)
    finally:
        publisher.finish()


def _result(run: RunFolder, end: Event, recorder: StreamingHooks, book: FileBook) -> RunResult:
    fact = end.fact
    output: JsonValue = None
    if isinstance(fact, events.PlanCompleted):
        code = 0
        output = book.live(fact.output if fact.output_ref is None else read_output(run, fact.output_ref))
    elif isinstance(fact, events.PlanCancelled):
        code = _SIGNAL_CODES.get(fact.signal or "", 1)
    else:
        code = 3 if isinstance(fact, events.PlanFailed) and fact.outcome == "uncertain" else 1
    problem = recorder.problem
    return RunResult(run, code, recorder.snapshot, output, str(problem) if problem is not None else None)
