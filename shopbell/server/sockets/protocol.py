"""Uvicorn's websocket, with an end to what a client can make it hold.

Uvicorn answers pings and gathers fragments without counting them, and a closed connection whose
peer reads nothing waits for ever with what it could not write.
"""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

MAX_FRAGMENTS = 256
LINGER_S = 10.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """At most 256 fragments a message; gone at once when it pings and reads nothing, and 10 s
    after its end whatever the peer does."""

    def handle_ping(self) -> None:
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MAX_FRAGMENTS:
            super().handle_cont(event)
        elif not self.close_sent:
            self.conn.fail(CloseCode.MESSAGE_TOO_BIG, "too many fragments")
            self.handle_parser_exception()

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(LINGER_S, self.transport.abort)

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(LINGER_S, self.transport.abort)
