"""What the tests of Meta's three channels share: waiting for a state, and speaking as Ben."""

import time
from typing import Any
from uuid import UUID

from shopbell.desk.control.commands import take_over
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.commands import claim
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from tests.channels.conftest import Line
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows, until

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)


def seconds(after: int = 0) -> str:
    """The time as WhatsApp writes it, so many seconds from now."""
    return str(int(time.time()) + after)


def milliseconds() -> int:
    """The time as Messenger and Instagram write it."""
    return int(time.time() * 1000)


async def state_of(held: Line) -> str | None:
    """How far the last message's delivery came."""
    found = await held.messages()
    return found[-1]["sent_state"]


async def is_state(held: Line, state: str) -> None:
    """Wait until the last message's delivery came so far."""

    async def holds() -> bool:
        return await state_of(held) == state

    await until(holds)


async def files_are(held: Line, state: str) -> list[dict[str, Any]]:
    """The files of the first message, once all of them are in this state (empty: here)."""

    async def holds() -> bool:
        (first, *_) = await held.messages()
        return all(one.get("state", "") == state for one in first["extra"]["attachments"])

    await until(holds)
    (first, *_) = await held.messages()
    return first["extra"]["attachments"]


async def ticket_of(held: Line) -> dict[str, Any]:
    (ticket,) = await rows(held.desk, "SELECT * FROM ticket")
    return ticket


async def say(held: Line, shop: Shop, words: str, files: tuple[UUID, ...] = ()) -> None:
    """As Ben, once he has taken over."""
    ticket = await ticket_of(held)
    await take_over(held.desk, ticket["id"], shop.ben)
    draft = Draft(id=uuid7(), text=words, attachments=files)
    await reply(held.room.desk, ticket["id"], shop.ben, draft)


async def again(held: Line) -> None:
    """Read what was put off, as the sweeper does, without waiting for its time."""
    await rows(
        held.desk, "UPDATE inbound SET next_at = now() WHERE status = 'waiting' RETURNING id"
    )
    kept = await claim(held.desk)
    assert kept is not None
    await held.room.intake.read_kept(kept)


async def shut_window(held: Line, ago: str = "1 second") -> None:
    """As if the customer had last written more than a day ago."""
    await rows(
        held.desk,
        f"UPDATE contact SET window_until = now() - interval '{ago}' RETURNING 1",
    )
