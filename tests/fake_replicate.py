"""A replicate.com of our own on loopback: speaks the wire format, follows scripts, fails as told, counts charges.

In a test: `with FakeReplicate() as fake: ...`. As a process that outlives its clients:
`python -m tests.fake_replicate --port 0 --state FILE` prints its port and obeys `POST /_fake/script`, `/_fake/fault`,
`/_fake/expire`, `/_fake/refuse`; `GET /_fake/state` tells what was asked and charged.
"""

import argparse
import contextlib
import json
import os
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.fake_replicate_media import DESCRIPTION, DIALOG, blob_of
from tests.fake_replicate_server import Reply, Request, Server
from tests.ports import kept_port

TOKEN = "r8_fakeTokenOfLoopback0123456789"  # of no account anywhere
AVATAR = "706321a35bebe81c99cb83a6b6db6b1cc0b7281f8da9be48a438de5e0aea3183"
UGC_VIDEO = "1fb1d9f3ffb5da9774c24ce528c54c916d8d6cd63af866fe2afe85e44fb99999"
PAGE = 100
MODELS: Mapping[str, str] = {
    "openai/gpt-4o": "text", "anthropic/claude-4-sonnet": "text", "google/nano-banana": "image",
    "google/veo-3.1-fast": "video", AVATAR: "image", UGC_VIDEO: "video",
}  # fmt: skip


@dataclass
class Script:
    """How predictions of a model go. `output`: text, image, images, video, wrapper, object, null, value (as it is)."""

    starting_s: float = 0.0
    running_s: float = 0.0
    final: str = "succeeded"
    output: str = "text"
    value: Any = None
    pieces: list[str] = field(default_factory=list)
    stream: str = "ok"
    """ok, none (no address), error, cut (each connection, half way), no_ids, page (of HTML)."""
    logs: list[str] = field(default_factory=list)
    error: str | None = None
    metrics: dict[str, Any] = field(default_factory=lambda: {"predict_time": 3.25, "total_time": 3.5, "note": "words"})
    file: str = ""
    size: int | None = None
    model: str | None = None
    """Only for this model; None for any."""
    times: int = 1
    """How many predictions follow it; -1 for all."""


@dataclass
class Fault:
    """What goes wrong with the next requests of a method and path (`*` is any part).

    `kind`: status, late_status (it is done all the same), drop_before, drop_after, slow, half, wrong_json, cut,
    wrong_length, damaged, trickle, other_range, small_part, redirect.
    """

    method: str
    path: str
    kind: str
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    seconds: float = 0.0
    """How long `slow` takes; who sets it to 0 meanwhile lets go."""
    to: str = ""
    times: int = 1

    def fits(self, request: Request) -> bool:
        pattern = re.escape(self.path).replace(r"\*", "[^/]+")
        return self.times != 0 and request.method == self.method and bool(re.fullmatch(pattern, request.path))


WORDS = {
    400: "The request could not be read.", 401: "You did not pass a valid authentication token",
    402: "You have insufficient credit to run this model.", 403: "You do not have permission.",
    404: "The requested resource could not be found.", 413: "Payload too large", 422: "- input: prompt is required",
    429: "Request was throttled. Expected available in 1 second.", 500: "Internal server error",
}  # fmt: skip


def problem(status: int, detail: str | None = None) -> Reply:
    """An error as the service words it."""
    title = HTTPStatus(status).phrase
    return Reply.json(status, {"title": title, "detail": detail or WORDS.get(status, title), "status": status})


class FakeReplicate:
    """The service. Everything it holds is in `predictions` (by id, in order), `files` and `seen` (requests)."""

    def __init__(self, *, port: int = 0, token: str = TOKEN, state: Path | None = None, page: int = PAGE) -> None:
        self.token = token
        self.page = page
        self.models = dict(MODELS)
        self.predictions: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.seen: list[Request] = []
        self.listed: set[str] = set()
        """The ids of all predictions that some list has told of."""
        self._scripts: list[Script] = []
        self._faults: list[Fault] = []
        self._state = state
        self._ahead_s = 0.0
        self._lock = threading.RLock()
        self._refusals = 0
        self._server = Server(self._answer, port=port)
        self.port = self._server.port
        if state is not None and state.exists():
            self.predictions = json.loads(state.read_text(encoding="utf-8"))

    def __enter__(self) -> "FakeReplicate":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    # --- what a test says and asks ---

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def charged(self) -> int:
        """How many predictions were begun: each costs money, however it ends."""
        return len(self.predictions)

    @property
    def last_id(self) -> str:
        return next(reversed(self.predictions))

    def script(self, script: Script) -> None:
        """How the next prediction goes."""
        with self._lock:
            self._scripts.append(script)

    def fault(self, fault: Fault) -> None:
        """What goes wrong next."""
        with self._lock:
            self._faults.append(fault)

    def requests(self, method: str, path: str) -> list[Request]:
        """What was asked of a path so far."""
        return [asked for asked in self.seen if Fault(method, path, "status").fits(asked)]

    def hear_out(self) -> None:
        """Wait until every request that has arrived here so far is dealt with, also of those who ask no more."""
        self._server.hear_out()

    def expire(self) -> None:
        """An hour passes: inputs, outputs, logs and files are gone."""
        with self._lock:
            for kept in self.predictions.values():
                kept["expired"] = True
            self._save()

    def pass_time(self, seconds: float) -> None:
        """Set the service's clock ahead, and with it every prediction."""
        self._ahead_s += seconds

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Nobody listens until the block ends; what is held stays."""
        self._server.stop()
        try:
            with kept_port(self.port):
                yield
        finally:
            self._server = Server(self._answer, port=self.port)
            self._server.start()

    # --- how it answers ---

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.seen.append(request)
        if request.path.startswith("/_fake/"):
            return self._obey(request)
        fault = self._fault_for(request)
        if fault is not None and fault.kind in ("status", "redirect", "drop_before"):
            return _before(fault)
        reply = self._work(request)
        return reply if fault is None else self._spoiled(reply, fault)

    def _now(self) -> float:
        return time.time() + self._ahead_s

    def _fault_for(self, request: Request) -> Fault | None:
        with self._lock:
            fault = next((fault for fault in self._faults if fault.fits(request)), None)
            if fault is not None:
                fault.times -= 1
            return fault

    def _spoiled(self, reply: Reply, fault: Fault) -> Reply:
        if fault.kind == "slow":
            began = time.monotonic()
            while time.monotonic() < began + fault.seconds and not self._server.over.wait(0.005):
                pass
        elif fault.kind == "wrong_json":
            return Reply(reply.status, {"Content-Type": "application/json"}, [(fault.body or "<html>").encode()])
        elif fault.kind == "late_status":
            return problem(fault.status)
        else:
            reply.spoil = fault.kind
        return reply

    def _obey(self, request: Request) -> Reply:
        told = json.loads(request.body or b"{}")
        verb = request.path.removeprefix("/_fake/")
        if verb == "script":
            self.script(Script(**told))
        elif verb == "fault":
            self.fault(Fault(**told))
        elif verb == "expire":
            self.expire()
        elif verb == "refuse":
            refuse = threading.Thread(target=self._refuse, args=(told["seconds"],), daemon=True)
            return replace(Reply.json(200, {}), then=refuse.start)  # or it would cut off its own answer
        elif verb == "state":
            with self._lock:
                shown = [{"charged": 1, **self._shown(kept)} for kept in self.predictions.values()]
            counts = {"charged": len(shown), "requests": len(self.seen), "refusals": self._refusals}
            return Reply.json(200, {**counts, "predictions": shown})
        else:
            return problem(404)
        return Reply.json(200, {})

    def _refuse(self, seconds: float) -> None:
        with self.refusing():
            time.sleep(seconds)
        self._refusals += 1

    def _work(self, request: Request) -> Reply:
        parts = tuple(request.path.strip("/").split("/"))
        if parts[0] == "delivery":
            return self._delivery(request, parts[1], parts[-1])
        if parts[0] == "stream":
            return self._stream(request, parts[1])
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return problem(401)
        match request.method, parts[1:]:
            case "POST", ("predictions",):
                return self._create(request)
            case "GET", ("predictions",):
                return self._list(request)
            case "GET", ("predictions", prediction_id):
                return self._one(prediction_id)
            case "POST", ("predictions", prediction_id, "cancel"):
                return self._cancel(prediction_id)
            case "POST", ("files",):
                return self._upload(request)
            case "GET", ("account",):
                return Reply.json(200, {"type": "user", "username": "tester", "name": "Tester", "github_url": None})
            case "GET", ("models", owner, name, *rest):
                return self._model(f"{owner}/{name}", rest)
        return problem(404)

    def _create(self, request: Request) -> Reply:
        body = json.loads(request.body)
        reference, given = body.get("version"), body.get("input")
        if not isinstance(reference, str) or not isinstance(given, dict):
            return problem(422, "- version and input are required")
        name, _, version = reference.partition(":")
        kind = self.models.get(name)
        if kind is None:
            return problem(404 if "/" in name else 422)
        prediction_id = f"{secrets.token_hex(12)}p0"
        if "/" not in name:
            name, version = "someone/community-model", name
        with self._lock:
            self.predictions[prediction_id] = {
                "id": prediction_id, "model": name, "version": version or "hidden", "input": given,
                "created": self._now(), "canceled": None, "expired": False,
                "script": asdict(self._script_for(reference, kind, given)),
            }  # fmt: skip
            self._save()
            return Reply.json(201, self._shown(self.predictions[prediction_id]))

    def _script_for(self, reference: str, kind: str, given: Mapping[str, Any]) -> Script:
        script = next((one for one in self._scripts if one.times and one.model in (None, reference)), None)
        if script is not None:
            script.times -= 1
        else:
            script = Script(output=kind)
        if script.output == "text" and not script.pieces:
            asked = str(given.get("prompt", "")).startswith("Write Prompt for this product")
            script = Script(**{**asdict(script), "pieces": re.findall(r"\S+\s*", DESCRIPTION if asked else DIALOG)})
        return script

    def _list(self, request: Request) -> Reply:
        with self._lock:
            newest = [self._shown(kept) for kept in reversed(self.predictions.values())]
        begin = int(request.query.get("cursor", "0"))
        after = begin + self.page
        self.listed |= {shown["id"] for shown in newest[begin:after]}
        there_is_more = after < len(newest)
        following = f"{self.address}/v1/predictions?cursor={after}" if there_is_more else None
        return Reply.json(200, {"previous": None, "next": following, "results": newest[begin:after]})

    def _one(self, prediction_id: str) -> Reply:
        with self._lock:
            kept = self.predictions.get(prediction_id)
            return problem(404) if kept is None else Reply.json(200, self._shown(kept))

    def _cancel(self, prediction_id: str) -> Reply:
        with self._lock:
            kept = self.predictions.get(prediction_id)
            if kept is None:
                return problem(404)
            if self._status(kept) in ("starting", "processing"):
                kept["canceled"] = self._now()
                self._save()
            return Reply.json(200, self._shown(kept))

    def _upload(self, request: Request) -> Reply:
        name, content_type, content = request.part("content")
        file_id = secrets.token_hex(8)
        digest = sha256(content).hexdigest()
        self.files[file_id] = {"name": name, "content_type": content_type, "content": content}
        shown = {
            "id": file_id, "name": name, "content_type": content_type, "size": len(content), "etag": digest,
            "checksums": {"sha256": digest}, "metadata": {}, "created_at": _iso(self._now()),
            "expires_at": _iso(self._now() + 86_400), "urls": {"get": f"{self.address}/v1/files/{file_id}"},
        }  # fmt: skip
        return Reply.json(201, shown)

    def _model(self, reference: str, rest: list[str]) -> Reply:
        version = rest[1] if len(rest) == 2 else ""
        known = f"{reference}:{version}" if version else reference
        if known not in self.models:
            return problem(404)
        owner, _, name = reference.partition("/")
        return Reply.json(200, {"id": version} if version else {"owner": owner, "name": name, "run_count": 5})

    # --- one prediction at this moment ---

    def _status(self, kept: Mapping[str, Any]) -> str:
        script, age = kept["script"], (kept["canceled"] or self._now()) - kept["created"]
        if age >= script["starting_s"] + script["running_s"]:
            return str(script["final"])
        if kept["canceled"]:
            return "canceled"
        return "starting" if age < script["starting_s"] else "processing"

    def _written(self, kept: Mapping[str, Any]) -> int:
        """How many pieces of the text there are by now."""
        script, total = kept["script"], len(kept["script"]["pieces"])
        if not script["running_s"]:
            return total
        share = (self._now() - kept["created"] - script["starting_s"]) / script["running_s"]
        return max(0, min(total, int(share * (total + 1))))

    def _shown(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        script, status, expired = kept["script"], self._status(kept), kept["expired"]
        ends = kept["created"] + script["starting_s"] + script["running_s"]
        is_over = status not in ("starting", "processing")
        own = f"{self.address}/v1/predictions/{kept['id']}"
        urls = {"get": own, "cancel": f"{own}/cancel", "web": f"{self.address}/p/{kept['id']}"}
        if script["output"] == "text" and script["stream"] != "none":
            urls["stream"] = f"{self.address}/stream/{kept['id']}"
        output = self._output(kept) if status == "succeeded" and not expired else None
        if status == "processing" and script["output"] == "text":
            output = script["pieces"][: self._written(kept)]
        return {
            "id": kept["id"], "model": kept["model"], "version": kept["version"],
            "input": {} if expired else kept["input"], "output": output,
            "logs": "" if expired or status == "starting" else "\n".join(script["logs"]),
            "error": (script["error"] or "it broke") if status == "failed" else None,
            "status": status, "data_removed": expired, "urls": urls, "created_at": _iso(kept["created"]),
            "started_at": None, "completed_at": _iso(kept["canceled"] or ends) if is_over else None,
            "metrics": script["metrics"] if is_over else {},
        }  # fmt: skip

    def _output(self, kept: Mapping[str, Any]) -> object:
        script = kept["script"]
        base = f"{self.address}/delivery/{kept['id']}"
        kind = script["output"]
        uri = f"{base}/{script['file'] or ('out.mp4' if kind == 'video' else 'out.png')}"
        prediction = {"id": kept["id"], "status": "succeeded", "output": [uri]}
        return {
            "text": script["pieces"], "value": script["value"], "null": None,
            "image": uri, "video": uri, "images": [uri, f"{base}/second.png"],
            "wrapper": {"content": [{"type": "text", "text": json.dumps(prediction)}]},
            "object": {"seed": 7, "video": uri},
        }[kind]  # fmt: skip

    def _delivery(self, request: Request, prediction_id: str, name: str) -> Reply:
        kept = self.predictions.get(prediction_id)
        if kept is None or kept["expired"]:
            return problem(404)
        return Reply.of_file(request, blob_of(name, size=kept["script"]["size"]))

    def _stream(self, request: Request, prediction_id: str) -> Reply:
        kept = self.predictions[prediction_id]
        if kept["script"]["stream"] == "page":
            return Reply(200, {"Content-Type": "text/html"}, [b"<html>busy</html>"])
        begin = int(request.headers.get("last-event-id", "-1")) + 1
        return Reply(200, {"Content-Type": "text/event-stream"}, self._events(kept, begin), has_end=False)

    def _events(self, kept: Mapping[str, Any], begin: int) -> Iterator[bytes]:
        mode, pieces = kept["script"]["stream"], kept["script"]["pieces"]
        half = begin + max(1, (len(pieces) - begin) // 2)
        yield b": hello\n\n"
        for number, piece in enumerate(pieces[begin:], start=begin):
            while self._written(kept) <= number and not kept["canceled"] and not self._server.over.wait(0.001):
                pass
            if number == half and mode in ("cut", "error"):
                yield b"event: error\ndata: the model fell over\n\n" if mode == "error" else b""
                return
            own_id = "" if mode == "no_ids" else f"id: {number}\n"
            lines = "".join(f"data: {line}\n" for line in piece.split("\n"))
            yield f"event: output\n{own_id}{lines}\n".encode()
        yield b"event: done\ndata: {}\n\n"

    def _save(self) -> None:
        if self._state is not None:
            aside = self._state.with_suffix(".tmp")
            aside.write_text(json.dumps(self.predictions), encoding="utf-8")
            os.replace(aside, self._state)


def _before(fault: Fault) -> Reply:
    if fault.kind == "drop_before":
        return Reply(200, {}, [], spoil="drop_after")
    if fault.kind == "redirect":
        return Reply(302, {"Location": fault.to}, [])
    reply = problem(fault.status)
    if fault.body is not None:
        reply.pieces = [fault.body.encode()]
    reply.headers |= fault.headers
    return reply


def _iso(moment: float) -> str:
    """With nine digits after the point, as the service has them."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S.%f}321Z"


def main() -> None:
    """Serve until the process is ended."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--state", type=Path)
    options.add_argument("--token", default=TOKEN)
    given = options.parse_args()
    with FakeReplicate(port=given.port, token=given.token, state=given.state) as fake:
        print(fake.port, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
