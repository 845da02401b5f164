"""The pages: an index, one page for each channel, what happens there as it happens, and what one does.

Whatever is done is posted as JSON, which no other site's page can do here without being asked first.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec
from jinja2 import Environment, FileSystemLoader
from msgspec import Struct
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from shopbell.demo.channels.shopper import Action, Fault, Picture, Refused, Shopper

PAGE = Path(__file__).parent / "page"
LOOK_EVERY_S = 0.15
SHOWABLE = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
MOST_BYTES = 12_000_000


class Done(Struct, frozen=True, kw_only=True):
    """What somebody did on a page. `name` is the message it was done to, `text` the words or sign."""

    what: Action | Fault | str
    name: str = ""
    text: str = ""
    place: str = ""
    subject: str = ""
    file_name: str = ""
    media_type: str = ""
    data: bytes = b""


class _Pages:
    def __init__(self, shoppers: Sequence[Shopper], inbox: str) -> None:
        self._shoppers = {one.channel: one for one in shoppers}
        self._inbox = inbox
        self._templates = Environment(loader=FileSystemLoader(PAGE), autoescape=True)

    async def index(self, _: Request) -> Response:
        page = self._templates.get_template("index.html")
        return HTMLResponse(page.render(shoppers=self._shoppers.values(), inbox=self._inbox))

    async def channel(self, request: Request) -> Response:
        page = self._templates.get_template("channel.html")
        return HTMLResponse(page.render(shopper=self._named(request), inbox=self._inbox))

    async def feed(self, request: Request) -> Response:
        """All that is on the page, each time anything changes (server-sent events)."""
        shopper = self._named(request)

        async def events() -> AsyncIterator[bytes]:
            shown = -1
            while not await request.is_disconnected():
                if shopper.look() != shown:
                    shown = shopper.version
                    yield b"data: " + msgspec.json.encode(_state(shopper)) + b"\n\n"
                await asyncio.sleep(LOOK_EVERY_S)

        return StreamingResponse(events(), media_type="text/event-stream")

    async def do(self, request: Request) -> Response:
        shopper = self._named(request)
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise HTTPException(415, "JSON is wanted")
        try:
            done = msgspec.json.decode(await request.body(), type=Done)
            await _do(shopper, done)
        except msgspec.DecodeError as wrong:
            raise HTTPException(400, str(wrong)) from wrong
        except KeyError as nothing:
            raise HTTPException(404, "There is no such message") from nothing
        except Refused as refused:
            return JSONResponse({"words": str(refused)}, 502)
        except httpx.HTTPError:
            return JSONResponse({"words": "Shopbell does not answer: is it running?"}, 502)
        return JSONResponse({})

    async def file(self, request: Request) -> Response:
        found = self._named(request).pictures.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        shown = found.media_type in SHOWABLE
        return Response(
            found.data,
            media_type=found.media_type if shown else "application/octet-stream",
            headers={"x-content-type-options": "nosniff"},
        )

    def _named(self, request: Request) -> Shopper:
        found = self._shoppers.get(request.path_params["channel"])
        if found is None:
            raise HTTPException(404)
        return found


async def _do(shopper: Shopper, done: Done) -> None:
    match done.what:
        case "say" | "stop" | "photo":
            if not (done.text.strip() or done.data):
                return
            picture = _picture(done) if done.data else None
            await shopper.say(done.text, place=done.place, subject=done.subject, picture=picture)
        case "429" | "500" | "silence" | "token" as fault:
            shopper.trouble(fault)
        case "shut":
            shopper.turn_window()
        case "edit" | "delete" | "react" | "typing" | "delivered" | "read" as action:
            if action not in shopper.can:
                raise KeyError(action)
            await shopper.act(action, done.name, done.text)
        case _:
            raise KeyError(done.what)


def _picture(done: Done) -> Picture:
    if len(done.data) > MOST_BYTES:
        raise Refused("This file is too big for the demo.")
    return Picture(name=done.file_name or "photo.png", media_type=done.media_type, data=done.data)


def _state(shopper: Shopper) -> dict[str, Any]:
    return {
        "entries": shopper.entries,
        "armed": shopper.armed,
        "ended": shopper.ended,
        "shut": shopper.is_shut,
    }


def pages(shoppers: Sequence[Shopper], inbox: str) -> Starlette:
    """The application that serves them; `inbox` is where agents answer."""
    made = _Pages(shoppers, inbox)
    return Starlette(
        routes=[
            Route("/", made.index),
            Mount("/static", StaticFiles(directory=PAGE)),
            Route("/{channel}", made.channel),
            Route("/{channel}/feed", made.feed),
            Route("/{channel}/do", made.do, methods=["POST"]),
            Route("/{channel}/files/{name}", made.file),
        ]
    )
