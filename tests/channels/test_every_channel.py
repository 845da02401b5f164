"""What holds for every channel alike, each against its own peer: docs/connectors.md has the whole table."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shopbell.desk.connections.commands import set_health
from shopbell.desk.control.commands import take_over
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.jobs import delivering, sweeping
from shopbell.jobs.intake import Intake
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.players import PLAYERS, Player
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until


def _at_once(_: int) -> float:
    return 0.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweepers and second tries that come at once: what is done counts here, not when."""
    monkeypatch.setattr(sweeping, "WORK_EVERY", 0.05)
    monkeypatch.setattr(sweeping, "GRACE", sweeping.GRACE * 0)
    monkeypatch.setattr(delivering, "backoff", _at_once)


@pytest.fixture(params=PLAYERS)
async def player(request: pytest.FixtureRequest) -> AsyncIterator[Player]:
    async with PLAYERS[request.param]() as player:
        yield player


@pytest.fixture
async def at(settings: Settings, shop: Shop, player: Player) -> AsyncIterator[Line]:
    async with line(
        settings,
        shop,
        player.channel,
        player.credentials,
        account=player.account,
        connection_settings=player.settings,
    ) as at:
        yield at


async def spoken(at: Line, *wanted: tuple[str, str | None]) -> None:
    """Wait until these are the messages: each with the state of its sending."""

    async def are() -> bool:
        found = [(one["author_kind"], one["sent_state"]) for one in await at.messages()]
        return found == list(wanted)

    await until(are)


async def health(at: Line, channel: str, wanted: str) -> None:
    async def is_so() -> bool:
        found = await rows(at.desk, "SELECT health FROM connection WHERE channel = %s", channel)
        return found[0]["health"] == wanted

    await until(is_so)


async def test_a_hundred_repeats_at_once_get_one_answer_and_people_go_on_whatever_sending_meets(
    at: Line, player: Player, shop: Shop
) -> None:
    at.mind.give(answered("Yes."))
    player.fault("429")
    player.fault("500")

    given = await asyncio.gather(*(player.write(at, "Small?", "m1") for _ in range(100)))

    assert set(given) == {200}
    await spoken(at, ("customer", None), ("assistant", "sent"))
    assert player.texts() == ["Yes."]
    assert len(at.mind.contexts) == 1
    await health(at, player.channel, "ok")

    (ticket,) = await rows(at.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Ben: take M."))

    await spoken(at, ("customer", None), ("assistant", "sent"), ("agent", "sent"))
    assert player.texts() == ["Yes.", "Ben: take M."]


async def test_a_message_that_was_taken_in_silence_is_never_sent_twice(
    at: Line, player: Player
) -> None:
    at.mind.give(answered("Yes."))
    player.fault("silence")

    await player.write(at, "Small?", "m1")

    settled = "sent" if player.repeatable or player.found_again else "uncertain"
    await spoken(at, ("customer", None), ("assistant", settled))
    assert player.texts() == ["Yes."]


async def test_what_a_process_leaves_in_the_middle_is_done_once_by_the_next(
    at: Line, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that ended after it had kept a payload, and a worker that ended after the platform
    had taken an answer: both leave just the rows that are made here."""
    at.mind.give(answered("Yes."))

    async def die(*_: Any) -> None:
        """Nothing is read any more."""

    with monkeypatch.context() as died:
        died.setattr(Intake, "read_kept", die)
        assert await player.write(at, "Small?", "m1") == 200

        async def is_kept() -> bool:
            return await at.payload_states() == ["new"]

        await until(is_kept)
    await rows(at.desk, "UPDATE inbound SET next_at = now() RETURNING id")
    assert await player.write(at, "Small?", "m1") == 200
    await spoken(at, ("customer", None), ("assistant", "sent"))

    await rows(
        at.desk,
        "UPDATE delivery SET status = 'sending', external_id = NULL, parts = NULL, lease_holder = 'dead',"
        " lease_until = now() - interval '1 second' RETURNING id",
    )

    settled = "sent" if player.repeatable else "uncertain"
    await spoken(at, ("customer", None), ("assistant", settled))
    assert player.texts() == ["Yes."]
    assert len(at.mind.contexts) == 1


@pytest.mark.parametrize("player", sorted(set(PLAYERS) - {"custom"}), indirect=True)
async def test_a_token_that_ended_keeps_the_queue_until_the_account_is_connected_again(
    at: Line, player: Player
) -> None:
    assert await player.write(at, "Small?", "m1") == 200
    await at.mind.wait_until_begun()
    player.new_token()
    at.mind.give(answered("Yes."))

    await health(at, player.channel, "reconnect")
    await spoken(at, ("customer", None), ("assistant", "queued"))
    player.old_token()
    await set_health(at.desk, at.connection.id, "ok")

    await spoken(at, ("customer", None), ("assistant", "sent"))
    assert player.texts() == ["Yes."]
