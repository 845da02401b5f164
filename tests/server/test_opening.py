"""What the inbox begins with: who is signed in, a ticket whole, and its lists page by page."""

from shopbell.desk.ids import uuid7
from tests.server.conftest import Chat, Door, Inbox, ticket_of


async def test_me_names_everyone_and_says_where_the_stream_stands(door: Door) -> None:
    ben = await door.agent()
    me = await ben.get("/api/me")
    assert me["agent"]["email"] == "ben@demo.shop"
    assert [one["name"] for one in me["people"]] == ["Ben", "Cleo"]
    assert [one["name"] for one in me["brands"]] == ["Wetherfold"]
    assert me["channels"]["webchat"] == "Chat"
    await ticket_of(door, await door.chat())
    missed = await ben.get(f"/api/poll?epoch={me['epoch']}&position={me['position']}")
    assert missed["type"] == "events"
    assert "password" not in str(me)


async def test_signing_in_answers_what_me_answers(door: Door) -> None:
    inbox = Inbox(door.client(), door.settings.public_url)
    body = {"email": "ben@demo.shop", "password": "green-wool"}
    signed_in = (await inbox.ask("POST", "/api/session", json=body)).json()
    assert signed_in.keys() == (await inbox.get("/api/me")).keys()
    assert signed_in["agent"]["name"] == "Ben"


async def test_nobody_is_told_who_they_are_without_a_session(door: Door) -> None:
    stranger = Inbox(door.client(), door.settings.public_url)
    for path in ("/api/me", f"/api/tickets/{uuid7()}"):
        refused = await stranger.ask("GET", path)
        assert (refused.status_code, refused.json()["type"]) == (401, "signed_out")


async def test_a_ticket_opens_whole_by_its_id_and_by_its_number(door: Door) -> None:
    chat = await door.chat(door.identity())
    ticket = await ticket_of(door, chat)
    await chat.say("And in green?")
    ben = await door.agent()
    opened = await ben.get(f"/api/tickets/{ticket}")
    assert [one["text"] for one in opened["messages"]] == ["Does it run small?", "And in green?"]
    assert [one["seq"] for one in opened["messages"]] == [1, 2]
    assert opened["thread"]["id"] == opened["ticket"]["thread_id"]
    assert opened["customer"]["name"] == "Mia Berg"
    assert {one["kind"] for one in opened["customer"]["identities"]} >= {"visitor", "email"}
    assert [one["id"] for one in opened["tickets"]] == [str(ticket)]
    assert (opened["more"], opened["read_seq"]) == (False, 0)
    assert await ben.get(f"/api/tickets/{opened['ticket']['number']}") == opened


async def test_a_long_thread_opens_with_its_newest_messages(door: Door) -> None:
    chat = await door.chat()
    ticket = await ticket_of(door, chat, "0")
    ben = await door.agent()
    for text in range(1, 33):
        note = {"draft": {"id": str(uuid7()), "text": str(text), "visibility": "note"}}
        assert (await ben.ask("POST", f"/api/tickets/{ticket}/messages", json=note)).is_success
    opened = await ben.get(f"/api/tickets/{ticket}")
    assert [one["text"] for one in opened["messages"]] == [str(text) for text in range(3, 33)]
    assert opened["more"]


async def test_what_is_not_there_has_the_same_answer_however_it_is_named(door: Door) -> None:
    ben = await door.agent()
    wrong = (uuid7(), 1, 10**15 - 1, "9" * 40, "no-id", "²", "1 OR 1=1", "%00", "-1")
    answers = [await ben.ask("GET", f"/api/tickets/{one}") for one in wrong]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"


async def test_pages_follow_each_other_without_gap_or_repeat(door: Door) -> None:
    tickets = [str(await ticket_of(door, await _chat(door))) for _ in range(5)]
    ben = await door.agent()
    seen: list[str] = []
    path = "/api/tickets?view=open&limit=2"
    page = await ben.get(path)
    while True:
        seen += [one["id"] for one in page["tickets"]]
        if page["next"] is None:
            break
        page = await ben.get(f"{path}&cursor={page['next']}")
    assert seen == tickets[::-1]


async def test_a_ticket_that_changes_between_two_pages_hides_no_other(door: Door) -> None:
    chats = [await _chat(door) for _ in range(3)]
    tickets = [str(await ticket_of(door, chat)) for chat in chats]
    ben = await door.agent()
    first = await ben.get("/api/tickets?limit=2")
    await chats[1].say("Still there?")
    second = await ben.get(f"/api/tickets?limit=2&cursor={first['next']}")
    assert [one["id"] for one in second["tickets"]] == [tickets[0]]


async def test_a_cursor_we_did_not_make_is_refused_in_words(door: Door) -> None:
    ben = await door.agent()
    for wrong in ("x", "1-", f"-{uuid7().hex}", f"{'9' * 30}-{uuid7().hex}", "1-²", "1 OR 1=1"):
        refused = await ben.ask("GET", "/api/tickets", params={"cursor": wrong})
        assert (refused.status_code, bool(refused.json()["title"])) == (422, True)


async def test_the_list_says_how_far_the_asking_agent_has_read(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat())
    ben, cleo = await door.agent("ben"), await door.agent("cleo")
    (row,) = await door.sql("SELECT thread_id FROM ticket WHERE id = %s", ticket)
    await door.sql(
        "INSERT INTO agent_read (agent_id, thread_id, seq) VALUES (%s, %s, 1)",
        door.shop.ben.id,
        row["thread_id"],
    )
    assert [one["seq"] for one in (await ben.get("/api/tickets"))["reads"]] == [1]
    assert (await cleo.get("/api/tickets"))["reads"] == []
    assert (await ben.get(f"/api/tickets/{ticket}"))["read_seq"] == 1


async def _chat(door: Door) -> Chat:
    return await door.chat()


async def test_lists_are_sorted_by_wait_and_deadline_page_by_page(door: Door) -> None:
    ben = await door.agent()
    numbers: list[int] = []
    for text in "abcdef":
        opened = await ticket_of(door, await door.chat(), text)
        row = await door.sql("SELECT number FROM ticket WHERE id = %s", opened)
        numbers.append(row[0]["number"])
    a, b, c, d, e, f = numbers
    await door.sql("UPDATE ticket SET due = NULL, due_at = NULL")
    for number, priority, waits, due in (
        (a, "normal", 30, None),
        (b, "low", 90, 20),
        (c, "urgent", 5, 10),
        (d, "high", 1, None),
        (e, "urgent", 60, 30),
    ):
        await door.sql(
            "UPDATE ticket SET priority = %s, waiting_since = now() - make_interval(mins => %s),"
            " due_at = now() + make_interval(mins => %s), due = CASE WHEN %s::int IS NOT NULL THEN"
            " jsonb_build_object('kind', 'resolution', 'at', now() + make_interval(mins => %s)) END"
            " WHERE number = %s",
            priority,
            waits,
            due,
            due,
            due,
            number,
        )
    for sort, order in (("wait", [e, c, d, a, b, f]), ("deadline", [c, b, e, a, d, f])):
        listed: list[int] = []
        following = ""
        while following is not None:
            page = await ben.get(f"/api/tickets?view=open&sort={sort}&limit=2&cursor={following}")
            listed += [one["number"] for one in page["tickets"]]
            following = page["next"]
        assert listed == order, sort
    for asked in ("view=open&sort=colour", "view=resolved&sort=wait"):
        refused = await ben.ask("GET", f"/api/tickets?{asked}")
        assert (refused.status_code, refused.json()["type"]) == (422, "invalid")
