"""Ports for what a benchmark starts."""

import socket


def free_port() -> int:
    """A port of this machine that nobody holds just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
