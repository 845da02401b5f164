"""The web server around the application."""

from typing import Any

import uvicorn

from shopbell.settings import Settings

DRAIN_S = 5


def serve(application: Any, settings: Settings) -> None:
    """Serve until a signal ends it; open connections then have 5 s to finish."""
    uvicorn.run(
        application,
        host=settings.host,
        port=settings.port,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=DRAIN_S,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        server_header=False,
        log_level="warning" if settings.log_level == "info" else settings.log_level,
    )
