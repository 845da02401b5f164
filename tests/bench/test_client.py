import asyncio

from websockets.asyncio.server import ServerConnection, serve

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


async def server_says_goodbye(connections: set[ServerConnection]) -> None:
    for connection in connections:
        await connection.close(4001)
