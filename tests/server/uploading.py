"""Files as browsers bring them, and the addresses under which they get them back."""

from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
from PIL import Image

from shopbell.desk.ids import uuid7
from tests.server.conftest import Chat, Door, Inbox

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **more: Any) -> bytes:
    """A picture of this kind and size."""
    out = BytesIO()
    Image.new("RGB", size, "seagreen").save(out, kind, **more)
    return out.getvalue()


async def bring(
    who: Chat | Inbox, content: bytes, name: str = "coat.png", kind: str = "image/png"
) -> httpx.Response:
    """Bring one file, as `FormData` sends it."""
    path = "/api/widget/attachments" if hasattr(who, "token") else "/api/attachments"
    return await who.ask("POST", path, files={"file": (name, content, kind)})


async def brought(who: Chat | Inbox, content: bytes | None = None, name: str = "coat.png") -> Any:
    """An attachment that stands."""
    answer = await bring(who, picture() if content is None else content, name)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fetch(door: Door, url: str, method: str = "GET", **headers: str) -> httpx.Response:
    """What is at an address, asked by somebody who holds nothing else."""
    parts = urlsplit(url)
    async with door.client() as client:
        return await client.request(method, f"{parts.path}?{parts.query}", headers=headers)


async def reply(inbox: Inbox, ticket: Any, *files: str, text: str = "", **more: Any) -> Any:
    """An agent's message with these files."""
    draft = {"id": str(uuid7()), "text": text, "attachments": files, **more}
    return await inbox.ask("POST", f"/api/tickets/{ticket}/messages", json={"draft": draft})
