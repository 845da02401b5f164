"""Customers who were joined become two again, at any time.

Each gets back what was theirs: messages under the numbers they had, tickets, addresses, and where
their answers go. What was said since goes with the address it came from. A ticket in which both
have written stays with one, and the other's messages get a ticket of their own. Who stays keeps
their numbers, with gaps, so that nothing unread counts as read.
"""

from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import LIVE_CHANNELS
from shopbell.desk.database import Connection, Desk
from shopbell.desk.errors import Fenced, NotFound
from shopbell.desk.events.types import AgentRead
from shopbell.desk.identities.order import Line
from shopbell.desk.identities.placing import Placing, goes_on, moved
from shopbell.desk.identities.sides import Leaving, leaving_lines, leaving_tickets
from shopbell.desk.identities.types import Kept
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Preview, Ticket
from shopbell.desk.work import message_from

PREVIEW = 140
Row = dict[str, Any]


async def part_in(
    desk: Desk, connection: Connection, join_id: UUID, by: Agent
) -> tuple[UUID, bool]:
    """Undo a joining inside a transaction that is under way: who goes, and False when it was undone
    before. Emits `customer.parted` for both threads, then each ticket and message that moved.

    Raises NotFound for a joining that never was, and Fenced when who has joined whom changed
    meanwhile.
    """
    author = Author(kind="agent", id=by.id, name=by.name)
    parting = _Part(connection, desk, author)
    done = await parting.run(join_id, by)
    return parting.former, done


class _Part(Placing):
    def __init__(self, connection: Connection, desk: Desk, actor: Author) -> None:
        super().__init__(connection, desk.now(), actor)

    async def run(self, join_id: UUID, by: Agent) -> bool:
        joins = await self.rows("join_named", id=join_id)
        if not joins:
            raise NotFound("The joining")
        self.join = joins[0]
        self.former: UUID = self.join["from_customer_id"]
        if self.join["undone_at"] is not None:
            return False
        root = await self._root()
        both = await self.rows("people_of", customers=[self.former, root])
        await self.rows("lock_threads", ids=[one["id"] for one in both])
        if await self._root() != root:
            raise Fenced
        if not await self.rows("end_join", id=join_id, at=self.at, by=by.id):
            return False
        people = {
            row["customer_id"]: row
            for row in await self.rows("people_of", customers=[self.former, root])
        }
        self.root = root
        self.old = msgspec.convert(people[self.former], Thread)
        self.kept = msgspec.convert(people[root], Thread)
        self.left = msgspec.convert(self.join["kept"], Kept)
        family = await self.rows("family", customer=self.former)
        leaving = await self._identities([one["id"] for one in family], family)
        await self._part(people, leaving)
        return True

    async def _root(self) -> UUID:
        (row,) = await self.rows("root", customer=self.former)
        return row["id"]

    async def _identities(self, family: list[UUID], threads: list[Row]) -> Leaving:
        """Give both what they go by, as it was; what is the leaving one's alone."""
        await self.do("part_customer", former=self.former)
        await self.do("bring_identities_home", former=self.former, root=self.root, family=family)
        theirs = {one.id: one for one in self.left.proofs}
        rows = await self.rows("identities", customers=[*family, self.root])
        for row in sorted(rows, key=lambda one: one["customer_id"] != self.root):
            before = theirs.get(row["id"])
            taken = any(
                other["id"] != row["id"]
                and (other["kind"], other["value"]) == (row["kind"], row["value"])
                and other["verified_at"] is not None
                and other["id"] not in theirs
                for other in rows
            )
            if before is not None and not taken:
                values = {"verified_at": before.verified_at, "verified_by": before.verified_by}
                await self.do("prove_identity", id=row["id"], **values)
        kept = {row["value"] for row in rows if row["customer_id"] == self.root}
        going = {row["value"] for row in rows if row["customer_id"] != self.root}
        proven = {
            row["value"]
            for row in rows
            if row["customer_id"] != self.root
            and row["id"] in theirs
            and theirs[row["id"]].verified_at
        }
        chats = {row["customer_id"] == self.root for row in rows if _chats(row)}
        return Leaving(
            threads=frozenset(one["thread_id"] for one in threads),
            addresses=frozenset((going - kept) | proven),
            since=self.join["at"],
            chats=chats == {False},
        )

    async def _part(self, people: dict[UUID, Row], leaving: Leaving) -> None:
        lines = await self.lines(self.kept.id)
        live = frozenset(
            {one.connection_id for one in lines if one.connection_id and not one.sender}
        )
        going = leaving_lines(lines, leaving, await self._live(live))
        tickets = await self.tickets(self.kept.id)
        homes = {
            row["id"]: row["origin_thread_id"] or self.kept.id
            for row in await self.rows("ticket_homes", threads=[self.kept.id])
        }
        by_ticket = _by_ticket(lines)
        moving = leaving_tickets(tickets, homes, by_ticket, leaving, going)
        lines, twins = await self._twins(lines, going, moving)
        homes |= {twin: self.old.id if goes else self.kept.id for twin, goes in twins.items()}
        going_tickets = moving | {twin for twin, goes in twins.items() if goes}
        seqs, placed = await self._numbered(lines, going, leaving)
        await self.place(self.old.id, placed)
        changed = await self._tickets(lines, going_tickets, homes, seqs)
        await self._contacts(leaving)
        await self._names(people)
        old, kept = await self._threads(lines, going, seqs, going_tickets)
        reads = await self._reads(lines, going, seqs)
        retitled = [one.id for one in lines if one.ticket_id in twins and one.id not in going]
        await self._tell(old, kept, changed, [one.id for one, _, _ in placed], retitled, reads)

    async def _live(self, connections: frozenset[UUID]) -> frozenset[UUID]:
        found: set[UUID] = set()
        for connection_id in connections:
            (row,) = await self.rows("channel_of", id=connection_id)
            if row["channel"] in LIVE_CHANNELS:
                found.add(connection_id)
        return frozenset(found)

    async def _twins(
        self, lines: list[Line], going: frozenset[UUID], moving: frozenset[UUID]
    ) -> tuple[list[Line], dict[UUID, bool]]:
        """Tickets of their own for messages whose ticket is the other's; each twin, and whether it
        goes."""
        apart: dict[UUID, list[Line]] = {}
        for line in lines:
            if (line.id in going) != (line.ticket_id in moving):
                apart.setdefault(line.ticket_id, []).append(line)
        twins: dict[UUID, bool] = {}
        new: dict[UUID, UUID] = {}
        for ticket_id, some in apart.items():
            twin, goes = uuid7(), some[0].id in going
            last = next((one for one in reversed(some) if one.author_kind == "customer"), some[-1])
            (channel,) = await self.rows("channel_of", id=last.connection_id)
            thread = self.old if goes else self.kept
            await self.do(
                "twin_ticket",
                id=twin,
                twin=ticket_id,
                thread=thread.id,
                customer=thread.customer_id,
                connection=last.connection_id,
                channel=channel["channel"],
                first=some[0].seq,
                at=self.at,
            )
            await self.do("retitle", ticket=twin, ids=[one.id for one in some])
            await self.do("move_deliveries", ids=[one.id for one in some])
            twins[twin] = goes
            new |= {one.id: twin for one in some}
        return [
            msgspec.structs.replace(one, ticket_id=new.get(one.id, one.ticket_id)) for one in lines
        ], twins

    async def _numbered(
        self, lines: list[Line], going: frozenset[UUID], leaving: Leaving
    ) -> tuple[dict[UUID, int], list[tuple[Line, int, UUID]]]:
        """Each message's seq from now on, and the places of those that go."""
        had = {
            row["message_id"]: row["seq"]
            for row in await self.rows("seqs_kept", id=self.join["id"])
        }
        seqs: dict[UUID, int] = {}
        placed: list[tuple[Line, int, UUID]] = []
        last = 0
        for line in lines:
            if line.id not in going:
                seqs[line.id] = line.seq
                continue
            last = max(last + 1, had.get(line.id, 0))
            seqs[line.id] = last
            home = line.home_id if line.home_id in leaving.threads else self.old.id
            placed.append((line, last, home))
        return seqs, placed

    async def _tickets(
        self,
        lines: list[Line],
        going: frozenset[UUID],
        homes: dict[UUID, UUID],
        seqs: dict[UUID, int],
    ) -> list[UUID]:
        """Place the tickets, each with the seqs and the last words of its own messages."""
        by_ticket = _by_ticket(lines)
        standing = {one.id: one for one in await self.tickets(self.kept.id, self.old.id)}
        newest = {own[-1].id for own in by_ticket.values()}
        said = {
            row["id"]: message_from(row) for row in await self.rows("messages", ids=list(newest))
        }
        changed: list[Ticket] = []
        for ticket_id, home in homes.items():
            ticket, own = standing[ticket_id], by_ticket.get(ticket_id, [])
            after = moved(ticket, own, seqs)
            if own and ticket.last_seq != own[-1].seq:
                last = said[own[-1].id]
                preview = Preview(
                    author=last.author.kind,
                    text=last.text[:PREVIEW],
                    at=last.at,
                    note=last.visibility == "note",
                )
                after = msgspec.structs.replace(after, preview=preview)
            if ticket_id in going:
                after = msgspec.structs.replace(
                    after, thread_id=self.old.id, customer_id=self.former
                )
            if msgspec.structs.replace(after, version=ticket.version) != ticket:
                await self.save(after, home)
                changed.append(after)
        await self.move_turns(changed, by_ticket, seqs)
        return [one.id for one in changed]

    async def _contacts(self, leaving: Leaving) -> None:
        """Answers go to each by their own places again."""
        others = await self.rows("family", customer=self.root)
        theirs = sorted(leaving.addresses)
        here = {"root": self.kept.id, "old": self.old.id, "values": theirs}
        back = [row["contact"] for row in await self.rows("contacts_at", **here)]
        threads = [one["thread_id"] for one in others]
        await self.do("take_left_address_back", others=threads, values=theirs)
        await self.do(
            "clear_contacts",
            others=threads,
            old=self.old.id,
            values=theirs,
            connections=[UUID(one["connection_id"]) for one in back],
        )
        ours = ({**one, "thread_id": str(self.kept.id)} for one in self.left.contacts)
        for one in (*back, *ours):
            await self.do("give_contact", contact=Jsonb(one))

    async def _names(self, people: dict[UUID, Row]) -> None:
        """Who took over the other's name or language gives it back."""
        old, kept = people[self.former], people[self.root]
        unnamed = self.left.named and kept["name"] == old["name"]
        silent = self.left.spoke and kept["language"] == old["language"]
        await self.do(
            "raise_customer",
            id=self.root,
            name="" if unnamed else None,
            language=None if silent else kept["language"],
        )

    async def _threads(
        self,
        lines: list[Line],
        going: frozenset[UUID],
        seqs: dict[UUID, int],
        going_tickets: frozenset[UUID],
    ) -> tuple[Thread, Thread]:
        theirs = [one for one in lines if one.id in going]

        def upto(seq: int) -> int:
            return max((seqs[one.id] for one in theirs if one.seq <= seq), default=0)

        out = sum(one.visibility == "public" and one.author_kind != "customer" for one in theirs)
        tickets = await self.tickets(self.old.id, self.kept.id)
        mine = [one.id for one in tickets if one.id in going_tickets]
        others = [one.id for one in tickets if one.id not in going_tickets]
        current = self.kept.current_ticket_id
        theirs_then, ours_then = self.left.matters
        read = upto(self.kept.customer_read_seq)
        old = msgspec.structs.replace(
            self.old,
            last_seq=max((seqs[one.id] for one in theirs), default=0),
            out_count=out,
            customer_read_seq=read,
            customer_read_out=await self.read_out(self.old.id, read),
            agents_read_seq=upto(self.kept.agents_read_seq),
            current_ticket_id=_matter(tickets, mine, current, theirs_then),
            version=self.old.version + 1,
        )
        kept = msgspec.structs.replace(
            self.kept,
            out_count=self.kept.out_count - out,
            customer_read_out=await self.read_out(self.kept.id, self.kept.customer_read_seq),
            current_ticket_id=_matter(tickets, others, current, ours_then),
            version=self.kept.version + 1,
        )
        for thread in (old, kept):
            await self.do("save_thread", **msgspec.structs.asdict(thread))
        return old, kept

    async def _reads(
        self, lines: list[Line], going: frozenset[UUID], seqs: dict[UUID, int]
    ) -> list[AgentRead]:
        """What agents read as one stays read in the thread that it goes to."""
        told: list[AgentRead] = []
        for row in await self.rows("reads", threads=[self.kept.id]):
            read = [seqs[one.id] for one in lines if one.id in going and one.seq <= row["seq"]]
            if read:
                values = {"agent_id": row["agent_id"], "thread_id": self.old.id, "seq": max(read)}
                (saved,) = await self.rows("save_read", **values)
                told.append(msgspec.convert(saved, AgentRead))
        return told

    async def _tell(
        self,
        old: Thread,
        kept: Thread,
        tickets: list[UUID],
        messages: list[UUID],
        retitled: list[UUID],
        reads: list[AgentRead],
    ) -> None:
        for thread, customer_id in ((old, self.former), (kept, self.root)):
            standing = {one.id: one for one in await self.tickets(thread.id)}
            current = standing.get(thread.current_ticket_id) if thread.current_ticket_id else None
            await self.emit(
                "customer.parted", thread, customer=await self.customer(customer_id), ticket=current
            )
            await self.tell_of_tickets(thread, [one for one in tickets if one in standing])
            moving = messages if thread is old else retitled
            await self.tell_of_messages(thread, standing, moving)
        for read in reads:
            await self.emit("read.moved", old, read=read)


def _matter(
    tickets: list[Ticket], theirs: list[UUID], current: UUID | None, then: UUID | None
) -> UUID | None:
    """What a thread goes on with: the matter that both did, else its own from then, else any."""
    for one in (current, then):
        if one in theirs:
            return one
    return goes_on(tickets, theirs)


def _by_ticket(lines: list[Line]) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = {}
    for line in lines:
        found.setdefault(line.ticket_id, []).append(line)
    return found


def _chats(row: Row) -> bool:
    return row["kind"] == "visitor" and not row["ended"]
