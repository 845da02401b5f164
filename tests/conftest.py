"""Fixtures that every test may use, and a run that says why it was ended."""

import logging
import signal
from types import FrameType

import pytest

pytest_plugins = ["tests.services", "tests.stack", "tests.browsing"]


def pytest_configure() -> None:
    """Keep what is logged while tests are collected from coming after pytest's closing line."""
    logging.getLogger("aiosql").setLevel(logging.ERROR)


def pytest_sessionstart(session: pytest.Session) -> None:
    """On SIGTERM fail the test that runs, with its log, and end the run with its fixtures.

    A server in this process sends it when a part of it dies.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        session.shouldfail = "SIGTERM: sent from outside, or by a server whose part died"
        # Of all exceptions only this one and Ctrl-C's come through an event loop's callbacks.
        raise SystemExit(session.shouldfail)

    signal.signal(signal.SIGTERM, end)
