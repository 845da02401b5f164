"""How the application is served."""

from typing import Any

import uvicorn

from shopbell.server.sockets.protocol import SocketProtocol
from shopbell.server.sockets.wire import MAX_FRAME
from shopbell.settings import Settings

DRAIN_S = 5
PING_S = 20.0


def server_config(application: Any, settings: Settings) -> uvicorn.Config:
    """Frames up to 256 KiB and none compressed, dead sockets found, 5 s to finish at the end."""
    return uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        ws=SocketProtocol,
        ws_max_size=MAX_FRAME,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=DRAIN_S,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        log_config=None,
        log_level="warning" if settings.log_level == "info" else settings.log_level,
    )
