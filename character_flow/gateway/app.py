"""Which address answers what: the routes of the gateway, the guard before them, and the hub behind them."""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from character_flow import __version__
from character_flow.errors import CharacterFlowError, PlanError, StreamBusyError, StreamError, UsageError
from character_flow.gateway import actions, files, sse, ws
from character_flow.gateway.channel import gone
from character_flow.gateway.diagnostics import diagnosis
from character_flow.gateway.frames import replay_frames
from character_flow.gateway.guard import Guard
from character_flow.gateway.hub import Hub
from character_flow.gateway.standing import Standing
from character_flow.gateway.stopping import ending_streams
from character_flow.gateway.writers import writer_of
from character_flow.stream.reading import observe, place_of, read_snapshot
from character_flow.stream.stream import RunFolder, Stream

Answer = Callable[[Request], Awaitable[Response]]
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MOST = 1024 * 1024


@dataclass(frozen=True)
class Gateway:
    """What a server needs of the gateway: its routes, what stands before every route, and what lives as long as it."""

    hub: Hub
    routes: Sequence[BaseRoute]
    middleware: Sequence[Middleware]

    @asynccontextmanager
    async def lifespan(self, app: object) -> AsyncIterator[None]:
        """Everything that is followed ends with the server; open streams do not hold it up when it is stopped."""
        with ending_streams(self.hub.end_streams):
            try:
                yield
            finally:
                await self.hub.close()


def gateway(folder: Path, *, static: Path | None = None, token: str | None = None) -> Gateway:
    """The gateway to the stream in a folder. `static` holds the page's own modules; `token`: what visitors bring."""
    stream = Stream(folder.absolute())
    hub = Hub(stream)
    routes: list[BaseRoute] = [*_reading(hub), *_sockets(hub), *_asking(stream)]
    routes.append(Route("/healthz", _guarded(_health(hub))))
    if static is not None:
        routes.append(Route("/plan/static/{name:path}", _guarded(_static(static))))
    routes.append(Route("/plan/{rest:path}", _guarded(_nothing_here), methods=_METHODS))
    return Gateway(hub, routes, [Middleware(Guard, token=token)])


# Reading.


def _reading(hub: Hub) -> list[Route]:
    stream = hub.stream

    async def events(request: Request) -> Response:
        return sse.events(hub, _run(stream, request), request)

    async def snapshot(request: Request) -> Response:
        content = await run_in_threadpool(_whole, stream, _run(stream, request))
        return files.whole_frame(content)

    async def diagnostics(request: Request) -> Response:
        run = _run(stream, request)
        is_told = hub.bells.is_working
        return files.as_json(
            await run_in_threadpool(lambda: diagnosis(run or stream, clients=hub.clients, is_told=is_told))
        )

    async def replay(request: Request) -> Response:
        return files.whole_frame(await run_in_threadpool(replay_frames, _known(stream, request)))

    async def output(request: Request) -> Response:
        number, run = _whole_number("a step's number", request.path_params["number"]), _known(stream, request)
        return await run_in_threadpool(lambda: files.run_output(run, number, download=_flag(request, "download")))

    async def file(request: Request) -> Response:
        run, name = _known(stream, request), request.path_params["name"]
        return await run_in_threadpool(lambda: files.run_file(run, name, download=_flag(request, "download")))

    async def journal(request: Request) -> Response:
        run, after, limit = _known(stream, request), _number(request, "after", 0), _number(request, "limit", files.PAGE)
        return await run_in_threadpool(lambda: files.run_journal(run, after=after, limit=limit))

    async def export(request: Request) -> Response:
        return await run_in_threadpool(files.run_zip, _known(stream, request))

    of_both = {"events": events, "snapshot": snapshot, "diagnostics": diagnostics}
    of_runs = {"replay": replay, "journal": journal, "export": export, "outputs/{number}": output,
               "files/{name:path}": file}  # fmt: skip
    routes = [Route(f"/plan/{name}", _guarded(answer)) for name, answer in of_both.items()]
    routes += [Route(f"/plan/runs/{{run}}/{name}", _guarded(answer)) for name, answer in (of_both | of_runs).items()]
    return routes


def _sockets(hub: Hub) -> list[WebSocketRoute]:
    async def page(socket: WebSocket) -> None:
        await ws.frames(hub, None, socket)

    async def of_run(socket: WebSocket) -> None:
        try:
            run = hub.stream.run(socket.path_params["run"])
        except UsageError as error:
            await socket.close(1008, reason=str(error)[:100])  # before it is accepted: the client sees 403
            return
        await ws.frames(hub, run, socket)

    return [WebSocketRoute("/plan/ws", page), WebSocketRoute("/plan/runs/{run}/ws", of_run)]


def _whole(stream: Stream, run: RunFolder | None) -> bytes:
    """One frame of everything, read from the files; the fallback of a page that gets no stream."""
    standing = Standing()
    try:
        if run is not None and not os.path.exists(run.journal):
            raise StreamError(gone(run), path=run.path)
        snapshot = observe(read_snapshot(run.path if run else stream.folder), run or stream)
        standing.take(snapshot)
        at_work = run or place_of(stream.folder).run_of(snapshot)
        if at_work is not None and not snapshot.is_over:
            standing.writer = writer_of(at_work)
    except StreamError as error:
        standing.problem = str(error)
        standing.renew()
    frame = standing.frame_after(0)
    return frame.content if frame is not None else b"{}"


def _health(hub: Hub) -> Answer:
    async def health(request: Request) -> Response:
        return files.as_json({"status": "ok", "version": __version__, "clients": hub.clients})

    return health


def _static(folder: Path) -> Answer:
    async def static(request: Request) -> Response:
        path = files.file_inside(folder, request.path_params["name"])
        if path is None or path.suffix not in _TYPES:
            raise StreamError("there is no such file here", path=folder)
        headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
        return FileResponse(path, media_type=_TYPES[path.suffix], headers=headers)

    return static


async def _nothing_here(request: Request) -> Response:
    raise StreamError(f"there is nothing at {request.url.path[:200]}", path=Path(request.url.path))


# Asking.

Ask = Callable[[Stream, RunFolder, Mapping[str, JsonValue]], dict[str, JsonValue]]


def _asking(stream: Stream) -> list[Route]:
    def of_run(ask: Ask) -> Answer:
        async def answer(request: Request) -> Response:
            asked, run = await _asked(request), _known(stream, request)
            return files.as_json(await run_in_threadpool(ask, stream, run, asked))

        return answer

    def of_page(ask: Callable[[Stream, Mapping[str, JsonValue]], dict[str, JsonValue]]) -> Answer:
        async def answer(request: Request) -> Response:
            asked = await _asked(request)
            return files.as_json(await run_in_threadpool(ask, stream, asked))

        return answer

    requests = {
        "/plan/clear": of_page(actions.empty_page),
        "/plan/demo": of_page(actions.demo),
        "/plan/runs/{run}/resume": of_run(actions.resume),
        "/plan/runs/{run}/cancel": of_run(actions.cancel),
        "/plan/runs/{run}/answer": of_run(actions.answer),
        "/plan/runs/{run}/settle": of_run(actions.settle),
    }
    return [Route(path, _guarded(answer), methods=["POST"]) for path, answer in requests.items()]


async def _asked(request: Request) -> Mapping[str, JsonValue]:
    """The JSON object of a request. Only `application/json`: a form of a foreign page cannot send that unasked."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise UsageError("content-type: application/json belongs here")
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > _MOST:
            raise UsageError("the request is too large")
    try:
        asked = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UsageError("the request is not JSON") from None
    if not isinstance(asked, dict):
        raise UsageError("a JSON object belongs here")
    return asked


def _no_number(text: str) -> JsonValue:
    raise ValueError(f"{text} is not JSON")


# What all have in common.


def _run(stream: Stream, request: Request) -> RunFolder | None:
    """The run an address names; None where it names the live page."""
    name = request.path_params.get("run")
    return stream.run(name) if name is not None else None


def _known(stream: Stream, request: Request) -> RunFolder:
    run = stream.run(request.path_params["run"])
    if not os.path.exists(run.journal):
        raise StreamError(f"there is no run {run.id} here; it may have been deleted", path=run.path)
    return run


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name) not in (None, "", "0")


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    return default if text is None else _whole_number(name, text)


def _whole_number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise UsageError(f"{name}: a whole number belongs here, not {text[:20]!r}")
    return int(text)


def _guarded(answer: Answer) -> Answer:
    """The one place where errors become answers: one line, never a traceback."""

    async def answered(request: Request) -> Response:
        try:
            return await answer(request)
        except HTTPException:
            raise
        except StreamBusyError as error:
            return files.as_json({"problem": str(error)}, status=409)
        except StreamError as error:
            return files.as_json({"problem": str(error)}, status=404)
        except (UsageError, PlanError) as error:
            return files.as_json({"problem": str(error)}, status=400)
        except CharacterFlowError as error:
            return files.as_json({"problem": str(error)}, status=500)
        except OSError as error:
            return files.as_json({"problem": f"{error.strerror or error}: {error.filename or 'this file'}"}, status=500)

    return answered
