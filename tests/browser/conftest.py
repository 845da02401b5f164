"""Browser tests take `stack` (tests/stack.py) and `browser`; both need no import.

They run in one event loop, so that they share one driver of Chromium: starting it takes half a second of
a processor. An async fixture of theirs needs `loop_scope="session"`.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browsing import end_pages

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    one_loop = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(one_loop, append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def browser(
    request: pytest.FixtureRequest, shared_browser: tuple[Browser, str]
) -> AsyncIterator[Browser]:
    """The run's Chromium; make contexts and pages in it. They are the test's own, and gone after it."""
    yield shared_browser[0]
    await end_pages(shared_browser[0], request.node)
