"""What a page may ask for: go on with a run, cancel, answer or settle it, empty the page, start the demo."""

from collections.abc import Mapping

from pydantic import JsonValue

from character_flow.app import RunOptions
from character_flow.background import start_resume, start_run
from character_flow.errors import UsageError
from character_flow.requests import answer_run, cancel_run, settle_run
from character_flow.stream.clear import clear
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
    """Cancel a run, whether its process is alive or not: `{"stopped": [ids], "left": [ids that may go on]}`."""
    reply = cancel_run(run, _BY)
    return {"stopped": list(reply.stopped), "left": list(reply.left)}


def answer(stream: Stream, run: RunFolder, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Answer the question a run is asking, if it is still the one the page showed."""
    value, request_id = asked.get("value"), asked.get("request_id")
    if not isinstance(value, str):
        raise UsageError("value: the answer, a text")
    if request_id is not None and not isinstance(request_id, str):
        raise UsageError("request_id: the question's id, a text")
    reply = answer_run(run, value, by=_BY, request_id=request_id)
    return {"by": reply.by}


def settle(stream: Stream, run: RunFolder, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Say what became of a paid call whose fate nobody knows: it has an id, may be made again, or is left out."""
    step, adopt = asked.get("step"), asked.get("adopt")
    if not isinstance(step, str):
        raise UsageError("step: the name of the step that is uncertain")
    if adopt is not None and not isinstance(adopt, str):
        raise UsageError("adopt: the prediction's id, a text")
    wishes = {"charge_again": asked.get("charge_again", False), "skip": asked.get("skip", False)}
    for name, wish in wishes.items():
        if not isinstance(wish, bool):  # nothing that only looks like a yes may cost money
            raise UsageError(f"{name}: true or false")
    reply = settle_run(
        run,
        step,
        adopt=adopt.strip() if adopt is not None else None,
        charge_again=wishes["charge_again"] is True,
        skip=wishes["skip"] is True,
        by=_BY,
    )
    return {"by": reply.by}


def empty_page(stream: Stream, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Empty the live page; a run that publishes there is cancelled first only with `force`."""
    return {"was_there": clear(stream, force=asked.get("force") is True)}


def demo(stream: Stream, asked: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Start the main plan with its defaults, in a process of its own; offline, whatever the settings say."""
    options = RunOptions(folder=stream.folder, provider="offline")
    return {"run_id": start_run(stream, DEMO_PLAN, options=options).id}
