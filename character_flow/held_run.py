"""A run that nobody runs, held here for a moment: what happened in it, what is recorded now, its calls stopped."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace

from character_flow.config import Settings
from character_flow.errors import ProviderError, StreamBusyError, StreamError
from character_flow.events import Event, PredictionSettled
from character_flow.money import PRICES
from character_flow.run_state import CallState, RunState
from character_flow.snapshot import Snapshot
from character_flow.stream.journal import Journal
from character_flow.stream.liveness import read_owner, this_process
from character_flow.stream.locks import hold_page, hold_run
from character_flow.stream.reading import read_snapshot
from character_flow.stream.stream import RunFolder, Stream
from character_flow.streaming_hooks import StreamingHooks, recording
from character_flow.tools.providers.base import FINAL, Provider


@dataclass(frozen=True)
class HeldRun:
    """A run whose lock is held here: what happened in it, and the recorder of what comes now."""

    run: RunFolder
    happened: Sequence[Event]
    recorder: StreamingHooks

    @property
    def state(self) -> RunState:
        """Where the run was before; to be brought on with what is recorded."""
        return RunState.replayed(self.snapshot.total_steps, self.happened)

    @property
    def snapshot(self) -> Snapshot:
        """How the run stands."""
        return self.recorder.snapshot


@contextmanager
def held(run: RunFolder) -> Iterator[HeldRun]:
    """The run's lock, and the page's where it is free and shows this run; snapshots are rewritten at the end."""
    stream = Stream(run.path.parent.parent)
    with ExitStack() as kept:
        lock = kept.enter_context(hold_run(run))
        happened: list[Event] = []
        journal = Journal.open(run.journal, durable=True, each=happened.append)
        kept.callback(journal.close)
        lock.declare(this_process(run.id, journal.epoch))
        page = None
        if _shows(stream, run):
            with suppress(StreamBusyError):
                kept.enter_context(hold_page(stream, owner=this_process(run.id, journal.epoch)))
                page = stream.page
        with recording(run, journal, happened, page=page, durable=True) as recorder:
            yield HeldRun(run, happened, recorder)


def _shows(stream: Stream, run: RunFolder) -> bool:
    """Whether the page is this run's: it shows it, or was taken for it by a process that died before it could."""
    owner = read_owner(stream.page_owner)
    if owner is not None and owner.run_id == run.id:
        return True
    try:
        return read_snapshot(stream.page).run_id == run.id
    except StreamError:
        return False


class RunningCalls:
    """Stops predictions at their provider, and remembers which."""

    def __init__(self, settings: Settings, run: RunFolder) -> None:
        self._token, self._run = settings.replicate_token, run
        self._provider: Provider | None = None
        self._hang_up: Callable[[], object] = lambda: None
        self.stopped: list[str] = []
        self.left: list[str] = []

    def stop(self, call: CallState) -> PredictionSettled | None:
        """Ask for a call's end; how it ended unless it succeeded, for then its result waits to be fetched."""
        prediction_id = call.id or ""
        try:
            provider = self._of(call.intent.provider)
            if provider is None:
                self.left.append(prediction_id)
                return None
            provider.cancel(prediction_id)
            now = provider.poll(prediction_id)
        except ProviderError:
            self.left.append(prediction_id)
            return None
        if now.status == "succeeded":
            return None
        self.stopped.append(prediction_id)
        if now.status not in FINAL:
            return None
        cost = PRICES.actual(call.intent.model, now.metrics, status=now.status)
        return PredictionSettled(call=call.intent.call, id=prediction_id, status=now.status, cost_usd=cost)

    def close(self) -> None:
        """Hang up."""
        self._hang_up()

    def _of(self, name: str) -> Provider | None:
        if name != "replicate" or self._token is None:
            return None
        if self._provider is None:
            # brings an HTTP client, only where something goes on
            from character_flow.tools.providers.replicate import ReplicateProvider
            from character_flow.tools.providers.replicate_http import Pace

            brief = replace(Pace(), patience_s=Pace().brief_patience_s)
            provider = ReplicateProvider(self._token.get_secret_value(), folder=self._run.path, pace=brief)
            self._provider, self._hang_up = provider, provider.close
        return self._provider
