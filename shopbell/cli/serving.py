"""The web server around the application."""

from importlib import import_module

import uvicorn

from shopbell.cli.loading import loading
from shopbell.cli.logs import begin_logging
from shopbell.settings import Settings


def serve(settings: Settings) -> None:
    """Serve until a signal ends it; open connections then have 5 s to finish."""
    begin_logging(settings.log_level)
    with loading():
        create_app = import_module("shopbell.server.app").create_app
        configure = import_module("shopbell.server.uvicorn_config").server_config
    uvicorn.Server(configure(create_app(settings), settings)).run()
