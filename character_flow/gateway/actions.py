"""What a page may ask for: go on with a run, cancel or answer it, empty the page, start the demo."""

from collections.abc import Mapping

from pydantic import JsonValue

from character_flow.background import start_resume, start_run
from character_flow.errors import UsageError
from character_flow.requests import answer_run, cancel_run
from character_flow.stream.clear import clear
from character_flow.stream.reading import folded
from character_flow.stream.stream import RunFolder, Stream

DEMO_PLAN = "ugc_ad"
_BY = "the viewer"


def resume(stream: Stream, run: RunFolder, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Go on with a run, or with a new one from a step on: `{"run_id": the run at work}`."""
    from_step = asked.get("from_step")
    if from_step is not None and not isinstance(from_step, str):
        raise UsageError("from_step: the name of a step, or null")
    resumed = start_resume(stream, run.id, from_step=from_step)
    if not resumed.run_id:
        raise UsageError(resumed.problem or f"run {run.id} could not be taken up again")
    return {"run_id": resumed.run_id}


def cancel(stream: Stream, run: RunFolder, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Cancel a run, whether its process is alive or not."""
    cancel_run(run, _BY)
    return {}


def answer(stream: Stream, run: RunFolder, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Answer the question a run is asking, if it is still the one the page showed."""
    value, request_id = asked.get("value"), asked.get("request_id")
    if not isinstance(value, str):
        raise UsageError("value: the answer, a text")
    request = folded(run.journal).input_request
    if request is not None and request_id not in (None, request.request_id):
        raise UsageError("that question has been answered meanwhile; the run asks another one now")
    reply = answer_run(run, value, by=_BY)
    return {"by": reply.by}


def empty_page(stream: Stream, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Empty the live page; a run that publishes there is cancelled first only with `force`."""
    return {"was_there": clear(stream, force=asked.get("force") is True)}


def demo(stream: Stream, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Start the main plan with its defaults, in a process of its own."""
    return {"run_id": start_run(stream, DEMO_PLAN).id}
