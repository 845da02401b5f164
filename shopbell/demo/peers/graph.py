"""Meta's Graph API on the loopback, as far as WhatsApp, Messenger and Instagram use it.

It checks what the real one checks: the bearer token, lengths, who may be written to, whether the
window is open, and tags. It has no idempotency: what is posted twice is two messages. What it
tells our hook is signed with the app's secret.
"""

import hashlib
import hmac
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from shopbell.demo.peers.serving import PATIENCE_S, peer_server

TOKEN = "EAAGm0PX4ZCpsBA"
APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY_TOKEN = "a-word-we-chose"
SECRETS = {"access_token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
Payload = dict[str, Any]


@dataclass
class Trouble:
    """What the next request meets: an error envelope, a bare status, or a hung-up line.

    `taken`: the message goes through all the same.
    """

    status: int = 500
    code: int = 0
    subcode: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    taken: bool = False
    hang_up: bool = False


@dataclass
class Taken:
    """A message as it was taken: Meta's name for it, whose account, to whom, and the request."""

    id: str
    account: str
    to: str
    body: Payload
    file: bytes = b""


@dataclass
class Graph:
    """The running API. `people` can be written to, those `shut` only by template or tag, those
    `gone` not even by tag. `profiles` are told of those who have one here, `asked` is whose was wanted; the next `away` find it away. `files` are what people sent, by id, `kept` what the shop uploaded."""

    url: str = ""
    token: str = TOKEN
    platform: str = "whatsapp"
    people: set[str] = field(default_factory=set[str])
    shut: set[str] = field(default_factory=set[str])
    gone: set[str] = field(default_factory=set[str])
    profiles: dict[str, Payload] = field(default_factory=dict[str, Payload])
    asked: list[str] = field(default_factory=list[str])
    away: int = 0
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict[str, tuple[bytes, str]])
    kept: dict[str, tuple[bytes, str]] = field(default_factory=dict[str, tuple[bytes, str]])
    templates: list[Payload] = field(default_factory=list[Payload])
    trouble: list[Trouble | None] = field(default_factory=list[Trouble | None])
    taken: list[Taken] = field(default_factory=list[Taken])
    calls: int = 0
    named_from: int = 0
    redirects: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def texts(self) -> list[str]:
        """The words it took, in order."""
        return [_words(one.body) for one in self.taken]

    async def tell(self, hook: str, payload: Payload) -> httpx.Response:
        """Post a webhook, signed."""
        body = msgspec.json.encode(payload)
        async with httpx.AsyncClient(timeout=PATIENCE_S) as http:
            return await http.post(hook, content=body, headers=signed(body))

    async def messages(self, request: Request) -> Response:
        self.calls += 1
        if (refused := self._refused(request)) is not None:
            return refused
        body, file = await _posted(request)
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble is not None and not trouble.taken:
            return _troubled(trouble)
        account = request.path_params["id"]
        is_whatsapp = body.get("messaging_product") == "whatsapp"
        error = self._whatsapp(body) if is_whatsapp else self._page(body)
        if error is not None:
            return error
        name = f"{'wamid.' if is_whatsapp else 'm_'}{self.named_from + len(self.taken) + 1}"
        to = _recipient(body)
        self.taken.append(Taken(name, account, to, body, file))
        if trouble is not None:
            return _troubled(trouble)
        if is_whatsapp:
            people = [{"input": to, "wa_id": to}]
            told = {"messaging_product": "whatsapp", "contacts": people}
            return JSONResponse({**told, "messages": [{"id": name}]})
        return JSONResponse({"recipient_id": to, "message_id": name})

    async def upload(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        body, file = await _posted(request)
        if body.get("messaging_product") != "whatsapp" or not file:
            return fault(400, 100)
        name = f"{9000 + len(self.kept)}"
        self.kept[name] = (file, body["type"])
        return JSONResponse({"id": name})

    async def node(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        name = request.path_params["id"]
        if name in self.files:
            data, media_type = self.files[name]
            about = {"messaging_product": "whatsapp", "mime_type": media_type, "id": name}
            digest = {"sha256": hashlib.sha256(data).hexdigest(), "file_size": len(data)}
            return JSONResponse({**about, **digest, "url": f"{self.url}/media/{name}"})
        if name in self.people:
            return self._profile(name, request.query_params.get("fields", ""))
        if name.startswith("gone"):
            return fault(400, 100)
        return JSONResponse({"id": name, "name": "The Shop", "verified_name": "The Shop"})

    def _profile(self, name: str, fields: str) -> Response:
        """The fields of a profile; nobody else's, and none that the platform does not have."""
        if self.away:
            self.away -= 1
            return fault(503, 2)
        self.asked.append(name)
        known = {"messenger": {"first_name", "last_name"}, "instagram": {"name", "username"}}
        if not set(fields.split(",")) <= known.get(self.platform, set[str]()):
            return fault(400, 100)
        if name not in self.profiles:
            consent = self.platform == "instagram"
            return fault(403, 230) if consent else fault(400, 100, 2018218)
        return JSONResponse({"id": name, **self.profiles[name]})

    async def listed(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        after = int(request.query_params.get("after", "0"))
        page = self.templates[after : after + 2]
        more = after + 2 < len(self.templates)
        paging: Payload = {"cursors": {"before": str(after), "after": str(after + 2)}}
        if more:
            paging["next"] = str(request.url.include_query_params(after=after + 2))
        told: Payload = {"data": page, "paging": paging}
        if "summary" in request.query_params:
            number = len(self.templates)
            counts = {"total_count": number, "message_template_count": number}
            more_told = {"message_template_limit": 6000, "are_translations_complete": True}
            told["summary"] = {**counts, **more_told}
        return JSONResponse(told)

    async def media(self, request: Request) -> Response:
        """WhatsApp's files need the token; those of the other two have a secret in their address."""
        name = request.path_params["id"]
        if name in self.redirects:
            return Response(status_code=302, headers={"location": self.redirects[name]})
        if request.url.path.startswith("/media") and (refused := self._refused(request)):
            return refused
        if name not in self.files:
            return Response(status_code=404)
        data, media_type = self.files[name]
        return Response(data, media_type=media_type)

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return fault(401, 190)
        return None

    def _whatsapp(self, body: Payload) -> Response | None:
        to, kind = _recipient(body), body.get("type", "text")
        if to not in self.people:
            return fault(400, 131026)
        if to in self.shut and kind != "template":
            return fault(400, 131047)
        part = body.get(kind, {})
        if kind == "text" and not 0 < len(part.get("body", "")) <= 4096:
            return fault(400, 131009)
        if kind in ("image", "video", "audio", "document"):
            if part.get("id") not in self.kept or len(part.get("caption", "")) > 1024:
                return fault(400, 131053)
            if kind == "audio" and "caption" in part:
                return fault(400, 131009)
        if kind == "template":
            return self._template(part)
        return None

    def _template(self, part: Payload) -> Response | None:
        """Known, approved, and filled in as its parts say."""
        wanted = (part.get("name"), part.get("language", {}).get("code"))
        known = {(one["name"], one["language"]): one for one in self.templates}
        found = known.get(wanted)
        if found is None or found["status"] not in ("APPROVED", "PAUSED"):
            return fault(404, 132001)
        if found["status"] == "PAUSED":
            return fault(400, 132015)
        given = [
            (one["type"], one.get("index", ""), each.get("parameter_name", ""), each["type"])
            for one in part.get("components", [])
            for each in one["parameters"]
        ]
        if len(given) != len(set(_blanks_of(found))) or any("" in one[:1] for one in given):
            return fault(400, 132000)
        if sorted(kind for *_, kind in given) != sorted(kind for _, kind in _blanks_of(found)):
            return fault(400, 132012)
        texts = [
            each.get("text", "")
            for one in part.get("components", [])
            for each in one["parameters"]
            if each["type"] == "text"
        ]
        if any(re.search(r"[\n\t]| {5,}", one) or not one for one in texts):
            return fault(400, 100)
        files = [
            each[each["type"]].get("id")
            for one in part.get("components", [])
            for each in one["parameters"]
            if each["type"] in ("image", "video", "document")
        ]
        return None if all(one in self.kept for one in files) else fault(400, 131053)

    def _page(self, body: Payload) -> Response | None:
        to, message = _recipient(body), body.get("message", {})
        if to not in self.people:
            return fault(400, 100, 2018001)
        tagged = body.get("messaging_type") == "MESSAGE_TAG" and body.get("tag") == "HUMAN_AGENT"
        if to in self.gone or (to in self.shut and not tagged):
            return fault(400, 10, 2018278)
        text = message.get("text", "")
        length = len(text.encode()) if self.platform == "instagram" else len(text)
        if length > (1000 if self.platform == "instagram" else 2000):
            return fault(400, 100)
        if not text and "attachment" not in message:
            return fault(400, 100)
        return None


def _blanks_of(template: Payload) -> list[tuple[str, str]]:
    """What has to be filled in, and with what kind of parameter."""
    found: list[tuple[str, str]] = []
    for part in template["components"]:
        if part.get("format") in ("IMAGE", "VIDEO", "DOCUMENT"):
            found.append(("header", part["format"].lower()))
        names = re.findall(r"{{\s*(\w+)\s*}}", part.get("text", ""))
        found += [(f"{part['type']}.{name}", "text") for name in dict.fromkeys(names)]
        for place, button in enumerate(part.get("buttons", [])):
            if "{{" in button.get("url", ""):
                found.append((f"button.{place}", "text"))
            if button["type"] == "COPY_CODE":
                found.append((f"button.{place}", "coupon_code"))
    return found


def signed(body: bytes) -> dict[str, str]:
    """The headers that prove these bytes."""
    proof = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"content-type": "application/json", "x-hub-signature-256": f"sha256={proof}"}


def fault(
    status: int, code: int, subcode: int = 0, headers: Mapping[str, str] | None = None
) -> Response:
    """An error as Meta wraps it."""
    error: Payload = {"message": "scripted", "type": "OAuthException", "code": code}
    if subcode:
        error["error_subcode"] = subcode
    return JSONResponse({"error": {**error, "fbtrace_id": "A1"}}, status, dict(headers or {}))


def _troubled(trouble: Trouble) -> Response:
    if trouble.hang_up:
        return Response(b"{", headers={"content-length": "999"}, media_type="application/json")
    if trouble.code:
        return fault(trouble.status, trouble.code, trouble.subcode, trouble.headers)
    return Response(b"<html>", trouble.status, dict(trouble.headers))


async def _posted(request: Request) -> tuple[Payload, bytes]:
    """The body of a request, JSON or a form whose fields hold JSON, and the file in it."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return await request.json(), b""
    body: Payload = {}
    file = b""
    async with request.form() as form:
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                file = await value.read()
                continue
            body[name] = msgspec.json.decode(value) if value[:1] == "{" else value
    return body, file


def _recipient(body: Payload) -> str:
    if body.get("messaging_product") == "whatsapp":
        return str(body.get("to") or body.get("recipient"))
    return str(body.get("recipient", {}).get("id", ""))


def _words(body: Payload) -> str:
    if body.get("messaging_product") == "whatsapp":
        part = body.get(body["type"], {})
        return part.get("body") or part.get("caption") or f"[{body['type']}]"
    return body["message"].get("text") or f"[{body['message']['attachment']['type']}]"


@asynccontextmanager
async def graph() -> AsyncGenerator[Graph]:
    """A running API."""
    peer = Graph()
    app = Starlette(
        routes=[
            Route("/media/{id}", peer.media),
            Route("/cdn/{id}", peer.media),
            Route("/v25.0/{id}/messages", peer.messages, methods=["POST"]),
            Route("/v25.0/{id}/media", peer.upload, methods=["POST"]),
            Route("/v25.0/{id}/message_templates", peer.listed),
            Route("/v25.0/{id}", peer.node),
        ]
    )
    async with peer_server(app) as url:
        peer.url = url
        yield peer
