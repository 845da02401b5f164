"""Saved replies and macros: what may be kept, who sees it, how it is filled, and how steps run."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from shopbell.desk.replies.commands import (
    Changed,
    NotYours,
    change_reply,
    count_use,
    remove_reply,
    run_macro,
    save_reply,
    whole_text,
)
from shopbell.desk.replies.filling import fill, marks, strange
from shopbell.desk.replies.reads import replies_for, reply_for
from shopbell.desk.replies.types import (
    Facts,
    NoteStep,
    PriorityStep,
    ReplyStep,
    ReplyText,
    ResolveStep,
    SavedDraft,
    SavedReply,
    SnoozeStep,
    Step,
    TagStep,
)
from shopbell.desk.threads.reads import messages_before
from shopbell.desk.tickets.commands import set_tags
from tests.desk.conftest import Shop

CASES = json.loads(Path(__file__).with_name("filling.json").read_text("utf-8"))
LATE = SavedDraft(
    title="Parcel is late",
    shortcut="/late",
    texts=(ReplyText(language="en", opening="Hello.", middle="It waits.", close="Ben"),),
)


def saying(*texts: ReplyText, **more: Any) -> SavedDraft:
    return SavedDraft(title="Sizes", texts=texts, **more)


async def saved(shop: Shop, draft: SavedDraft = LATE, by: Agent | None = None) -> SavedReply:
    return await save_reply(shop.desk, by or shop.ben, uuid7(), draft)


async def ticket_of(shop: Shop, text: str = "Does it run small?") -> tuple[UUID, UUID]:
    """A ticket and its thread."""
    thread = await shop.thread()
    written = await receive(shop.desk, thread, shop.connection, Draft(id=uuid7(), text=text))
    return written.ticket.id, thread


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_placeholders_are_filled_as_the_table_says(case: Any) -> None:
    filled = fill(case["text"], case["values"])
    assert filled == case["filled"]
    assert marks(filled) == case["marks"]


def test_a_placeholder_that_there_is_not_is_named() -> None:
    assert (
        strange("Hello {{customer.first_name|there}}, {{ customer.card }}") == "{{ customer.card }}"
    )
    assert strange("Hello {{customer.first_name}}") is None


def test_the_middle_stays_word_for_word() -> None:
    middle = "  Two  spaces,\n\n\na list:\n- one  "
    text = ReplyText(language="en", opening="Hello.", middle=middle, close="")
    assert whole_text(text) == f"Hello.\n\n{middle}"


async def test_a_reply_is_kept_once_under_its_id_and_by_its_owner_alone(shop: Shop) -> None:
    reply_id = uuid7()
    first = await save_reply(shop.desk, shop.ben, reply_id, LATE)
    assert (first.shortcut, first.owner_id, first.version) == ("late", shop.ben.id, 1)
    assert await save_reply(shop.desk, shop.ben, reply_id, LATE) == first
    with pytest.raises(NotFound):
        await save_reply(shop.desk, shop.cleo, reply_id, LATE)
    assert await shop.count("saved_reply") == 1


async def test_each_agent_sees_their_own_their_teams_and_everybodys(shop: Shop) -> None:
    team = uuid7()
    async with shop.desk.pool.connection() as connection:
        await connection.execute("INSERT INTO team (id, name) VALUES (%s, 'Returns')", (team,))
    ben = msgspec.structs.replace(shop.ben, teams=(team,))
    mate = msgspec.structs.replace(shop.cleo, teams=(team,))
    admin = msgspec.structs.replace(shop.cleo, role="admin")
    mine = await saved(shop, LATE, ben)
    teams = await saved(
        shop, msgspec.structs.replace(LATE, title="B", visibility="team", team_id=team), ben
    )
    alls = await saved(shop, msgspec.structs.replace(LATE, title="A", visibility="all"), ben)
    assert await replies_for(shop.desk, ben) == (alls, teams, mine)
    assert await replies_for(shop.desk, mate) == (alls, teams)
    assert await replies_for(shop.desk, shop.cleo) == (alls,)
    assert await replies_for(shop.desk, admin) == (alls, teams, mine)
    assert await reply_for(shop.desk, mate, teams.id) == teams
    for hidden in (mine.id, teams.id, uuid7()):
        with pytest.raises(NotFound):
            await reply_for(shop.desk, shop.cleo, hidden)


async def test_the_owner_and_admins_change_it_and_nobody_over_anothers_change(shop: Shop) -> None:
    known = await saved(shop, msgspec.structs.replace(LATE, visibility="all"))
    with pytest.raises(NotYours):
        await change_reply(shop.desk, shop.cleo, known, LATE, 1)
    with pytest.raises(NotYours):
        await remove_reply(shop.desk, shop.cleo, known)
    admin = msgspec.structs.replace(shop.cleo, role="admin")
    changed = await change_reply(
        shop.desk, admin, known, msgspec.structs.replace(LATE, title="Late"), 1
    )
    assert (changed.title, changed.version, changed.owner_id) == ("Late", 2, shop.ben.id)
    with pytest.raises(Changed):
        await change_reply(shop.desk, shop.ben, known, LATE, 1)
    await remove_reply(shop.desk, admin, changed)
    assert await replies_for(shop.desk, admin) == ()


async def test_uses_are_counted(shop: Shop) -> None:
    known = await saved(shop)
    await count_use(shop.desk, known)
    await count_use(shop.desk, known)
    (now,) = await replies_for(shop.desk, shop.ben)
    assert now.used == 2
    assert now.last_used_at is not None
    assert now.version == known.version


EN = ReplyText(language="en", middle="x")
REPLY: tuple[Step, ...] = (ReplyStep(),)


@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (saying(EN, shortcut="two words"), "one word"),
        (SavedDraft(title=" ", texts=(EN,)), "1 to 80"),
        (SavedDraft(title="x" * 81, texts=(EN,)), "1 to 80"),
        (saying(), "nothing in it"),
        (saying(EN, EN), "twice"),
        (saying(*(ReplyText(language=f"a{c}", middle="x") for c in "bcdefghijklmn")), "At most 12"),
        (saying(ReplyText(language="en", middle=" \n")), "middle of a text is empty"),
        (saying(ReplyText(language="en", middle="x" * 4001)), "4,000 fit"),
        (saying(ReplyText(language="en", middle="x", opening="y" * 501)), "500 fit"),
        (saying(ReplyText(language="en", middle="x", close="y" * 501)), "500 fit"),
        (saying(ReplyText(language="en", middle="{{order.price}}")), "{{order.price}}"),
        (saying(EN, visibility="team"), "team that you belong to"),
        (saying(EN, visibility="team", team_id=uuid7()), "team that you belong to"),
        (saying(EN, team_id=uuid7()), "has a team"),
        (saying(EN, steps=(ResolveStep(),)), "go together"),
        (saying(steps=REPLY), "go together"),
        (saying(EN, steps=REPLY * 2), "one reply at most"),
        (saying(steps=(NoteStep(text="a"), NoteStep(text="b"))), "one note at most"),
        (saying(steps=(NoteStep(text=" "),)), "A note has"),
        (saying(steps=(NoteStep(text="{{nobody}}"),)), "{{nobody}}"),
        (saying(steps=(TagStep(),)), "names none"),
        (saying(steps=(SnoozeStep(hours=3), ResolveStep())), "not both"),
        (saying(steps=(PriorityStep(priority="low"),) * 11), "at most 10"),
    ],
)
async def test_what_cannot_be_meant_is_refused_in_words(
    shop: Shop, draft: SavedDraft, words: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await saved(shop, draft)
    assert words in f"{refused.value.title} {refused.value.detail}"
    assert refused.value.detail
    assert await shop.count("saved_reply") == 0


async def test_only_so_many_are_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shopbell.desk.replies.commands.MOST_OF_ONE_AGENT", 1)
    await saved(shop)
    with pytest.raises(Invalid, match="At most 1"):
        await saved(shop)
    assert (await saved(shop, LATE, shop.cleo)).owner_id == shop.cleo.id


async def run(shop: Shop, ticket: UUID, macro: SavedReply, **more: Any) -> Any:
    given: dict[str, Any] = {
        "version": macro.version,
        "language": "de",
        "message_id": uuid7(),
        "note_id": uuid7(),
        **more,
    }
    facts = given.pop("facts", Facts(values={"customer.first_name": "Mia"}))
    return await run_macro(shop.desk, ticket, shop.ben, macro, facts, **given)


async def test_a_macro_says_its_text_in_the_customers_language_and_changes_the_ticket(
    shop: Shop,
) -> None:
    ticket, thread = await ticket_of(shop)
    await set_tags(shop.desk, ticket, shop.ben, ("new", "sizes"))
    state = {"de": {"order.state": "unterwegs"}, "en": {"order.state": "in transit"}}
    draft = saying(
        ReplyText(language="en", middle="It is {{order.state}}."),
        ReplyText(
            language="de", opening="Hallo {{customer.first_name}}.", middle="{{order.state}}."
        ),
        steps=(
            TagStep(add=("late",), remove=("new",)),
            NoteStep(text="{{customer.first_name}} asked: {{order.state}}"),
            ReplyStep(),
            SnoozeStep(hours=3),
        ),
    )
    macro = await saved(shop, draft)
    facts = Facts(values={"customer.first_name": "Mia"}, told=state)
    came = await run(shop, ticket, macro, facts=facts)
    assert (came.done, came.stopped) == (4, None)
    assert (came.ticket.tags, came.ticket.status) == (("sizes", "late"), "snoozed")
    said = [one.text for one in (await messages_before(shop.desk, thread, None, 10))[0]]
    assert said[-2:] == ["Mia asked: in transit", "Hallo Mia.\n\nunterwegs."]
    assert (await reply_for(shop.desk, shop.ben, macro.id)).used == 1


async def test_a_macro_that_is_asked_for_twice_says_it_once(shop: Shop) -> None:
    ticket, thread = await ticket_of(shop)
    macro = await saved(shop, saying(EN, steps=(ReplyStep(), NoteStep(text="Done"))))
    ids = {"message_id": uuid7(), "note_id": uuid7()}
    first, second = await run(shop, ticket, macro, **ids), await run(shop, ticket, macro, **ids)
    assert first.done == second.done == 2
    said = [one.text for one in (await messages_before(shop.desk, thread, None, 10))[0]]
    assert said == ["Does it run small?", "x", "Done"]


async def test_a_macro_stops_at_what_is_not_known_and_nothing_after_it_runs(shop: Shop) -> None:
    ticket, thread = await ticket_of(shop)
    draft = saying(
        ReplyText(language="en", middle="Order {{order.number}}"),
        steps=(PriorityStep(priority="high"), ReplyStep(), ResolveStep()),
    )
    came = await run(shop, ticket, await saved(shop, draft))
    assert (came.done, came.stopped.step, came.stopped.kind) == (1, 1, "invalid")
    assert "order number" in came.stopped.title
    assert (came.ticket.priority, came.ticket.status) == ("high", "open")
    assert len((await messages_before(shop.desk, thread, None, 10))[0]) == 1


async def test_a_macro_that_was_changed_since_its_preview_does_nothing(shop: Shop) -> None:
    ticket, _ = await ticket_of(shop)
    macro = await saved(shop, saying(steps=(ResolveStep(),)))
    for wrong in (macro.version + 1, 0):
        with pytest.raises(Changed):
            await run(shop, ticket, macro, version=wrong)
    with pytest.raises(DeskError, match="no steps"):
        await run(shop, ticket, await saved(shop))
