"""The door to a mail as its sender laid it out."""

from uuid import uuid4

from tests.server.conftest import Door, ticket_of


async def test_an_original_is_a_page_that_nothing_may_run_in_and_nobody_keeps(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat())
    page = "<script>1</script><b>Hi</b>"
    (row,) = await door.sql(
        "UPDATE message SET html = %s WHERE ticket_id = %s RETURNING id", page, ticket
    )
    ben, path = await door.agent(), f"/api/messages/{row['id']}/original"
    given = await ben.ask("GET", path)
    assert "<b>Hi</b></body>" in given.text
    assert "script" not in given.text
    policy = given.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-same-origin allow-popups " in policy
    assert f"img-src data: {door.settings.public_url}/files/;" in policy
    assert (given.headers["referrer-policy"], given.headers["cache-control"]) == (
        "no-referrer",
        "no-store",
    )
    asked = await ben.ask("GET", f"{path}?pictures=yes")
    assert "/files/ https:;" in asked.headers["content-security-policy"]

    await door.sql("UPDATE message SET removed_at = now() WHERE id = %s RETURNING id", row["id"])
    assert (await ben.ask("GET", path)).status_code == 404


async def test_what_came_without_html_has_no_original(door: Door) -> None:
    ticket = await ticket_of(door, await door.chat())
    (row,) = await door.sql("SELECT id FROM message WHERE ticket_id = %s", ticket)
    ben = await door.agent()
    for message in (row["id"], uuid4(), "x"):
        given = await ben.ask("GET", f"/api/messages/{message}/original")
        assert given.status_code == 404
