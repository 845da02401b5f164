"""What must hold once everything has settled, whatever happened on the way."""

from collections.abc import Sequence

from tests.chaos.clients import AgentAtWork, Client, Shopper
from tests.chaos.conftest import House, Row, until


async def everyone_agrees(house: House) -> None:
    """Wait until nothing is left to be told, and compare what each heard with the database.

    Every acked message stands, once and where its ack said; every client heard each position
    once, in order; agents heard all positions, shoppers all public messages of their own thread
    and of no other, in the thread's order.
    """
    await until(lambda: _nothing_waits(house))
    position = (await house.rows("SELECT position FROM stream"))[0]["position"]
    agents = [one for one in house.people if isinstance(one, AgentAtWork)]
    for agent in agents:
        await agent.until(lambda agent=agent: _position(agent) >= position)
    for shopper in (one for one in house.people if isinstance(one, Shopper)):
        await _heard_own_thread(house, shopper)
    for client in house.people:
        await _acks_stand(house, client)
        positions = [event["position"] for event in client.heard]
        assert positions == sorted(set(positions)), "a position twice, or out of order"
        assert client.fresh == 1, "a resume that was no resume"
    for agent in agents:
        await _heard_everything(house, agent)
        await _one_order(house, agent)


async def written_once(house: House, texts: Sequence[str]) -> None:
    """Each of these texts stands exactly once."""
    rows = await house.rows("SELECT text FROM message WHERE text = ANY(%s)", list(texts))
    assert sorted(row["text"] for row in rows) == sorted(texts)


async def _nothing_waits(house: House) -> bool:
    if any(client.waiting for client in house.people):
        return False
    query = (
        "SELECT (SELECT count(*) FROM outbox)"
        " + (SELECT count(*) FROM turn WHERE status IN ('due', 'running')) AS n"
    )
    return (await house.rows(query))[0]["n"] == 0


def _position(client: Client) -> int:
    return client.position["position"] if client.position else 0


async def _acks_stand(house: House, client: Client) -> None:
    sent = {ack["message"]["id"]: ack["message"]["seq"] for ack in client.acks.values()}
    rows = await house.rows("SELECT id, seq FROM message WHERE id = ANY(%s::uuid[])", list(sent))
    assert {str(row["id"]): row["seq"] for row in rows} == sent


async def _heard_own_thread(house: House, shopper: Shopper) -> None:
    own = {ack["message"]["id"] for ack in shopper.acks.values()}
    rows = await house.rows(
        "SELECT m.id, m.text FROM message m WHERE m.visibility = 'public' AND m.thread_id IN"
        " (SELECT thread_id FROM message WHERE id = ANY(%s::uuid[])) ORDER BY m.seq",
        list(own),
    )
    told = [str(row["id"]) for row in rows]
    await shopper.until(lambda: set(told) <= set(shopper.messages))
    assert list(shopper.messages) == told


async def _heard_everything(house: House, agent: AgentAtWork) -> None:
    """No position is missing but those of ended sessions, which are nobody's business."""
    heard = [event["position"] for event in agent.heard]
    missing = set(range(heard[0], heard[-1] + 1)) - set(heard)
    rows = await house.rows(
        "SELECT position, kind FROM event WHERE position = ANY(%s)"
        " AND kind <> 'session.revoked' ORDER BY position",
        list(missing),
    )
    assert rows == [], "a hole"


async def _one_order(house: House, agent: AgentAtWork) -> None:
    seen: dict[str, list[int]] = {}
    for message in agent.messages.values():
        seen.setdefault(message["thread_id"], []).append(message["seq"])
    for thread_id, seqs in seen.items():
        first = seqs[0]
        rows: list[Row] = await house.rows(
            "SELECT seq FROM message WHERE thread_id = %s AND seq >= %s ORDER BY seq",
            thread_id,
            first,
        )
        assert seqs == [row["seq"] for row in rows]
