"""An agent at the desk's doors, for tests that watch the shopper's side."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from shopbell.desk.ids import uuid7
from tests.stack import Stack


class Agent:
    """A signed-in agent who finds a ticket by the words that opened it."""

    def __init__(self, client: httpx.AsyncClient, socket: ClientConnection) -> None:
        self._client = client
        self._socket = socket

    async def ticket(self, subject: str) -> dict[str, Any]:
        """The newest ticket of this subject."""
        for view in ("waiting", "assistant", "open", "resolved"):
            page = await self._get(f"/api/tickets?view={view}&limit=50")
            found = [one for one in page["tickets"] if one["subject"] == subject]
            if found:
                return found[0]
        raise AssertionError(f"no ticket about {subject!r}")

    async def opened(self, subject: str) -> dict[str, Any]:
        """The ticket with its customer and messages."""
        return await self._get(f"/api/tickets/{(await self.ticket(subject))['id']}")

    async def reply(self, subject: str, text: str) -> None:
        """Answer the customer, which takes the ticket over."""
        draft = {"id": str(uuid7()), "text": text}
        await self._post(subject, "messages", {"draft": draft, "take": True})

    async def take_over(self, subject: str) -> None:
        """Take the ticket from the assistant."""
        await self._post(subject, "take-over", {})

    async def resolve(self, subject: str) -> None:
        """Close the matter."""
        await self._post(subject, "resolve", {})

    async def read(self, subject: str) -> None:
        """Read everything that the customer wrote."""
        ticket = await self.ticket(subject)
        await self._tell(type="read", thread_id=ticket["thread_id"], seq=ticket["last_seq"])

    async def type(self, subject: str, on: bool) -> None:
        """Begin or stop writing a reply."""
        await self._tell(type="typing", ticket_id=(await self.ticket(subject))["id"], on=on)

    async def _tell(self, **frame: Any) -> None:
        await self._socket.send(msgspec.json.encode(frame).decode())

    async def _get(self, path: str) -> Any:
        answer = await self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    async def _post(self, subject: str, command: str, body: dict[str, Any]) -> None:
        ticket = await self.ticket(subject)
        answer = await self._client.post(f"/api/tickets/{ticket['id']}/{command}", json=body)
        answer.raise_for_status()


@asynccontextmanager
async def agent_of(stack: Stack) -> AsyncGenerator[Agent]:
    """The demo shop's first agent, signed in and live."""
    login = next(one for one in stack.logins if one.role == "agent")
    here = {"Origin": stack.base_url}
    async with httpx.AsyncClient(base_url=stack.base_url, headers=here) as client:
        who = {"email": login.email, "password": login.password}
        (await client.post("/api/session", json=who)).raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        address = stack.base_url.replace("http", "ws") + "/ws/agent"
        async with connect(
            address, origin=Origin(stack.base_url), additional_headers={"Cookie": cookie}
        ) as socket:
            await socket.send('{"type":"hello"}')
            await socket.recv()
            yield Agent(client, socket)
