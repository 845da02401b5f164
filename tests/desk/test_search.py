"""What the search finds, by which words, and what it refuses."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.desk.customers.commands import thread_of
from shopbell.desk.database import now
from shopbell.desk.errors import Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.search.commands import count_words
from shopbell.desk.search.parsing import parse
from shopbell.desk.search.reads import PAGE, search
from shopbell.desk.search.types import Query
from shopbell.desk.tickets.commands import resolve, set_tags
from tests.desk.conftest import Shop


async def says(shop: Shop, text: str, *, name: str = "Mia Larsen", mail: str = "") -> UUID:
    """A new customer writes; returns the ticket."""
    kind, value = ("email", mail) if mail else ("visitor", str(uuid7()))
    thread = await thread_of(shop.desk, kind, value, name=name)
    written = await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text=text))
    return written.ticket.id


async def found(shop: Shop, text: str) -> list[UUID]:
    return [one.ticket.id for one in (await search(shop.desk, shop.ben, text)).hits]


async def test_words_are_found_in_any_order_without_accents_and_by_their_beginning(
    shop: Shop,
) -> None:
    kettle = await says(shop, "Is the enamel kettle safe on a café's stove?")
    lamp = await says(shop, "The lantern arrived broken")

    for text in ("kettle", "KETTLE enamel", "cafe", "enam", "stove ket", '"enamel kettle"'):
        assert await found(shop, text) == [kettle], text
    assert await found(shop, '"kettle enamel"') == []
    assert await found(shop, "lantern kettle") == []
    assert await found(shop, "lantern") == [lamp]


async def test_a_hit_shows_where_and_marks_what(shop: Shop) -> None:
    await says(shop, "Good morning. Where is order WF-10496? It was promised for Tuesday.")
    (hit,) = (await search(shop.desk, shop.ben, "wf-10496")).hits

    assert (hit.seq, [part.text for part in hit.snippet if part.hit]) == (1, ["WF-10496"])
    assert "".join(part.text for part in hit.snippet).startswith("Good morning")


async def test_one_ticket_is_one_hit_by_its_newest_message_and_the_newest_ticket_is_first(
    shop: Shop,
) -> None:
    first, second = await says(shop, "A tent, please"), await says(shop, "Which tent is light?")
    answer = await reply(shop.desk, first, shop.ben, Draft(id=uuid7(), text="This tent is light."))

    hits = (await search(shop.desk, shop.ben, "tent")).hits
    assert [one.ticket.id for one in hits] == [first, second]
    assert hits[0].message_id == answer.message.id


async def test_people_are_found_by_name_and_address(shop: Shop) -> None:
    ticket = await says(shop, "Hello", name="Élodie Garnier", mail="elodie@example.org")

    for text in (
        "garnier",
        "elodie@example.org",
        "from:garnier",
        'from:"odie gar"',
        "from:elodie@",
    ):
        assert await found(shop, text) == [ticket], text
    assert await found(shop, "garn_er") == []


async def test_operators_narrow_and_combine(shop: Shop) -> None:
    late, done = await says(shop, "My parcel is late"), await says(shop, "The parcel came")
    await set_tags(shop.desk, late, shop.ben, ("where-is-my-order", "nordpost"))
    await reply(shop.desk, done, shop.cleo, Draft(id=uuid7(), text="Glad to hear it."))
    await resolve(shop.desk, done, shop.cleo)
    number = (await search(shop.desk, shop.ben, "late")).hits[0].ticket.number

    for text, expected in {
        "parcel is:open": [late],
        "parcel is:resolved": [done],
        "parcel -is:resolved": [late],
        "parcel tag:nordpost": [late],
        "tag:nordpost tag:where-is-my-order": [late],
        "parcel -tag:nordpost": [done],
        "parcel assignee:cleo": [done],
        "parcel assignee:me": [],
        "is:assistant": [late],
        "channel:webchat is:open": [late],
        "channel:email parcel": [],
        "parcel after:2020-01-01": [done, late],
        "parcel before:2020-01-01": [],
        f"parcel on:{now().date()}": [done, late],
        f"#{number}": [late],
        "#99999": [],
    }.items():
        assert await found(shop, text) == expected, text


async def test_notes_are_found_and_can_be_left_out(shop: Shop) -> None:
    ticket = await says(shop, "Hello")
    note = Draft(id=uuid7(), text="Ask the warehouse in Flensburg", visibility="note")
    await reply(shop.desk, ticket, shop.ben, note)

    assert await found(shop, "flensburg") == [ticket]
    assert await found(shop, "flensburg in:note") == [ticket]
    assert await found(shop, "flensburg in:public") == []


async def test_a_misspelt_word_is_mended_by_what_people_wrote(shop: Shop) -> None:
    ticket = await says(shop, "Is the waterproof jacket in stock?")
    shop.desk.now = lambda: now() + timedelta(minutes=1)
    assert await count_words(shop.desk) == 1
    assert await count_words(shop.desk) == 0

    mended = await search(shop.desk, shop.ben, "watreproof jaket is:open")
    assert (mended.meant, [one.ticket.id for one in mended.hits]) == ("waterproof jacket", [ticket])
    straight = await search(shop.desk, shop.ben, "waterproof")
    assert straight.meant is None


async def test_words_that_are_said_often_are_found_back_through_time_with_the_same_outcome(
    shop: Shop,
) -> None:
    tickets = [await says(shop, f"The boot number {at} pinches") for at in range(PAGE + 5)]
    slow = await search(shop.desk, shop.ben, "boot")
    async with shop.desk.pool.connection() as connection:
        await connection.execute("INSERT INTO search_word VALUES ('boot', 900000)")
        await connection.execute("UPDATE search_mark SET n = 1000000")
    quick = await search(shop.desk, shop.ben, "boot")

    assert quick == slow
    assert [one.ticket.id for one in quick.hits] == tickets[::-1][:PAGE]


async def test_pages_follow_each_other_and_hold_everything_once(shop: Shop) -> None:
    tickets = [await says(shop, f"Sock {at}") for at in range(2 * PAGE * 3 // 2)]
    seen: list[UUID] = []
    after = None
    for _ in range(5):
        page = await search(shop.desk, shop.ben, "is:open", after)
        seen += [one.ticket.id for one in page.hits]
        after = page.next
        if after is None:
            break
    assert seen == tickets[::-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("is:lost", "There is no is:lost"),
        ("in:space", "There is no in:space"),
        ("before:tuesday", "is no date"),
        ("x" * 301, "at most 300"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_what_to_do(
    shop: Shop, text: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        await search(shop.desk, shop.ben, text)


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1 --",
        "%",
        "a:*",
        "((((",
        "!",
        "\\",
        "tag:'; DROP TABLE ticket",
        ":* & |",
        "<->",
    ],
)
async def test_signs_of_other_languages_are_only_words(shop: Shop, text: str) -> None:
    await says(shop, "Nothing of the kind")
    assert await found(shop, text) == []


@given(st.text(max_size=300))
def test_any_text_is_a_query_or_refused_in_words(text: str) -> None:
    with suppress(Invalid):
        assert isinstance(parse(text), Query)
