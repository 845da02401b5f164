"""The doors to tags: who may, what is refused, and what a ticket tells of its own."""

from typing import Any

from shopbell.desk.tags.commands import claim_to_tag, tag_by_assistant
from shopbell.desk.tags.types import Why
from tests.server.conftest import Door, Inbox, ticket_of


async def named(who: Inbox, name: str) -> dict[str, Any]:
    return next(one for one in (await who.get("/api/tags"))["tags"] if one["name"] == name)


async def test_an_admin_keeps_the_tree_and_others_read_it(door: Door) -> None:
    await door.sql("UPDATE agent SET role = 'admin' WHERE name = 'Ben'")
    await door.sql("UPDATE agent SET role = 'agent' WHERE name = 'Cleo'")
    ben, cleo = await door.agent("ben"), await door.agent("cleo")
    tag = {"name": "Gift wrap", "colour": "violet", "synonyms": ["present"], "suggested": True}
    refused = await cleo.ask("POST", "/api/tags", json={"tag": tag})
    assert (refused.status_code, refused.json()["type"]) == (403, "role")
    made = await ben.ask("POST", "/api/tags", json={"tag": tag})
    assert (made.status_code, made.json()["name"]) == (201, "gift wrap")
    assert await named(cleo, "gift wrap") == made.json()
    twice = await ben.ask("POST", "/api/tags", json={"tag": {"name": "present"}})
    assert (twice.status_code, twice.json()["title"]) == (
        422,
        "“present” stands for “gift wrap” already",
    )
    path = f"/api/tags/{made.json()['id']}"
    body = {"tag": {**tag, "name": "wrapping"}, "version": made.json()["version"]}
    changed = await ben.ask("PUT", path, json=body)
    assert (changed.status_code, changed.json()["synonyms"]) == (200, ["present", "gift wrap"])
    stale = await ben.ask("PUT", path, json=body)
    assert (stale.status_code, stale.json()["type"]) == (409, "changed")
    into = (await named(ben, "pre-purchase"))["id"]
    merged = await ben.ask("POST", f"{path}/merge", json={"into": into})
    assert (merged.status_code, merged.json()["name"]) == (200, "pre-purchase")
    assert (await named(ben, "wrapping"))["merged_into"] == into
    parted = await ben.ask("POST", f"{path}/part")
    assert (parted.status_code, parted.json()["merged_into"]) == (200, None)
    assert (await ben.ask("DELETE", path)).status_code == 204
    needed = await ben.ask("DELETE", f"/api/tags/{(await named(ben, 'sizing'))['id']}")
    assert (needed.status_code, needed.json()["type"]) == (409, "in_use")
    huge = await ben.ask("POST", "/api/tags", json={"tag": {"name": "x" * 61}})
    assert huge.status_code == 422


async def test_a_ticket_tells_who_tagged_it_and_why(door: Door) -> None:
    chat, ben = await door.chat(), await door.agent("ben")
    ticket = await ticket_of(door, chat, "Where is my order?")
    looked = await claim_to_tag(door.shop.desk, ticket)
    assert looked is not None
    await tag_by_assistant(door.shop.desk, looked, [Why(name="refund", confidence=0.75)])
    tagged = await ben.ask("POST", f"/api/tickets/{ticket}/tags", json={"tags": ["refund", "late"]})
    assert tagged.json()["tags"] == ["refund", "late"]
    marks = (await ben.get(f"/api/tickets/{ticket}/tags"))["marks"]
    told = [(one["name"], one["by"]["kind"], one["confidence"]) for one in marks]
    assert told == [("refund", "assistant", 0.75), ("late", "agent", None)]
