"""The doors to what is promised and to a ticket's clocks."""

from shopbell.desk.ids import uuid7
from tests.server.conftest import Door, Inbox, ticket_of


async def admin_of(door: Door) -> Inbox:
    """Cleo, as an admin."""
    await door.sql("UPDATE agent SET role = 'admin' WHERE name = 'Cleo'")
    return await door.agent("cleo")


MINE = {
    "id": str(uuid7()),
    "name": "Everything",
    "targets": [{"kind": "first_response", "seconds": 60, "hours": "always"}],
}


async def test_an_admin_changes_what_is_promised_and_everybody_reads_it(door: Door) -> None:
    admin, ben = await admin_of(door), await door.agent("ben")
    given = await ben.ask("GET", "/api/sla/policies")
    assert [one["name"] for one in given.json()["policies"]] == ["Chat", "E-mail", "Messages"]

    refused = await ben.ask("PUT", "/api/sla/policies", json={"policies": [MINE]})
    assert refused.status_code == 403
    changed = await admin.ask("PUT", "/api/sla/policies", json={"policies": [MINE]})
    assert changed.status_code == 200, changed.text
    assert (await ben.ask("GET", "/api/sla/policies")).json() == changed.json()
    assert [one["name"] for one in changed.json()["policies"]] == ["Everything"]


async def test_a_policy_that_makes_no_sense_is_refused_with_what_to_do(door: Door) -> None:
    admin = await admin_of(door)
    bad = {**MINE, "targets": [{"kind": "first_response", "seconds": 0}]}
    refused = await admin.ask("PUT", "/api/sla/policies", json={"policies": [bad]})

    assert refused.status_code == 422
    assert "between a second and a year" in refused.text
    unknown = {**MINE, "targets": [{"kind": "third_response", "seconds": 5}]}
    assert (
        await admin.ask("PUT", "/api/sla/policies", json={"policies": [unknown]})
    ).status_code == 422


async def test_a_tickets_clocks_open_like_a_bill_and_what_is_late_is_in_the_view(
    door: Door,
) -> None:
    ticket = await ticket_of(door, await door.chat())
    ben = await door.agent("ben")
    clocks = (await ben.ask("GET", f"/api/tickets/{ticket}/clocks")).json()["clocks"]
    assert [one["clock"]["kind"] for one in clocks] == ["first_response", "resolution"]
    assert clocks[0]["clock"]["segments"][0]["holder_kind"] == "assistant"
    assert len(clocks[0]["counted_s"]) == len(clocks[0]["clock"]["segments"])

    assert (await ben.ask("GET", "/api/counts")).json()["due"] == 0
    await door.sql("UPDATE ticket SET due = due || '{\"step\": 75}'")
    assert (await ben.ask("GET", "/api/counts")).json()["due"] == 1
    listed = (await ben.ask("GET", "/api/tickets?view=due")).json()["tickets"]
    assert [one["id"] for one in listed] == [str(ticket)]
