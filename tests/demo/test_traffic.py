"""The shoppers of `shopbell demo traffic`, against the whole running house."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import psycopg
import pytest
from websockets.asyncio.client import connect

from shopbell.connectors.commerce.demo import library, traffic
from shopbell.connectors.commerce.demo.storefront.identity import NAMES
from shopbell.connectors.commerce.demo.traffic import line as line_module
from shopbell.connectors.commerce.demo.traffic.line import Line
from shopbell.connectors.commerce.demo.traffic.stories import deck, stories
from tests.stack import Stack

PATIENCE_S = 60.0
HURRY = 0.02

_TALK = """
SELECT count(DISTINCT m.thread_id) FILTER (WHERE m.author_kind = 'customer') AS shoppers,
       count(DISTINCT m.thread_id) FILTER (WHERE m.author_kind = 'assistant') AS answered
  FROM message m WHERE m.id > %s
"""


def test_every_talk_can_be_read_and_names_what_the_shop_has() -> None:
    handles = {one.handle for group in library.collections() for one in group.product}
    for one in stories():
        assert one.steps, one.key
        assert one.page in {"", *handles}, one.key
        assert one.shopper in {"", *NAMES}, one.key
    assert {one.language for one in stories()} == {"en", "de", "es", "fr"}
    assert len({one.key for one in stories()}) == len(stories())


def test_a_seed_plays_the_same_visits_and_nobody_talks_twice_at_a_time() -> None:
    seats = [deck(seat, 3, random.Random(7)) for seat in range(3)]
    assert seats == [deck(seat, 3, random.Random(7)) for seat in range(3)]
    assert seats[0] != deck(0, 3, random.Random(8))
    known = [name for seat in seats for name in {one.shopper for one in seat if one.shopper}]
    assert sorted(known) == sorted(NAMES)


async def test_several_shoppers_write_and_are_answered(stack: Stack) -> None:
    newest = _newest(stack)
    async with _playing(stack, shoppers=4):
        await _until(lambda: _talk(stack, newest) >= (4, 3))


async def test_they_come_back_after_the_server_was_restarted(stack: Stack) -> None:
    async with _playing(stack, shoppers=3):
        newest = _newest(stack)
        await _until(lambda: _talk(stack, newest) >= (2, 1))
        stack.restart("server")
        newest = _newest(stack)
        await _until(lambda: _talk(stack, newest) >= (2, 1))


async def test_what_was_not_acked_is_said_again_once_there_is_room(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server holds 20 sockets of one visitor and closes the next with 4429."""
    attempts: list[str] = []

    def counted(address: str, **options: Any) -> Any:
        attempts.append(address)
        return connect(address, **options)

    monkeypatch.setattr(line_module, "TOO_MANY_S", 0.05)
    monkeypatch.setattr(line_module, "connect", counted)
    async with httpx.AsyncClient(base_url=stack.base_url) as http:
        line = Line(http, stack.base_url, random.Random(1))
        await line.open("/demo/products/heron-rollneck")
        assert line.page.product == "Heron roll neck"
        async with _crowd(stack, line, 20) as leave_one, asyncio.TaskGroup() as group:
            keeping = group.create_task(line.keep())
            saying = group.create_task(line.say("Is there room?"))
            await _until(lambda: len(attempts) > 3)
            assert not saying.done()
            await leave_one()
            assert await saying == 1
            keeping.cancel()


def test_ctrl_c_sends_them_home(stack: Stack) -> None:
    words = ["demo", "traffic", "--data", str(stack.folder), "--port", str(stack.settings.port)]
    process = subprocess.Popen(
        [sys.executable, "-m", "shopbell.cli", *words],
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert process.stderr is not None
    assert "3 shoppers come" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, "shopbell: the shoppers have gone.\n")


@asynccontextmanager
async def _playing(stack: Stack, shoppers: int) -> AsyncGenerator[None]:
    said: list[str] = []
    playing = asyncio.create_task(
        traffic.play(stack.base_url, shoppers=shoppers, pace=HURRY, tell=said.append)
    )
    try:
        yield
        assert not playing.done()
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
    assert not [line for line in said if "cut off" in line]


@asynccontextmanager
async def _crowd(
    stack: Stack, line: Line, size: int
) -> AsyncGenerator[Callable[[], Awaitable[None]]]:
    """So many sockets of the line's own visitor; what is yielded closes one."""
    address = "ws" + stack.base_url.removeprefix("http") + "/ws/shopper"
    sockets = [await connect(address, compression=None) for _ in range(size)]
    for socket in sockets:
        await socket.send(f'{{"type":"hello","token":"{line.token}"}}')
        await socket.recv()
    try:
        yield sockets.pop().close
    finally:
        for socket in sockets:
            await socket.close()


def _newest(stack: Stack) -> str:
    with psycopg.connect(stack.database_url) as db:
        row = db.execute("SELECT max(id::text) FROM message").fetchone()
    assert row is not None
    return row[0]


def _talk(stack: Stack, newest: str) -> tuple[int, int]:
    """How many shoppers wrote after a message, and in how many threads they were answered."""
    with psycopg.connect(stack.database_url) as db:
        row = db.execute(_TALK, [newest]).fetchone()
    assert row is not None
    return row


async def _until(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "it did not come true within a minute"
        await asyncio.sleep(0.1)
