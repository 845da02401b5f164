"""python-socketio and psycopg, as its documentation has it, on the server that Shopbell uses."""

import os
from typing import Any
from uuid import UUID

import socketio
import uvicorn
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bench.rows import Talk, prepare, same_rows

CONNECTIONS = 8

socket: Any = socketio.AsyncServer(async_mode="asgi", transports=["websocket"])
pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    min_size=CONNECTIONS,
    max_size=CONNECTIONS,
    open=False,
    configure=prepare,
    kwargs={"autocommit": True},
)


@socket.on("send")
async def send(_: str, draft: dict[str, str]) -> dict[str, object]:
    """One message; what is returned is the ack."""
    talk = Talk(thread=UUID(draft["thread"]), ticket=UUID(draft["ticket"]))
    async with pool.connection() as connection:
        seq = await same_rows(connection, talk, UUID(draft["id"]), draft["text"])
    return {"id": draft["id"], "seq": seq}


application: Any = socketio.ASGIApp(socket, on_startup=pool.open, on_shutdown=pool.close)

if __name__ == "__main__":
    uvicorn.run(
        application,
        port=int(os.environ["PORT"]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
    )
