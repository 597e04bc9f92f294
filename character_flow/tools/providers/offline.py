"""The provider without a network: it truly describes, writes and renders, from the pictures and inputs themselves.

Each prediction works on a daemon thread of its own in a scratch folder; the same arguments have the same id and the
same result, so that two steps which ask for the same share the work. What it makes is labelled as an offline draft.
"""

import itertools
import shutil
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from character_flow.errors import CharacterFlowError, ProviderError, RunCancelledError
from character_flow.events import PredictionIntended
from character_flow.json_text import canonical_json
from character_flow.tools.providers.base import Answer, Call, Prediction, Status
from character_flow.tools.registry import fault_of


@dataclass
class Job:
    """One prediction at work: a recipe reports here, looks at `cancelled`, and writes into `folder`."""

    id: str
    kind: str
    arguments: Mapping[str, JsonValue]
    folder: Path
    status: Status = "starting"
    percent: int | None = None
    message: str | None = None
    text: str = ""
    error: str | None = None
    answer: Answer | None = None
    previews: tuple[Path, ...] = ()
    wanted: int = 1
    """How many steps wait for it; it is stopped when none is left."""
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def facts(self) -> Mapping[str, JsonValue]:
        """What the plan tells the offline stand-in: its recipe and what that needs to know."""
        offline = self.arguments.get("offline")
        return offline if isinstance(offline, dict) else {}

    def cancelled(self) -> bool:
        """Whether the recipe should stop."""
        return self.stop.is_set()

    def progress(self, percent: float, message: str) -> None:
        """Say how far the recipe is."""
        self.percent, self.message = int(percent), message

    def show(self, preview: Path) -> None:
        """Let a picture be seen while the recipe goes on; it is whole by now."""
        self.previews = (*self.previews, preview)


Recipe = Callable[[Job], Answer]


class OfflineProvider:
    """Answers for models of every kind by the recipe that the plan names in `with.offline.recipe`."""

    name = "offline"
    is_paid = False

    def __init__(self, scratch: Path, recipes: Mapping[str, Recipe] | None = None) -> None:
        self._scratch = scratch
        self._recipes = recipes
        self._jobs: dict[str, Job] = {}
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def prepare(self, kind: str, arguments: Mapping[str, JsonValue]) -> Call:
        """Nothing leaves this machine: the arguments are the call."""
        key = sha256(canonical_json([kind, dict(arguments)])).hexdigest()
        return Call(kind, str(arguments.get("model", "")), arguments, key, key)

    def submit(self, call: Call) -> str:
        """Start a recipe; ProviderError when the plan names none or an unknown one."""
        prediction_id = f"offline-{call.content_key[:16]}"
        with self._lock:
            job = self._jobs.get(prediction_id)
            if job is not None and not job.stop.is_set() and job.status != "failed":
                job.wanted += 1
                return prediction_id
            folder = self._scratch / f"{prediction_id}-{next(self._count)}"
            job = Job(prediction_id, call.kind, call.sent, folder)
            recipe = self._recipe(job)
            self._jobs[prediction_id] = job
        threading.Thread(target=_work, args=(job, recipe), name=prediction_id, daemon=True).start()
        return prediction_id

    def poll(self, prediction_id: str) -> Prediction:
        """How the recipe stands."""
        job = self._job(prediction_id)
        status = job.status  # read first: what else is read is then at least as new
        return Prediction(job.id, status, job.percent, job.message, job.text, job.error, previews=job.previews)

    def fetch(self, prediction_id: str, folder: Path) -> Answer:
        """Copy what the recipe wrote into `folder`."""
        job = self._job(prediction_id)
        if job.answer is None:
            raise ProviderError(f"prediction {prediction_id} has no result", provider=self.name)
        files = tuple(Path(shutil.copyfile(path, folder / path.name)) for path in job.answer.files)
        return Answer(job.answer.text, files, job.answer.facts)

    def cancel(self, prediction_id: str) -> None:
        """Ask the recipe to stop, if nobody else waits for it; it looks often."""
        job = self._job(prediction_id)
        with self._lock:
            job.wanted -= 1
            if job.wanted <= 0:
                job.stop.set()

    def recover(self, intent: PredictionIntended, *, claimed: Collection[str]) -> str | None:
        """Nothing survives the process, and nothing is charged: never."""
        return None

    def close(self) -> None:
        """Holds nothing open."""

    def _job(self, prediction_id: str) -> Job:
        if prediction_id not in self._jobs:
            raise ProviderError(f"no prediction {prediction_id} in this process", provider=self.name)
        return self._jobs[prediction_id]

    def _recipe(self, job: Job) -> Recipe:
        from character_flow.tools.providers.offline_recipes import (
            RECIPES,
        )  # they load the studio when they run

        recipes = RECIPES if self._recipes is None else self._recipes
        name = job.facts.get("recipe")
        if not isinstance(name, str) or name not in recipes:
            known = ", ".join(sorted(recipes))
            raise ProviderError(
                f"offline has no recipe {name!r} for this {job.kind} step; with.offline.recipe is one of {known}",
                provider=self.name,
            )
        return recipes[name]


def _work(job: Job, recipe: Recipe) -> None:
    try:
        job.folder.mkdir(parents=True, exist_ok=True)
        job.status = "processing"
        job.answer = recipe(job)
        job.status = "succeeded"
    except RunCancelledError:
        job.status = "canceled"
        shutil.rmtree(job.folder, ignore_errors=True)
    except CharacterFlowError as error:
        job.error, job.status = str(error), "failed"
    except BaseException as error:  # noqa: BLE001  # the thread's end is the prediction's end, whatever happened
        job.error, job.status = fault_of(error).message, "failed"
