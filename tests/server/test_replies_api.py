"""The doors to saved replies, to what fills them, and to macros."""

from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shopbell.connectors.commerce.demo.seed import seed
from shopbell.desk.ids import uuid7
from shopbell.desk.tickets.types import Handoff
from tests.attacks.written import everything
from tests.server.conftest import Door, Inbox, ticket_of

LATE: dict[str, Any] = {
    "title": "Parcel is late",
    "shortcut": "late",
    "texts": [{"language": "en", "middle": "Order {{order.number|yours}} is on its way."}],
    "visibility": "all",
}


async def made(who: Inbox, **more: Any) -> dict[str, Any]:
    body = {"id": str(uuid7()), "saved": {**LATE, **more}}
    answer = await who.ask("POST", "/api/replies", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def facts(who: Inbox, ticket: UUID) -> dict[str, Any]:
    return await who.get(f"/api/tickets/{ticket}/facts")


def run_of(macro: dict[str, Any], **more: Any) -> dict[str, Any]:
    ids = {"message_id": str(uuid7()), "note_id": str(uuid7())}
    return {"reply_id": macro["id"], "version": macro["version"], "language": "en", **ids, **more}


async def test_a_reply_is_made_changed_counted_and_removed(door: Door) -> None:
    ben = await door.agent("ben")
    reply = await made(ben)
    assert (await ben.get("/api/replies"))["replies"] == [reply]
    path = f"/api/replies/{reply['id']}"
    changed = await ben.ask(
        "PUT", path, json={"saved": {**LATE, "title": "Late"}, "version": reply["version"]}
    )
    assert (changed.status_code, changed.json()["title"]) == (200, "Late")
    stale = await ben.ask("PUT", path, json={"saved": LATE, "version": reply["version"]})
    assert (stale.status_code, stale.json()["type"]) == (409, "changed")
    assert (await ben.ask("POST", f"{path}/used")).status_code == 204
    ((one),) = (await ben.get("/api/replies"))["replies"]
    assert (one["used"], one["title"]) == (1, "Late")
    assert (await ben.ask("DELETE", path)).status_code == 204
    assert (await ben.get("/api/replies"))["replies"] == []


async def test_somebody_elses_is_used_and_not_changed_and_a_private_one_is_not_there(
    door: Door,
) -> None:
    ben = await door.agent("ben")
    await door.sql("UPDATE agent SET role = 'agent' WHERE name = 'Cleo'")
    cleo = await door.agent("cleo")
    shared, own = await made(cleo), await made(cleo, visibility="me")
    assert (await ben.get("/api/replies"))["replies"] == [shared]
    refused = await ben.ask("DELETE", f"/api/replies/{shared['id']}")
    assert (refused.status_code, refused.json()["type"]) == (403, "not_yours")
    ticket = await ticket_of(door, await door.chat())
    before = await everything(door.shop.desk)
    answers = {
        (answer.status_code, answer.content)
        for one in (own["id"], str(ticket), str(uuid7()))
        if (
            answer := await ben.ask(
                "POST", f"/api/tickets/{ticket}/macro", json=run_of({**own, "id": one})
            )
        )
    }
    assert [status for status, _ in answers] == [404]
    assert await everything(door.shop.desk) == before


async def test_a_bad_one_is_refused_with_what_to_do(door: Door) -> None:
    ben = await door.agent("ben")
    for wrong, status in (
        ({"title": ""}, 422),
        ({"texts": [{"language": "en", "middle": "x" * 4001}]}, 422),
        ({"texts": [{"language": "en", "middle": "{{nobody}}"}]}, 422),
        ({"steps": [{"do": "fly"}]}, 422),
        ({"texts": [{"language": "en", "middle": "x" * 300_000}]}, 413),
    ):
        body = {"id": str(uuid7()), "saved": {**LATE, **wrong}}
        assert (await ben.ask("POST", "/api/replies", json=body)).status_code == status
    assert (await ben.get("/api/replies"))["replies"] == []


async def test_what_is_known_of_a_ticket_fills_its_placeholders(door: Door) -> None:
    ben, chat = await door.agent("ben"), await door.chat()
    page = {"url": "https://shop.example/p/1", "title": "Fell", "product": "Fell  jumper"}
    said = await chat.say("Is it warm?", page=page)
    (row,) = await door.sql("SELECT ticket_id FROM message WHERE id = %s", said.json()["id"])
    found = await facts(ben, row["ticket_id"])
    (number,) = await door.sql("SELECT number FROM ticket")
    assert found["values"] == {
        "agent.first_name": "Ben",
        "ticket.number": f"#{number['number']}",
        "shop.name": "Wetherfold",
        "product.title": "Fell jumper",
    }
    by = door.shop.desk.now().replace(microsecond=0)
    handoff = Handoff(reason="asked", at=by, promised_by=by.replace(year=by.year + 1))
    await door.sql("UPDATE ticket SET handoff = %s", Jsonb(handoff))
    told = (await facts(ben, row["ticket_id"]))["told"]
    assert "UTC" in told["en"]["promise.time"]
    assert "Uhr" in told["de"]["promise.time"]
    await door.sql(
        "UPDATE ticket SET handoff = %s", Jsonb(Handoff(reason="asked", at=by, promised_by=by))
    )
    assert "promise.time" not in (await facts(ben, row["ticket_id"]))["told"]["en"]


async def test_an_order_is_known_only_for_who_is_verified_for_it(door: Door) -> None:
    ben = await door.agent("ben")
    await door.sql("UPDATE agent SET email = 'not-' || email")
    await seed(str(door.settings.database_url), door.settings)
    (order,) = await door.sql(
        "SELECT o.number, c.email, c.id FROM shop_order o JOIN shop_customer c ON c.id = o.customer_id"
        " WHERE o.state = 'in_transit' ORDER BY o.number LIMIT 1"
    )
    stranger = await ticket_of(door, await door.chat(), f"Where is {order['number']}?")
    known = await facts(ben, stranger)
    assert "order.number" not in known["values"]
    assert "order.state" not in known["told"]["en"]
    theirs = await door.chat(door.identity("c-9", email=order["email"]))
    ticket = await ticket_of(door, theirs, f"Where is {order['number']}?")
    known = await facts(ben, ticket)
    assert known["values"]["order.number"] == order["number"]
    assert known["told"]["en"]["order.state"] == "in transit"
    assert known["told"]["de"]["order.state"] == "unterwegs"
    await door.sql("UPDATE identity SET verified_at = NULL WHERE kind = 'email'")
    assert "order.number" not in (await facts(ben, ticket))["values"]


async def test_a_macro_runs_in_one_request_and_says_where_it_stopped(door: Door) -> None:
    ben, cleo = await door.agent("ben"), await door.agent("cleo")
    ticket = await ticket_of(door, await door.chat())
    macro = await made(
        ben, steps=[{"do": "tag", "add": ["late"]}, {"do": "reply"}, {"do": "resolve"}]
    )
    path = f"/api/tickets/{ticket}"
    assert (await cleo.ask("POST", f"{path}/take-over", json={})).status_code == 200
    came = (await ben.ask("POST", f"{path}/macro", json=run_of(macro))).json()
    assert (came["done"], came["stopped"]["kind"], came["stopped"]["holder"]) == (
        1,
        "taken",
        "Cleo",
    )
    assert came["ticket"]["tags"] == ["late"]
    came = (await cleo.ask("POST", f"{path}/macro", json=run_of(macro))).json()
    assert (came["done"], came["stopped"], came["ticket"]["status"]) == (3, None, "resolved")
    opened = await ben.get(path)
    assert opened["messages"][-1]["text"] == "Order yours is on its way."
    changed = await ben.ask("POST", f"{path}/macro", json=run_of(macro, version=7))
    assert (changed.status_code, changed.json()["type"]) == (409, "changed")
