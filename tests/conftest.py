"""Fixtures that every test may use, and a run that says why it was ended.

How a test stays fast, dearest first:

- `own_stack` and `own_services` are for tests that break what they are given for good. `stack`, the whole
  of Shopbell in processes of its own, is started once a run: tests that need a browser, a kill or the
  demo shop share it.
- `settings`, `shop`, `door`, `served` and `line` are made for each test in this process, on a database
  that is emptied, not copied. Leave its schema alone, or the next test waits for a copy.
- A rule needs no database: ask the function, and put many cases in one table.
- Never sleep. Wait for the event, or set the time that a part is given: each waits for as long as its
  settings say.
"""

import logging
import signal
from functools import cache
from importlib import import_module
from types import FrameType
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["tests.services", "tests.stack", "tests.browsing"]


def pytest_configure() -> None:
    """Keep what is logged while tests are collected from coming after pytest's closing line, and how
    fast the machine is from deciding whether a property holds."""
    logging.getLogger("aiosql").setLevel(logging.ERROR)
    hypothesis.settings.register_profile(
        "any machine",
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("any machine")
    # Each client of httpx would read all root certificates again: 20 ms of a processor.
    transport: Any = import_module("httpx._transports.default")
    transport.create_ssl_context = cache(transport.create_ssl_context)


def pytest_sessionstart(session: pytest.Session) -> None:
    """On SIGTERM fail the test that runs, with its log, and end the run with its fixtures.

    A server in this process sends it when a part of it dies.
    """

    def end(_number: int, _frame: FrameType | None) -> None:
        session.shouldfail = "SIGTERM: sent from outside, or by a server whose part died"
        # Of all exceptions only this one and Ctrl-C's come through an event loop's callbacks.
        raise SystemExit(session.shouldfail)

    signal.signal(signal.SIGTERM, end)
