"""Messenger end to end against a Graph API on the loopback: watermarks, echoes, tags, albums."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import httpx
import pytest

from shopbell.connectors.channels.messenger.channel import Messenger
from shopbell.connectors.channels.types import Account
from shopbell.demo.peers.graph import SECRETS, Graph, Trouble, graph
from shopbell.desk.attachments.commands import by_agent, keep
from shopbell.desk.attachments.types import AGENTS
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.messages.reach import Unreachable
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.meta import (
    PNG,
    again,
    files_are,
    is_state,
    milliseconds,
    say,
    shut_window,
    state_of,
    ticket_of,
)
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

PAGE = "1906385232743451"
MIA = "5325640874195830"


@pytest.fixture
async def peer() -> AsyncIterator[Graph]:
    async with graph() as peer:
        peer.platform = "messenger"
        peer.people.add(MIA)
        yield peer


@pytest.fixture
async def page(settings: Settings, shop: Shop, peer: Graph) -> AsyncIterator[Line]:
    async with line(
        settings,
        shop,
        "messenger",
        {**SECRETS, "page_id": PAGE},
        account=PAGE,
        connection_settings=ConnectionSettings(base_url=peer.url),
    ) as page:
        yield page


def events(*given: dict[str, Any]) -> dict[str, Any]:
    entry = {"id": PAGE, "time": milliseconds(), "messaging": list(given)}
    return {"object": "page", "entry": [entry]}


def event(**parts: Any) -> dict[str, Any]:
    return {
        "sender": {"id": MIA},
        "recipient": {"id": PAGE},
        "timestamp": milliseconds(),
        **parts,
    }


def written(text: str = "Does it run small?", mid: str = "m_in1", **more: Any) -> dict[str, Any]:
    return events(event(message={"mid": mid, "text": text, **more}))


OURS, INBOX = 1517776481860111, 263902037430900


def echoed(mid: str, text: str, after: int = 0, **more: Any) -> dict[str, Any]:
    """What the Page said, `after` so many milliseconds."""
    message = {"mid": mid, "text": text, "is_echo": True, "app_id": OURS, **more}
    at = milliseconds() + after
    return events(event(sender={"id": PAGE}, recipient={"id": MIA}, timestamp=at, message=message))


async def test_a_question_is_answered_and_watermarks_lift_what_was_sent(
    page: Line, peer: Graph
) -> None:
    page.mind.give(answered("Take **one size** up."))

    await peer.tell(page.hook, written())

    await is_state(page, "sent")
    (sent,) = peer.taken
    assert (sent.account, sent.to) == (PAGE, MIA)
    assert sent.body["message"]["text"] == "Take one size up."
    assert sent.body["messaging_type"] == "RESPONSE"
    delivery = {"mids": [sent.id], "watermark": milliseconds()}
    await peer.tell(page.hook, events(event(delivery=delivery)))
    await is_state(page, "delivered")
    await peer.tell(page.hook, events(event(read={"watermark": milliseconds()})))
    await is_state(page, "read")


async def test_a_watermark_from_before_a_message_leaves_it(page: Line, peer: Graph) -> None:
    page.mind.give(answered("Yes."))
    early = milliseconds() - 60_000
    await peer.tell(page.hook, written())
    await is_state(page, "sent")

    await peer.tell(page.hook, events(event(read={"watermark": early})))

    assert await state_of(page) == "sent"


async def test_our_own_echo_is_no_takeover_even_before_our_answer_has_its_name(
    page: Line, peer: Graph
) -> None:
    page.mind.give(answered(f"{'a' * 1900}\n\n{'b' * 1900}"))
    await peer.tell(page.hook, written())
    await is_state(page, "sent")

    for one in peer.taken:
        message = one.body["message"]
        await peer.tell(page.hook, echoed(one.id, message["text"], metadata=message["metadata"]))
        await peer.tell(page.hook, echoed(one.id, message["text"]))

    assert (await ticket_of(page))["control"] == "assistant"
    assert len(await page.messages()) == 2


async def test_a_reply_from_the_pages_inbox_takes_over(page: Line, peer: Graph) -> None:
    await peer.tell(page.hook, written())
    await page.mind.wait_until_begun()

    await peer.tell(page.hook, echoed("m_e1", "Ben here: take M.", 10_000, app_id=INBOX))

    assert (await ticket_of(page))["control"] == "agents"
    assert (await page.messages())[-1]["text"] == "Ben here: take M."


@pytest.mark.parametrize(
    ("after", "app"),
    [(1_000, INBOX), (1_000, None), (60_000, 77_000)],
    ids=["the inbox's greeting", "a greeting without an app", "another program"],
)
async def test_what_a_machine_of_the_pages_says_is_shown_and_takes_nothing_over(
    page: Line, peer: Graph, after: int, app: int | None
) -> None:
    await peer.tell(page.hook, written())
    await page.mind.wait_until_begun()

    told = echoed("m_e1", "Thanks! We will be with you soon.", after, app_id=app)
    await asyncio.gather(*(peer.tell(page.hook, told) for _ in range(5)))
    page.mind.give(answered("Yes."))

    async def both() -> bool:
        spoken = [(one["author_kind"], one["text"]) for one in await page.messages()]
        return peer.texts == ["Yes."] and spoken == [
            ("customer", "Does it run small?"),
            ("system", "Thanks! We will be with you soon."),
            ("assistant", "Yes."),
        ]

    await until(both)
    assert (await ticket_of(page))["control"] == "assistant"


async def test_an_album_is_one_message(page: Line, peer: Graph) -> None:
    peer.files |= {"a": (PNG, "image/png"), "b": (PNG, "image/png")}
    pictures = [
        {"type": "image", "payload": {"url": f"{peer.url}/cdn/{name}"}} for name in ("a", "b")
    ]

    await peer.tell(page.hook, events(event(message={"mid": "m_1", "attachments": pictures})))

    found = await files_are(page, "")
    assert [one["width"] for one in found] == [2, 2]
    assert len(await page.messages()) == 1


async def test_the_same_event_a_hundred_times_at_once_is_one(page: Line, peer: Graph) -> None:
    payload = written()
    given = await asyncio.gather(*(peer.tell(page.hook, payload) for _ in range(100)))

    assert {one.status_code for one in given} == {200}
    assert len(await page.messages()) == 1


async def test_edits_and_reactions_come_in_any_order(page: Line, peer: Graph) -> None:
    page.mind.give(answered("Yes."))
    edit = {"mid": "m_in1", "text": "Does it run LARGE?", "num_edit": 1}
    await peer.tell(page.hook, events(event(message_edit=edit)))
    assert await page.payload_states() == ["waiting"]

    await peer.tell(page.hook, written())
    await again(page)
    reaction = {"mid": "m_in1", "action": "react", "emoji": "❤️", "reaction": "love"}
    await peer.tell(page.hook, events(event(reaction=reaction)))

    (first, *_) = await page.messages()
    assert first["text"] == "Does it run LARGE?"
    assert first["extra"]["reactions"] == [{"sign": "❤️", "by": MIA}]


async def test_people_answer_under_their_tag_once_the_window_is_shut_the_assistant_does_not(
    page: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(page.hook, written())
    await shut_window(page)
    peer.shut.add(MIA)

    page.mind.give(answered("Yes."))
    await is_state(page, "failed")
    assert peer.calls == 0, "what the assistant wrote is not even tried"
    await say(page, shop, "Ben here: take M.")

    await is_state(page, "sent")
    assert peer.taken[0].body["tag"] == "HUMAN_AGENT"
    assert peer.taken[0].body["messaging_type"] == "MESSAGE_TAG"


async def test_after_seven_days_people_are_told_before_they_write(
    page: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(page.hook, written())
    await shut_window(page, "6 days")
    await rows(page.desk, "UPDATE message SET at = at - interval '7 days' RETURNING 1")

    with pytest.raises(Unreachable):
        await say(page, shop, "Ben here: take M.")


async def test_who_came_from_an_ad_can_be_answered_for_a_week(page: Line, peer: Graph) -> None:
    page.mind.give(answered("Yes."))
    ad = {"ref": "", "source": "ADS", "type": "OPEN_THREAD", "ad_id": "6045"}
    context = {"ads_context_data": {"ad_title": "Summer dresses"}}

    await peer.tell(page.hook, written(referral={**ad, **context}))

    (contact,) = await rows(page.desk, "SELECT window_until - now() AS left FROM contact")
    assert 6 < contact["left"].total_seconds() / 86400 <= 7
    (first, *_) = await page.messages()
    assert "Summer dresses" in first["extra"]["context"]


async def test_words_and_a_file_go_out_as_two_and_the_second_is_tried_alone(
    page: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(page.hook, written())
    file = await keep(
        page.desk,
        page.room.files,
        by_agent(shop.ben.id),
        AGENTS,
        name="size.png",
        size=len(PNG),
        file=BytesIO(PNG),
    )
    peer.trouble = [None, Trouble(400, 613, headers={"retry-after": "0"})]

    await say(page, shop, "See this.", (file.id,))

    await is_state(page, "sent")
    assert peer.texts == ["See this.", "[image]"]
    assert peer.taken[1].file == PNG


async def test_a_part_that_is_refused_for_good_says_how_much_went_out(
    page: Line, peer: Graph
) -> None:
    peer.trouble = [None, Trouble(400, 551, 1545041)]
    page.mind.give(answered(f"{'a' * 1900}\n\n{'b' * 1900}"))

    await peer.tell(page.hook, written())

    await is_state(page, "failed")
    assert (await page.messages())[-1]["error"].startswith("Only 1 of 2 parts went out.")


async def test_silence_after_acceptance_is_settled_by_a_watermark(page: Line, peer: Graph) -> None:
    peer.trouble = [Trouble(hang_up=True, taken=True)]
    page.mind.give(answered("Yes."))
    await peer.tell(page.hook, written())
    await is_state(page, "uncertain")

    await peer.tell(page.hook, events(event(read={"watermark": milliseconds()})))

    await is_state(page, "read")
    assert peer.calls == 1


async def test_a_dead_token_needs_reconnecting(page: Line, peer: Graph) -> None:
    peer.token = "EAAnew"
    page.mind.give(answered("Yes."))
    await peer.tell(page.hook, written())

    async def needs_reconnecting() -> bool:
        (found,) = await rows(
            page.desk, "SELECT health FROM connection WHERE channel = 'messenger'"
        )
        return found["health"] == "reconnect"

    await until(needs_reconnecting)
    await is_state(page, "queued")
    async with httpx.AsyncClient() as http:
        account = Account(connection=page.connection, credentials=page.credentials)
        assert (await Messenger(http).check(account)).health == "reconnect"


async def test_a_tapped_button_is_a_message(page: Line, peer: Graph) -> None:
    postback = {"mid": "m_p1", "title": "Where is my order?", "payload": "ORDER"}

    await peer.tell(page.hook, events(event(postback=postback)))

    assert [one["text"] for one in await page.messages()] == ["Where is my order?"]


async def test_a_fact_of_another_page_goes_to_that_pages_connection(
    page: Line, peer: Graph
) -> None:
    payload = written()
    payload["entry"][0]["id"] = "77"

    await peer.tell(page.hook, payload)

    assert await page.messages() == []
    assert await page.payload_states() == ["unread"]
