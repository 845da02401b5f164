"""A bare websocket server that says everything back: nothing that speaks websockets is quicker."""

import asyncio
import contextlib
import sys

from msgspec import Struct
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from bench.process import main


class Echo(Struct, frozen=True, kw_only=True):
    """Where to listen."""

    port: int


class Done(Struct, frozen=True, kw_only=True):
    """Nothing is found here."""


async def stand(echo: Echo) -> Done:
    """Echo until the input ends."""

    async def say_back(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in connection:
                await connection.send(text)

    async with serve(say_back, "127.0.0.1", echo.port, compression=None):
        print("stands", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    return Done()


if __name__ == "__main__":
    main(Echo, stand)
