import asyncio

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from bench.client import connect


async def test_frames_of_every_size_come_back_whole_and_in_order() -> None:
    texts = [b"a" * size for size in (0, 1, 125, 126, 65_535, 65_536, 200_000)]
    heard: list[bytes] = []
    all_came = asyncio.Event()

    def hear(frame: bytes) -> None:
        heard.append(frame)
        if len(heard) == len(texts):
            all_came.set()

    async def echo(connection: ServerConnection) -> None:
        async for text in connection:
            await connection.send(text)

    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        port = server.sockets[0].getsockname()[1]
        client = await connect(f"http://127.0.0.1:{port}", "/", hear)
        for text in texts:
            client.send(text)
        async with asyncio.timeout(10):
            await all_came.wait()
        await server_says_goodbye(server.connections.copy())
        async with asyncio.timeout(10):
            assert await client.closed == 4001
        client.close()

    assert heard == texts


async def test_it_comes_from_the_address_it_is_told_and_says_why_it_was_refused() -> None:
    came_from: list[str] = []

    async def refuse(connection: ServerConnection, _: Request) -> Response:
        came_from.append(connection.remote_address[0])
        return connection.respond(403, "not you")

    async def never(_: ServerConnection) -> None:
        raise AssertionError

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ConnectionError, match="403 Forbidden"):
            await connect(f"http://127.0.0.1:{port}", "/", lambda _: None, source="127.0.0.3")

    assert came_from == ["127.0.0.3"]


async def server_says_goodbye(connections: set[ServerConnection]) -> None:
    for connection in connections:
        await connection.close(4001)
