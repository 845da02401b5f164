"""docs/protocol.md has every door of the server and no other, and names types that there are."""

import re
from pathlib import Path

from starlette.routing import Mount, Route, WebSocketRoute

from shopbell.server.routes import routes
from tests.protocol.doors import HOUSE, documented

DOC = (HOUSE / "docs" / "protocol.md").read_text()
WIRE = (HOUSE / "web" / "shared" / "wire.ts").read_text()


def served() -> set[tuple[str, str]]:
    """Method and path of every door in the table of routes, as the document writes them."""
    found: set[tuple[str, str]] = set()
    for route in routes(Path()):
        if isinstance(route, Mount):
            found.add(("GET", f"{route.path}/{{…}}"))
        elif isinstance(route, Route):
            path = re.sub(r"\{\w+:path\}", "{…}", route.path)
            path = re.sub(r"\{\w+\}", "{id}", path)
            found |= {(method, path) for method in (route.methods or ()) if method != "HEAD"}
    return found


def test_the_document_has_every_door_once_and_no_other() -> None:
    told = [(door.method, door.path) for door in documented()]
    assert set(told) == served()
    assert len(told) == len(set(told))


def test_the_document_has_every_websocket() -> None:
    sockets = [route.path for route in routes(Path()) if isinstance(route, WebSocketRoute)]
    assert sockets
    for path in sockets:
        assert f"`{path}`" in DOC


def test_every_type_that_a_door_takes_or_answers_is_one_of_the_wire() -> None:
    known = set(re.findall(r"^export (?:interface|type) (\w+)", WIRE, re.M))
    for door in documented():
        named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b", door.answer.split(";")[0]))
        assert named <= known, f"{door.method} {door.path}"
