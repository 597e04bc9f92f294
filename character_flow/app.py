"""How it all comes together: settings, tools, hooks, stream and engine, wired in one place.

`run_plan` is what `main.py` and people who use the engine as a library call. A refused start creates nothing: inputs
are read and checked first, then the page's lock is taken, then the run is made.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import JsonValue

from character_flow import __version__, events
from character_flow.config import Settings, read_settings
from character_flow.engine import Engine
from character_flow.errors import StreamBusyError, StreamError, UsageError
from character_flow.events import Event, Fact, PlanHead, PlanQueued, PlanStarted
from character_flow.execution import Begun, Ended, Setting, execute, refresh_snapshots
from character_flow.executors import DaemonExecutor
from character_flow.given import Given, gathered, handed_on
from character_flow.hooks import ExecutionHooks
from character_flow.parents import check_free_to_pay, still_taken_over, taken_over
from character_flow.plan import Plan, load_plan, parse_plan
from character_flow.resume import resuming_facts
from character_flow.run_state import RunState
from character_flow.shipped import find_plan
from character_flow.snapshot import Snapshot
from character_flow.stream.files import refusals
from character_flow.stream.journal import Journal, check_version, read_events, salvage_events
from character_flow.stream.liveness import this_process
from character_flow.stream.locks import Held, hold_page, hold_run
from character_flow.stream.runs import find_run
from character_flow.stream.stream import RunFolder, Stream, create_run, new_run_id
from character_flow.tools.providers.base import Provider
from character_flow.tools.registry import ToolRegistry

REPLICATE = "replicate"
_SIGNAL_CODES = {"SIGHUP": 129, "SIGINT": 130, "SIGTERM": 143}


@dataclass(frozen=True)
class RunOptions:
    """What may differ from run to run; what is None comes from the environment (see docs/settings.md)."""

    folder: Path | None = None
    provider: str | None = None
    """auto, offline or replicate; auto is replicate with a token and a budget, else offline. A resume keeps its own."""
    budget_usd: float | None = None
    """What the run's paid calls may cost in all, with those of the runs it takes over from; None: no limit."""
    allow_unknown_price: bool = False
    """Whether a model without a known price may be called although there is a budget."""
    use_cache: bool = True
    """Whether a step with `cache: true` may take the answer of an equal call of an earlier run."""
    max_parallel: int | None = None
    durability: str | None = None
    tools: ToolRegistry | None = None
    hooks: Sequence[ExecutionHooks] = ()
    publish: bool | None = True
    """Whether plan_stream.json shows this run: yes, no, or (None) if nobody else publishes there."""
    started: Callable[[Engine, RunFolder], None] = lambda engine, run: None
    """Called once the run's lock is held and before its first step."""
    executor: Callable[[], Executor] = DaemonExecutor
    """Where steps run; it is shut down, and not waited for, when the run has ended."""
    first_backoff_s: float = 1.0
    """Seconds before a step's second attempt; doubled for each that follows, and shortened at random."""
    creating: Callable[[], None] = lambda: None
    """Called when a new run is about to be made: from here on it exists, and must be brought to an end."""
    settings: Settings = field(default_factory=read_settings)

    @property
    def stream(self) -> Stream:
        """Where runs are kept: the folder given, that of the environment, or the current one."""
        return Stream((self.folder or self.settings.dir or Path.cwd()).absolute())

    @property
    def token(self) -> str:
        """The key of an account at replicate.com, or nothing."""
        secret = self.settings.replicate_token
        return secret.get_secret_value() if secret is not None else ""

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
    with gathered(loaded, path.parent, inputs or {}, allow_private=options.settings.allow_private_urls) as (
        kept,
        files,
    ):
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
    with _taken(run, options) as taken:
        if not _is_queued(taken.happened):
            raise UsageError(f"run {run.id} has begun already; `resume {run.id}` goes on with it")
        return _execute(taken.begun(*_plan_of(run, taken.happened, options), [(PlanStarted(), None)]), options)


def resume_run(run_id: str, *, options: RunOptions | None = None) -> RunResult:
    """Go on with a run that has not completed: what is finished is not done again."""
    options = options or RunOptions()
    run = find_run(options.stream, run_id)
    with _taken(run, options) as taken:
        plan, folder = _plan_of(run, taken.happened, options)
        state = RunState.replayed(len(plan.steps), taken.happened)
        if state.completed:
            refresh_snapshots(run, taken.happened, page=taken.page, durable=options.is_durable)
            raise UsageError(f"run {run.id} has completed; `resume {run.id} --from STEP` makes a new run of it")
        opening: Sequence[tuple[Fact, int | None]] = [(PlanStarted(), None)]
        if not _is_queued(taken.happened):
            opening = resuming_facts(state, by="resume", engine_version=__version__)
        begun = taken.begun(plan, folder, opening)
        return _execute(replace(begun, reuse=still_taken_over(options.stream, taken.happened[0].fact, plan)), options)


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
    if plan is None:
        loaded, folder = _plan_of(parent, happened, options)
    else:  # the parent's own plan may be what no longer loads
        _head_of(parent, happened)
        loaded, folder = load_plan(plan, tools=options.registry), plan.parent.absolute()
    if from_step is not None and from_step not in {step.name for step in loaded.steps}:
        raise UsageError(f"plan '{loaded.id}' has no step '{from_step}'; {_names(loaded)}")
    check_free_to_pay(parent, happened, loaded, from_step=from_step)
    options = _as_parent(options, happened)
    given = handed_on(parent, loaded, inputs or {}, with_defaults=plan is None)
    origin = PlanHead(parent_run_id=parent.id, from_step=from_step)
    with _new_run(loaded, folder, given, options, origin=origin) as new:
        return _execute(replace(new, reuse=taken_over(parent, happened, loaded, from_step=from_step)), options)


def _as_parent(options: RunOptions, happened: Sequence[Event]) -> RunOptions:
    """A new run of an earlier one goes on at its provider and within its budget, unless something else is said."""
    head = happened[0].fact
    if not isinstance(head, PlanHead):
        return options
    is_open = options.provider is None and options.settings.provider == "auto"
    if is_open and (head.provider == REPLICATE or options.budget_usd is None):  # a budget says that it may be paid for
        provider = head.provider or "offline"
    else:
        provider = _chosen_provider(options)
    return replace(
        options,
        provider=provider,
        budget_usd=head.budget_usd if options.budget_usd is None else options.budget_usd,
    )


# How a run is made, or taken up again.


@dataclass(frozen=True)
class _Taken:
    """An existing run whose locks are held, and all that happened in it so far."""

    run: RunFolder
    journal: Journal
    happened: Sequence[Event]
    locks: Sequence[Held]
    page: Path | None

    def begun(self, plan: Plan, folder: Path, opening: Sequence[tuple[Fact, int | None]]) -> Begun:
        """What is needed to go on with it."""
        return Begun(self.run, plan, folder, self.journal, self.happened, self.locks, self.page, opening)


@contextmanager
def _new_run(
    plan: Plan,
    folder: Path,
    given: Mapping[str, JsonValue] | Given,
    options: RunOptions,
    *,
    origin: PlanHead | None = None,
) -> Iterator[Begun]:
    stream, run_id = options.stream, new_run_id(plan.id)
    head = _head(plan, folder, run_id, options, origin=origin)
    with (
        gathered(plan, folder, given, allow_private=options.settings.allow_private_urls) as (kept, files),
        ExitStack() as held,
    ):
        page = _page(options, run_id, held)
        options.creating()
        journal = create_run(
            stream, run_id, plan_text=plan.source, inputs=kept, files=files, first=PlanStarted(**dict(head)),
            durable=options.is_durable,
        )  # fmt: skip
        held.callback(journal.close)
        run = stream.run(run_id)
        locks = [*page, held.enter_context(hold_run(run, owner=this_process(run_id, journal.epoch)))]
        happened = list(read_events(run.journal))
        yield Begun(run, plan, folder.absolute(), journal, happened, locks, stream.page if page else None)


@contextmanager
def _taken(run: RunFolder, options: RunOptions) -> Iterator[_Taken]:
    """Both locks of an existing run, its journal open for a new epoch, and all that happened so far."""
    for _ in read_events(run.journal):
        pass  # a damaged journal is refused before a lock or an owner file is touched
    with ExitStack() as held:
        page = _page(options, run.id, held)
        locks = [*page, held.enter_context(hold_run(run))]
        happened: list[Event] = []
        journal = Journal.open(run.journal, durable=options.is_durable, each=happened.append)
        held.callback(journal.close)
        for lock in locks:
            lock.declare(this_process(run.id, journal.epoch))
        yield _Taken(run, journal, happened, locks, options.stream.page if page else None)


def _is_queued(happened: Sequence[Event]) -> bool:
    return len(happened) == 1 and isinstance(happened[0].fact, PlanQueued)


def _page(options: RunOptions, run_id: str, held: ExitStack) -> Sequence[Held]:
    """The right to publish; nothing when the run does not, or when it may but somebody else does."""
    if options.publish is False:
        return ()
    try:
        return (held.enter_context(hold_page(options.stream, owner=this_process(run_id))),)
    except StreamBusyError:
        if options.publish is None:
            return ()
        raise


def _head(plan: Plan, folder: Path, run_id: str, options: RunOptions, *, origin: PlanHead | None = None) -> PlanHead:
    steps = tuple(events.StepHead(name=step.name, task=step.task, tool=step.tool) for step in plan.steps)
    return PlanHead(
        run_id=run_id,
        parent_run_id=origin.parent_run_id if origin else None,
        from_step=origin.from_step if origin else None,
        plan_id=plan.id,
        plan_name=plan.name,
        plan_folder=str(folder.absolute()),
        provider=_chosen_provider(options),
        budget_usd=options.budget_usd,
        engine_version=__version__,
        steps=steps,
    )


def _chosen_provider(options: RunOptions) -> str:
    wanted = options.provider or options.settings.provider
    if wanted not in ("auto", "offline", REPLICATE):
        raise UsageError(f"provider: {wanted!r} is none of auto, offline, replicate")
    if wanted == "auto":
        return REPLICATE if options.token and options.budget_usd is not None else "offline"
    if wanted == REPLICATE and not options.token:
        raise UsageError("provider replicate needs an account: set REPLICATE_API_TOKEN to its token")
    return wanted


@contextmanager
def _paid_provider(name: str, run: RunFolder, options: RunOptions) -> Iterator[Provider | None]:
    """Who answers at a price, as long as the run is at work; None for a run that is offline."""
    if name != REPLICATE:
        yield None
        return
    if not options.token:
        raise UsageError(f"run {run.id} runs on replicate: set REPLICATE_API_TOKEN, as at its start")
    # brings an HTTP client, only where it is paid for
    from character_flow.tools.providers.replicate import ReplicateProvider

    with closing(ReplicateProvider(options.token, folder=run.path)) as provider:
        yield provider


def _plan_of(run: RunFolder, happened: Sequence[Event], options: RunOptions) -> tuple[Plan, Path]:
    """The run's own plan, and the folder it came from."""
    head = _head_of(run, happened)
    with refusals(run.plan):
        text = run.plan.read_bytes().decode(errors="replace")
    plan = parse_plan(text, path=str(run.plan), plan_id=head.plan_id, tools=options.registry)
    return plan, Path(head.plan_folder)


def _head_of(run: RunFolder, happened: Sequence[Event]) -> PlanHead:
    """The first line's list of steps. StreamError when it is lost, or when a newer version wrote it."""
    head = happened[0].fact if happened else None
    if not isinstance(head, PlanHead) or not head.steps:
        problem = "the first line is unreadable, and with it what the run was to do; start it anew"
        raise StreamError(f"{run.journal}: {problem}", path=run.journal)
    check_version(head, run.journal)
    return head


def _names(plan: Plan) -> str:
    return "its steps are " + ", ".join(step.name for step in plan.steps)


def _execute(begun: Begun, options: RunOptions) -> RunResult:
    head = begun.happened[0].fact
    budget_usd = options.budget_usd
    if budget_usd is None and isinstance(head, PlanHead):
        budget_usd = head.budget_usd
    with _paid_provider(head.provider if isinstance(head, PlanHead) else "", begun.run, options) as paid:
        setting = Setting(
            paid=paid,
            budget_usd=budget_usd,
            allow_unknown_price=options.allow_unknown_price,
            use_cache=options.use_cache,
            durable=options.is_durable,
            tools=options.registry,
            hooks=options.hooks,
            max_parallel=options.max_parallel or options.settings.max_parallel,
            started=options.started,
            executor=options.executor,
            first_backoff_s=options.first_backoff_s,
        )
        ended = execute(begun, setting)
    return RunResult(begun.run, _exit_code(ended), ended.snapshot, ended.output, ended.problem)


def _exit_code(ended: Ended) -> int:
    fact = ended.event.fact
    if isinstance(fact, events.PlanCompleted):
        return 0
    if isinstance(fact, events.PlanCancelled):
        return _SIGNAL_CODES.get(fact.signal or "", 1)
    return 3 if isinstance(fact, events.PlanFailed) and fact.outcome == "uncertain" else 1
