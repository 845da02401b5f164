"""A served application, and what it wrote and logged."""

from collections.abc import AsyncGenerator, Iterator
from typing import Any

import pytest
import structlog

from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop
from tests.server.live import Served, serving

__all__ = ["shop"]


@pytest.fixture
async def served(settings: Settings, shop: Shop) -> AsyncGenerator[Served]:
    async with serving(settings, shop) as served:
        yield served


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """The log lines of the test, as dictionaries."""
    with structlog.testing.capture_logs() as lines:
        yield lines
