"""What was kept is read again: by the thousand, and without one new row."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from shopbell.demo.peers.http_shop import SECRET
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.ids import uuid7
from shopbell.jobs.intake import Intake
from shopbell.jobs.replaying import replay
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.test_custom import event, signed, written
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows

MANY = 2_500
TABLES = (
    *("customer", "identity", "thread", "ticket", "message", "delivery", "outbox", "event"),
    *("inbound", "contact", "turn", "sla_clock"),
)


@pytest.fixture
async def quiet(settings: Settings, shop: Shop) -> AsyncIterator[Line]:
    nowhere = ConnectionSettings(endpoint="http://127.0.0.1:1/in")
    async with line(
        settings, shop, "http", {"secret": SECRET}, connection_settings=nowhere
    ) as quiet:
        await rows(shop.desk, "UPDATE connection SET answer_mode = 'off' RETURNING id")
        yield quiet


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The payloads that were read one by one."""
    read: list[bytes] = []
    whole = Intake.read_kept

    async def counted(self: Intake, kept: Any, *opened: Any) -> None:
        read.append(kept.raw.body)
        await whole(self, kept, *opened)

    monkeypatch.setattr(Intake, "read_kept", counted)
    return read


async def counts(of: Line) -> dict[str, int]:
    return {
        table: (await rows(of.desk, f"SELECT count(*) AS n FROM {table}"))[0]["n"]
        for table in TABLES
    }


async def store(of: Line, bodies: list[bytes], status: str) -> None:
    """Put payloads there as if they had come, in one statement."""
    await of.desk.run(
        "INSERT INTO inbound (id, connection_id, digest, headers, body, status, next_at)"
        " SELECT w.id, %(connection)s, w.digest, %(about)s::jsonb, w.body, %(status)s, 'infinity'"
        " FROM unnest(%(ids)s::uuid[], %(digests)s::bytea[], %(bodies)s::bytea[]) AS w(id, digest, body)",
        connection=of.connection.id,
        about='{"headers": {}, "query": {}, "method": "POST", "url": ""}',
        status=status,
        ids=[uuid7() for _ in bodies],
        digests=[hashlib.sha256(one).digest() for one in bodies],
        bodies=bodies,
    )


async def test_thousands_of_payloads_are_read_again_without_one_new_row(
    quiet: Line, alone: list[bytes]
) -> None:
    told = [written("Does it run small?", f"m{n}") for n in range(20)]
    assert (await quiet.post(*signed(*told))).status_code == 200
    alone.clear()
    again = [written("Does it run small?", f"m{n % 20}", nonce=n) for n in range(MANY)]
    await store(quiet, [msgspec.json.encode(one) for one in again], "unread")
    before = await counts(quiet)

    assert await replay(quiet.room.intake) == MANY + 1

    assert await counts(quiet) == before
    assert set(await quiet.payload_states()) == {"done"}
    assert alone == [], "nothing but what stands already"


async def test_what_is_new_or_no_message_is_read_as_the_first_time(
    quiet: Line, alone: list[bytes]
) -> None:
    await quiet.post(*signed(written("Does it run small?")))
    edit = msgspec.json.encode(event("message.edited", id="m1", text="Does it run LARGE?"))
    new = msgspec.json.encode(written("And in red?", "m2"))
    odd = msgspec.json.encode([written("Does it run small?"), {"type": "message.sung"}])
    await store(quiet, [edit, new, odd], "unread")
    alone.clear()

    assert await replay(quiet.room.intake, status="unread") == 3

    assert sorted(alone) == sorted([edit, new, odd])
    assert [one["text"] for one in await quiet.messages()] == ["Does it run LARGE?", "And in red?"]
    assert sorted(await quiet.payload_states()) == ["done", "done", "done", "unread"]


async def test_payloads_are_chosen_by_id_or_by_status(quiet: Line) -> None:
    await quiet.post(*signed(written("Does it run small?")))
    await store(quiet, [b"not json"], "unread")
    (unread,) = await rows(quiet.desk, "SELECT id FROM inbound WHERE status = 'unread'")

    assert await replay(quiet.room.intake, ids=[unread["id"]]) == 1
    assert await replay(quiet.room.intake, status="done") == 1
    assert await replay(quiet.room.intake, status="waiting") == 0
