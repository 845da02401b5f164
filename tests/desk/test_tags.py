"""The tree of tags, merging and its undoing, and what agents' corrections teach."""

from uuid import UUID

import pytest

from shopbell.desk.database import Desk
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.sla.commands import set_policies
from shopbell.desk.sla.types import Condition, Policy
from shopbell.desk.tags.commands import (
    ChangedTag,
    InUse,
    add_tag,
    change_tag,
    claim_to_tag,
    follow_tags,
    merge_tag,
    part_tag,
    remove_tag,
    tag_by_assistant,
    unlooked,
)
from shopbell.desk.tags.reads import marks_of, tags
from shopbell.desk.tags.types import Likeness, Tag, TagDraft, Why
from shopbell.desk.tickets.commands import retag, set_tags
from shopbell.desk.tickets.reads import ticket_for
from tests.desk.conftest import Shop

TEXT = "Where is my parcel? It is late"
WISMO = Why(
    name="where-is-my-order",
    confidence=0.87,
    examples=(Likeness(text="Where is my order?", likeness=0.9),),
)


async def ticket(shop: Shop, text: str = TEXT) -> UUID:
    written = await receive(
        shop.desk, await shop.thread(), shop.connection, Draft(id=uuid7(), text=text)
    )
    return written.ticket.id


async def named(desk: Desk, name: str) -> Tag:
    return next(one for one in await tags(desk) if one.name == name)


async def on(shop: Shop, ticket_id: UUID) -> tuple[str, ...]:
    return (await ticket_for(shop.desk, shop.ben, ticket_id)).tags


async def lessons(desk: Desk) -> list[tuple[str | None, str]]:
    rows = await desk.run("SELECT label, text FROM tag_example WHERE source = 'agent' ORDER BY 1")
    return [(row["label"], row["text"]) for row in rows]


async def looked(shop: Shop, ticket_id: UUID, *whys: Why) -> bool:
    claimed = await claim_to_tag(shop.desk, ticket_id)
    assert claimed is not None
    return await tag_by_assistant(shop.desk, claimed, whys)


async def test_the_shops_taxonomy_stands_there_as_a_tree(shop: Shop) -> None:
    by_name = {one.name: one for one in await tags(shop.desk)}
    assert {"where-is-my-order", "refund", "fit-runs-small", "complaint"} <= set(by_name)
    assert by_name["fit-runs-small"].parent_id == by_name["sizing"].id
    assert all(one.suggested and one.description for one in by_name.values())


async def test_a_name_another_word_and_a_new_name_are_each_one_tag(shop: Shop) -> None:
    one = await ticket(shop)
    await retag(
        shop.desk, one, shop.ben, add=("WISMO ", "order status", "Loyal customer"), remove=()
    )
    assert await on(shop, one) == ("where-is-my-order", "loyal customer")
    fresh = await named(shop.desk, "loyal customer")
    assert (fresh.suggested, fresh.used, fresh.colour) == (False, 1, "grey")
    await retag(shop.desk, one, shop.ben, add=(), remove=("wismo",))
    assert await on(shop, one) == ("loyal customer",)


async def test_a_ticket_says_who_put_each_tag_on_and_why(shop: Shop) -> None:
    one = await ticket(shop)
    assert await looked(shop, one, WISMO)
    await retag(shop.desk, one, shop.ben, add=("late",), remove=())
    told = {mark.name: mark for mark in await marks_of(shop.desk, one)}
    assert told["where-is-my-order"].by.kind == "assistant"
    assert told["where-is-my-order"].confidence == pytest.approx(0.87)
    assert told["where-is-my-order"].examples == WISMO.examples
    assert (told["late"].by.name, told["late"].confidence) == ("Ben", None)
    await set_tags(shop.desk, one, shop.ben, ())
    assert await marks_of(shop.desk, one) == ()


async def test_too_many_tags_are_refused_in_words(shop: Shop) -> None:
    one = await ticket(shop)
    with pytest.raises(Invalid, match="at most 20"):
        await retag(shop.desk, one, shop.ben, add=tuple(f"t{n}" for n in range(21)), remove=())
    assert await on(shop, one) == ()
    assert "t1" not in [tag.name for tag in await tags(shop.desk)]


async def test_the_assistant_leaves_alone_what_people_decided(shop: Shop) -> None:
    one = await ticket(shop)
    await looked(shop, one, WISMO)
    await retag(shop.desk, one, shop.ben, add=("refund",), remove=("where-is-my-order",))
    await receive(
        shop.desk,
        (await ticket_for(shop.desk, shop.ben, one)).thread_id,
        shop.connection,
        Draft(id=uuid7(), text="Hello? Where is it?"),
    )
    assert one not in await unlooked(shop.desk)
    assert await claim_to_tag(shop.desk, one) is None
    assert await lessons(shop.desk) == [("refund", TEXT)]


async def test_a_tag_taken_off_teaches_that_none_fits_until_another_is_put_on(shop: Shop) -> None:
    one = await ticket(shop)
    await looked(shop, one, WISMO)
    await set_tags(shop.desk, one, shop.ben, ())
    assert await lessons(shop.desk) == [(None, TEXT)]
    await retag(shop.desk, one, shop.ben, add=("exchange", "vip"), remove=())
    assert await lessons(shop.desk) == [("exchange", TEXT)]


async def test_each_message_is_looked_at_by_one_worker(shop: Shop) -> None:
    one = await ticket(shop)
    assert await unlooked(shop.desk) == [one]
    first = await claim_to_tag(shop.desk, one)
    assert first is not None
    assert first.texts == (TEXT,)
    assert await claim_to_tag(shop.desk, one) is None
    assert not await tag_by_assistant(shop.desk, first, ())
    assert await unlooked(shop.desk) == []
    thread = (await ticket_for(shop.desk, shop.ben, one)).thread_id
    await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text="Anybody?"))
    assert await unlooked(shop.desk) == [one]


async def test_tickets_follow_a_merge_and_come_back_when_it_is_undone(shop: Shop) -> None:
    one, both, later = [await ticket(shop) for _ in range(3)]
    await set_tags(shop.desk, one, shop.ben, ("return", "vip"))
    await set_tags(shop.desk, both, shop.ben, ("return", "refund"))
    gone, into = await named(shop.desk, "return"), await named(shop.desk, "refund")
    kept = await merge_tag(shop.desk, gone.id, into.id)
    assert kept.id == into.id
    assert (await named(shop.desk, "return-label")).parent_id == into.id
    assert await follow_tags(shop.desk) == 2
    assert await follow_tags(shop.desk) == 0
    assert [await on(shop, k) for k in (one, both)] == [("refund", "vip"), ("refund",)]
    await set_tags(shop.desk, later, shop.ben, ("return",))
    assert await on(shop, later) == ("refund",)
    await part_tag(shop.desk, gone.id)
    assert await follow_tags(shop.desk) == 2
    await follow_tags(shop.desk)
    assert await on(shop, one) == ("vip", "return")
    assert await on(shop, both) == ("refund", "return")
    assert await on(shop, later) == ("refund",)
    with pytest.raises(NotFound):
        await part_tag(shop.desk, gone.id)


async def test_tickets_follow_a_new_name_and_the_old_one_is_another_word(shop: Shop) -> None:
    one = await ticket(shop)
    await set_tags(shop.desk, one, shop.ben, ("sizing",))
    sizing = await named(shop.desk, "sizing")
    draft = TagDraft(name="Which fit", colour="violet", suggested=True)
    changed = await change_tag(shop.desk, sizing.id, draft, sizing.version)
    assert (changed.name, changed.synonyms) == ("which fit", ("sizing",))
    await follow_tags(shop.desk)
    assert await on(shop, one) == ("which fit",)
    assert [mark.name for mark in await marks_of(shop.desk, one)] == ["which fit"]
    with pytest.raises(ChangedTag):
        await change_tag(shop.desk, sizing.id, draft, sizing.version)


async def test_a_tag_in_use_says_what_needs_it(shop: Shop) -> None:
    one = await ticket(shop)
    await set_tags(shop.desk, one, shop.ben, ("sizing",))
    asked = Condition(field="tag", any_of=("sizing",))
    await set_policies(
        shop.desk, (Policy(id=uuid7(), name="Fit first", conditions=(asked,), targets=()),)
    )
    sizing = await named(shop.desk, "sizing")
    with pytest.raises(InUse) as refused:
        await remove_tag(shop.desk, sizing.id)
    assert "1 ticket has it" in refused.value.title
    assert "fit-runs-large, fit-runs-small" in refused.value.title
    assert "the target Fit first asks for it" in refused.value.title
    assert "Merge it into another tag" in refused.value.detail
    care = await named(shop.desk, "care")
    await remove_tag(shop.desk, care.id)
    assert "care" not in [tag.name for tag in await tags(shop.desk)]


async def test_what_a_tag_cannot_be_is_refused_in_words(shop: Shop) -> None:
    refund, late = await named(shop.desk, "refund"), await named(shop.desk, "late-refund")
    cases = [
        (TagDraft(name="Exchange"), "“exchange” stands for “exchange” already"),
        (TagDraft(name="wismo"), "“wismo” stands for “where-is-my-order” already"),
        (TagDraft(name="x", synonyms=("return",)), "“return” stands for “return” already"),
        (TagDraft(name="x", parent_id=uuid7()), "The tag above was not found"),
        (TagDraft(name="  "), "A tag needs a name"),
    ]
    for draft, words in cases:
        with pytest.raises(Invalid, match=words):
            await add_tag(shop.desk, draft)
    with pytest.raises(Invalid, match="below itself"):
        await change_tag(
            shop.desk, refund.id, TagDraft(name="refund", parent_id=late.id), refund.version
        )
    for tag_id, into in ((refund.id, refund.id), (refund.id, late.id), (refund.id, uuid7())):
        with pytest.raises(DeskError):
            await merge_tag(shop.desk, tag_id, into)
    top = await add_tag(shop.desk, TagDraft(name="Level 1"))
    for level in (2, 3, 4):
        top = await add_tag(shop.desk, TagDraft(name=f"Level {level}", parent_id=top.id))
    with pytest.raises(Invalid, match="4 deep"):
        await add_tag(shop.desk, TagDraft(name="Level 5", parent_id=top.id))


async def test_what_the_assistant_tags_keeps_its_place_in_the_list(shop: Shop) -> None:
    ticket_id = await ticket(shop)
    before = await ticket_for(shop.desk, shop.ben, ticket_id)

    assert await looked(shop, ticket_id, WISMO)
    after = await ticket_for(shop.desk, shop.ben, ticket_id)
    assert after.tags == ("where-is-my-order",)
    assert after.updated_at == before.updated_at
    assert after.version > before.version

    await set_tags(shop.desk, ticket_id, shop.ben, ("refund",))
    assert (await ticket_for(shop.desk, shop.ben, ticket_id)).updated_at > before.updated_at
