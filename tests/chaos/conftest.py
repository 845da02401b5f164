"""A running Shopbell with people at its doors, and its books to compare with what they heard."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import DictRow, dict_row

from shopbell.server.doors import COOKIE
from tests.chaos.clients import AgentAtWork, Client, Shopper
from tests.stack import Stack

Row = dict[str, Any]
SECOND = "server-2"
KEPT_CONNECTIONS = 8


class House:
    """The stack and whoever is connected to it; the people leave when the test ends."""

    def __init__(self, stack: Stack, *urls: str) -> None:
        self.stack = stack
        self.urls = [stack.base_url, *urls]
        self.people: list[Client] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def shopper(self, *urls: str) -> Shopper:
        """A new visitor, connected."""
        async with httpx.AsyncClient(base_url=self.urls[0], timeout=20) as http:
            given = await http.post("/api/widget/session", json={"key": self.stack.widget_key})
            assert given.status_code == 200, given.text
        token = given.json()["token"]
        return await self._enter(Shopper(urls or self.urls, token))

    async def same_shopper(self, shopper: Shopper, *urls: str) -> Shopper:
        """One more page of the same visitor, connected."""
        return await self._enter(Shopper(urls, shopper.token))

    def page(self, shopper: Shopper) -> httpx.AsyncClient:
        """A shopper's page that asks by HTTP."""
        headers = {"authorization": f"Bearer {shopper.token}"}
        return httpx.AsyncClient(base_url=shopper.urls[0], headers=headers, timeout=30)

    async def agent(self, number: int = 0, *urls: str) -> AgentAtWork:
        """One of the demo shop's people, signed in and connected."""
        login = self.stack.logins[number]
        headers = {"origin": self.urls[0]}
        async with httpx.AsyncClient(base_url=self.urls[0], headers=headers, timeout=20) as http:
            body = {"email": login.email, "password": login.password}
            given = await http.post("/api/session", json=body)
            assert given.status_code == 200, given.text
        named = (await self.rows("SELECT name FROM agent WHERE email = %s", login.email))[0]["name"]
        return await self._enter(AgentAtWork(urls or self.urls, given.cookies[COOKIE], named))

    async def rows(self, query: str, *values: Any) -> list[Row]:
        """What the database holds."""
        connection = await psycopg.AsyncConnection[DictRow].connect(
            self.stack.database_url, autocommit=True, row_factory=dict_row
        )
        async with connection:
            found = await connection.execute(query.encode(), values)
            return await found.fetchall() if found.description else []

    async def ready(self) -> None:
        """Wait until each server serves, by every connection to the database that it keeps."""
        for url in self.urls:
            async with httpx.AsyncClient(base_url=url, timeout=20) as http:

                async def serves(http: httpx.AsyncClient = http) -> bool:
                    asked = (http.get("/readyz") for _ in range(KEPT_CONNECTIONS))
                    answers = await asyncio.gather(*asked, return_exceptions=True)
                    return all(
                        isinstance(one, httpx.Response) and one.status_code == 200
                        for one in answers
                    )

                await until(serves)

    async def the_assistant_answers(self) -> None:
        """A new shopper asks and is answered."""
        shopper = await self.shopper()
        await shopper.answered(await shopper.say("How do I keep moths away from my knitwear?"))
        await shopper.until(
            lambda: "assistant" in {one["author"]["kind"] for one in shopper.messages.values()}
        )

    async def _enter(self, client: Any) -> Any:
        self.people.append(client)
        self._tasks.append(asyncio.create_task(client.run()))
        await client.until(lambda: client.socket is not None)
        return client

    async def leave(self) -> None:
        """Everyone goes."""
        for task in self._tasks:
            task.cancel()
        for ended in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


async def until(holds: Callable[[], Awaitable[object]], within: float = 30.0) -> None:
    """Wait for a condition, and fail when it does not come in time."""
    async with asyncio.timeout(within):
        while True:
            if await holds():
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def house(stack: Stack) -> AsyncIterator[House]:
    """The shared stack with one server."""
    house = House(stack)
    await house.ready()
    yield house
    await house.leave()


@pytest.fixture(scope="session")
def second_url(shared_stack: Stack) -> str:
    """A second server of the shared stack."""
    return shared_stack.second_server(SECOND)


@pytest.fixture
async def two_servers(stack: Stack, second_url: str) -> AsyncIterator[House]:
    """The shared stack with two servers; everyone moves to the other when one is gone."""
    house = House(stack, second_url)
    await house.ready()
    yield house
    await house.leave()
