"""Older messages, read positions, and how the assistant came to what it did."""

from uuid import UUID

from psycopg.types.json import Jsonb

from shopbell.desk.ids import uuid7
from tests.server.conftest import Door, Inbox, ticket_of


async def thread_of(door: Door, ticket: UUID) -> UUID:
    (row,) = await door.sql("SELECT thread_id FROM ticket WHERE id = %s", ticket)
    return row["thread_id"]


async def note(ben: Inbox, ticket: UUID, text: str) -> None:
    draft = {"id": str(uuid7()), "text": text, "visibility": "note"}
    said = await ben.ask("POST", f"/api/tickets/{ticket}/messages", json={"draft": draft})
    assert said.status_code == 200, said.text


async def test_older_messages_come_page_by_page_without_gap(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat(), "1")
    ben, thread = await door.agent(), await thread_of(door, ticket)
    for number in range(2, 8):
        await note(ben, ticket, str(number))
    seen: list[str] = []
    path, more = f"/api/threads/{thread}/messages?limit=3", True
    before = ""
    while more:
        page = await ben.get(path + before)
        seen = [one["text"] for one in page["messages"]] + seen
        before, more = f"&before={page['messages'][0]['seq']}", page["more"]
    assert seen == [str(number) for number in range(1, 8)]


async def test_a_page_holds_at_most_a_hundred_and_odd_questions_get_words(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat())
    ben, thread = await door.agent(), await thread_of(door, ticket)
    assert len((await ben.get(f"/api/threads/{thread}/messages?limit=999999"))["messages"]) == 1
    for wrong in ("before=x", "before=-1", "limit=1e9", "limit=%00", "before=²"):
        refused = await ben.ask("GET", f"/api/threads/{thread}/messages?{wrong}")
        assert (refused.status_code, bool(refused.json()["title"])) == (422, True)


async def test_reading_moves_forward_only_and_never_past_the_end(door: Door) -> None:
    chat = await door.chat()
    ticket = await ticket_of(door, chat)
    await chat.say("And in green?")
    ben, thread = await door.agent(), await thread_of(door, ticket)
    path = f"/api/threads/{thread}/read"
    for seq, stands in ((1, 1), (10**40, 2), (1, 2), (0, 2)):
        assert (await ben.ask("POST", path, json={"seq": seq})).status_code == 204
        assert (await ben.get(f"/api/tickets/{ticket}"))["read_seq"] == stands
    for wrong in ({"seq": -1}, {"seq": "1"}, {"seq": 1.5}, {}):
        assert (await ben.ask("POST", path, json=wrong)).status_code == 422


async def test_what_a_viewer_reads_the_customer_never_sees_as_seen(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat())
    await door.sql("UPDATE agent SET role = 'viewer' WHERE name = 'Ben'")
    ben, thread = await door.agent(), await thread_of(door, ticket)
    assert (await ben.ask("POST", f"/api/threads/{thread}/read", json={"seq": 1})).is_success
    opened = await ben.get(f"/api/tickets/{ticket}")
    assert opened["read_seq"] == 1
    assert "agents_read_seq" not in opened["thread"]


async def test_a_thread_that_was_joined_to_another_is_not_found(door: Door) -> None:
    known = await door.chat(door.identity())
    await ticket_of(door, known)
    chat = await door.chat()
    old = await thread_of(door, await ticket_of(door, chat))
    await chat.open(door.identity())
    ben = await door.agent()
    refused = [
        await ben.ask("GET", f"/api/threads/{one}/messages") for one in (old, uuid7(), "no-id")
    ]
    assert {one.status_code for one in refused} == {404}
    assert len({one.content for one in refused}) == 1
    read = await ben.ask("POST", f"/api/threads/{old}/read", json={"seq": 1})
    assert read.status_code == 404


async def test_a_turn_opens_with_its_trace(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat())
    await door.sql("UPDATE turn SET trace = %s", Jsonb({"why": "no source was sure"}))
    (turn,) = await door.sql("SELECT id FROM turn")
    ben = await door.agent()
    record = await ben.get(f"/api/turns/{turn['id']}")
    assert record["ticket_id"] == str(ticket)
    assert record["trace"] == {"why": "no source was sure"}
