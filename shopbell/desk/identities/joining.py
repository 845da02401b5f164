"""Two customers become one: one thread, both histories in the order of time.

Both threads are locked, so what is said meanwhile comes before, or is refused and told again. The
former customer's thread is emptied and stays as it is known, pointing to the other; nothing is lost
that parting needs (`parting.py`).
"""

from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import Fenced
from shopbell.desk.events.types import AgentRead
from shopbell.desk.identities.order import Line, merged, read_upto
from shopbell.desk.identities.placing import Placing, goes_on, moved
from shopbell.desk.identities.types import How, Kept, Proof
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import SYSTEM

Row = dict[str, Any]


async def join_customers(
    desk: Desk,
    former: UUID,
    into: UUID,
    how: How,
    *,
    by: Agent | None = None,
    ends_visitors: bool = False,
) -> UUID | None:
    """Make the former customer part of the other one; the joining's id, None where they were joined
    before. Emits `customer.joined` for both threads, then each ticket and message that moved.

    `ends_visitors`: the former one's chat tokens open nothing afterwards. Raises Fenced when either
    became part of somebody else meanwhile.
    """
    async with desk.pool.connection() as connection, connection.transaction():
        joined = await join_in(
            desk, connection, former, into, how, by=by, ends_visitors=ends_visitors
        )
    desk.wake()
    return joined


async def join_in(
    desk: Desk,
    connection: Connection,
    former: UUID,
    into: UUID,
    how: How,
    *,
    by: Agent | None = None,
    ends_visitors: bool = False,
) -> UUID | None:
    """As `join_customers`, inside a transaction that is under way."""
    actor = Author(kind="agent", id=by.id, name=by.name) if by else SYSTEM
    return await _Join(connection, desk, actor, former, into).run(how, by, ends_visitors)


class _Join(Placing):
    def __init__(
        self, connection: Connection, desk: Desk, actor: Author, former: UUID, into: UUID
    ) -> None:
        super().__init__(connection, desk.now(), actor)
        self.former, self.into = former, into
        self.id = uuid7()

    async def run(self, how: How, by: Agent | None, ends_visitors: bool) -> UUID | None:
        people = await self._people()
        await self.rows("lock_threads", ids=[one["id"] for one in people.values()])
        people = await self._people()
        old, kept = people[self.former], people[self.into]
        if old["merged_into"] == self.into:
            return None
        if old["merged_into"] or kept["merged_into"] or self.former == self.into:
            raise Fenced
        self.old, self.kept = (msgspec.convert(one, Thread) for one in (old, kept))
        await self.do("merge_customer", former=self.former, into=self.into)
        await self.do(
            "insert_join",
            id=self.id,
            former=self.former,
            into=self.into,
            how=how,
            by=by.id if by else None,
            at=self.at,
        )
        await self.do("keep_seqs", id=self.id, thread=self.old.id)
        if ends_visitors:
            await self.do("end_visitors", customer=self.former)
        proofs = await self._identities()
        contacts = await self._contacts()
        named, spoke = await self._introduce(old, kept)
        found = Kept(
            proofs=proofs,
            contacts=contacts,
            named=named,
            spoke=spoke,
            matters=(self.old.current_ticket_id, self.kept.current_ticket_id),
        )
        await self.do("keep", id=self.id, kept=Jsonb(found))
        await self._threads()
        return self.id

    async def _people(self) -> dict[UUID, Row]:
        rows = await self.rows("people_of", customers=[self.former, self.into])
        return {row["customer_id"]: row for row in rows}

    async def _identities(self) -> tuple[Proof, ...]:
        """Move what the former one goes by. Of an address that both name, the other's row stays and
        is as proven as either."""
        rows = await self.rows("identities", customers=[self.former, self.into])
        ours = {(one["kind"], one["value"]): one for one in rows if one["customer_id"] == self.into}
        before: list[Proof] = []
        moving: list[UUID] = []
        for one in rows:
            if one["customer_id"] == self.into or one["ended"]:
                continue
            same = ours.get((one["kind"], one["value"]))
            if same is None:
                moving.append(one["id"])
            elif one["verified_at"] and not same["verified_at"]:
                before += [msgspec.convert(each, Proof) for each in (one, same)]
                await self._prove(one["id"], None, None)
                await self._prove(same["id"], one["verified_at"], one["verified_by"])
        await self.do("move_identities", into=self.into, ids=moving)
        return tuple(before)

    async def _prove(self, identity: UUID, at: Any, by: str | None) -> None:
        await self.do("prove_identity", id=identity, verified_at=at, verified_by=by)

    async def _contacts(self) -> tuple[dict[str, Any], ...]:
        """Bring where answers go. An address that was only left on the page stays behind as one for
        replies: whoever left it may be somebody else than who has now signed in."""
        both = {"old": self.old.id, "into": self.kept.id}
        way = await self.rows("contacts_giving_way", **both)
        await self.do("bring_contacts", **both)
        await self.do("bring_left_address", **both)
        await self.do("bring_codes", **both)
        return tuple(one["contact"] for one in way)

    async def _introduce(self, old: Row, kept: Row) -> tuple[bool, bool]:
        """Take over the former one's name and language where the other has none."""
        named = bool(old["name"] and not kept["name"])
        spoke = bool(old["language"] and not kept["language"])
        await self.do(
            "raise_customer",
            id=self.into,
            name=old["name"] if named else None,
            language=old["language"] if spoke else kept["language"],
        )
        return named, spoke

    async def _threads(self) -> None:
        ours, theirs = await self.lines(self.kept.id), await self.lines(self.old.id)
        placed = merged(ours, theirs)
        seqs = {line.id: seq for line, seq in placed}
        changed = [
            (line, seq, line.home_id)
            for line, seq in placed
            if line.thread_id == self.old.id or line.seq != seq
        ]
        tickets = await self.tickets(self.kept.id, self.old.id)
        current = goes_on(tickets, [self.old.current_ticket_id, self.kept.current_ticket_id])
        await self.place(self.kept.id, changed)
        moving = await self._tickets(ours, theirs, seqs)
        bare, joined = await self._counted(placed, current)
        reads = await self._reads(placed)
        await self._tell(bare, joined, moving, [line.id for line, _, _ in changed], reads)

    async def _tickets(
        self, ours: list[Line], theirs: list[Line], seqs: dict[UUID, int]
    ) -> list[UUID]:
        """Move the former thread's tickets, and have those of the other go by their new seqs."""
        lines: dict[UUID, list[Line]] = {}
        for line in (*ours, *theirs):
            lines.setdefault(line.ticket_id, []).append(line)
        homes = {
            row["id"]: row["origin_thread_id"] or row["thread_id"]
            for row in await self.rows("ticket_homes", threads=[self.old.id, self.kept.id])
        }
        changed: list[Ticket] = []
        for ticket in await self.tickets(self.old.id, self.kept.id):
            after = msgspec.structs.replace(
                moved(ticket, lines.get(ticket.id, []), seqs),
                thread_id=self.kept.id,
                customer_id=self.into,
            )
            if msgspec.structs.replace(after, version=ticket.version) != ticket:
                await self.save(after, homes[ticket.id])
                changed.append(after)
        await self.move_turns(changed, lines, seqs)
        return [one.id for one in changed]

    async def _counted(
        self, placed: list[tuple[Line, int]], current: UUID | None
    ) -> tuple[Thread, Thread]:
        """Both threads with their new counters. Of what the customer saw, the newest counts, since
        what is older reached them where it was sent."""
        read = max(
            (
                seq
                for line, seq in placed
                if line.seq
                <= (
                    self.old.customer_read_seq
                    if line.thread_id == self.old.id
                    else self.kept.customer_read_seq
                )
            ),
            default=0,
        )
        joined = msgspec.structs.replace(
            self.kept,
            last_seq=max(placed[-1][1] if placed else 0, self.kept.last_seq),
            out_count=self.kept.out_count + self.old.out_count,
            customer_read_seq=read,
            customer_read_out=await self.read_out(self.kept.id, read),
            agents_read_seq=read_upto(
                placed, self.kept.agents_read_seq, (self.old.id, self.old.agents_read_seq)
            ),
            current_ticket_id=current,
            version=self.kept.version + 1,
        )
        bare = Thread(
            id=self.old.id, customer_id=self.old.customer_id, version=self.old.version + 1
        )
        for thread in (bare, joined):
            await self.do("save_thread", **msgspec.structs.asdict(thread))
        return bare, joined

    async def _reads(self, placed: list[tuple[Line, int]]) -> list[AgentRead]:
        """How far each agent has read both as one; never less far than they had read."""
        rows = await self.rows("reads", threads=[self.old.id, self.kept.id])
        far = {(row["agent_id"], row["thread_id"]): row["seq"] for row in rows}
        told: list[AgentRead] = []
        for agent_id in {row["agent_id"] for row in rows}:
            ours = far.get((agent_id, self.kept.id), 0)
            theirs = far.get((agent_id, self.old.id), 0)
            upto = read_upto(placed, ours, (self.old.id, theirs))
            if upto > ours:
                values = {"agent_id": agent_id, "thread_id": self.kept.id, "seq": upto}
                (row,) = await self.rows("save_read", **values)
                told.append(msgspec.convert(row, AgentRead))
        return told

    async def _tell(
        self,
        bare: Thread,
        joined: Thread,
        tickets: list[UUID],
        messages: list[UUID],
        reads: list[AgentRead],
    ) -> None:
        standing = {one.id: one for one in await self.tickets(joined.id)}
        current = standing.get(joined.current_ticket_id) if joined.current_ticket_id else None
        await self.emit("customer.joined", bare, customer=await self.customer(self.former))
        await self.emit(
            "customer.joined", joined, customer=await self.customer(self.into), ticket=current
        )
        standing = await self.tell_of_tickets(joined, tickets)
        await self.tell_of_messages(joined, standing, messages)
        for read in reads:
            await self.emit("read.moved", joined, read=read)
