"""From past conversations to the rows that they become: all arithmetic, no database."""

from collections.abc import Mapping, Sequence, Set
from typing import Any
from uuid import UUID, uuid5

from msgspec.structs import replace

from shopbell.desk.connections.types import Connection
from shopbell.desk.ids import uuid7
from shopbell.desk.importing.types import Brought, PastMessage, PastThread, PastTicket
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import MAX_TEXT
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Preview, Ticket

Identity = tuple[str, str]
LONGEST_SUBJECT = 200


class Rows:
    """The rows of one batch. `threads` begins as those that stand and ends as they will be; what is
    in `new` is to be written, what is in `moved` to be changed."""

    def __init__(
        self,
        connection: Connection,
        threads: Mapping[Identity, Thread],
        tickets: Mapping[UUID, Ticket],
    ) -> None:
        self.connection = connection
        self.threads = dict(threads)
        self.tickets = dict(tickets)
        self.new_customers: list[tuple[PastThread, Thread]] = []
        self.new_tickets: dict[UUID, Ticket] = {}
        self.moved_threads: dict[UUID, Thread] = {}
        self.stood_at = {one.id: one.last_seq for one in threads.values()}
        self.moved_tickets: dict[UUID, Ticket] = {}
        self.messages: list[tuple[Any, ...]] = []
        self.contacts: list[dict[str, Any]] = []
        self.brought = Brought()

    def add(self, past: PastThread, came: Set[str], shut: bool) -> None:
        """Put a customer's conversations after whatever stands; what `came` before is left out.
        `shut`: the channel takes free answers for a while only, which is over."""
        key = (past.kind, past.value)
        thread, is_new = self.threads.get(key), False
        if thread is None:
            thread, is_new = Thread(id=uuid7(), customer_id=uuid7()), True
        before = thread
        for ticket in past.tickets:
            thread = self._ticket(past, ticket, thread, came)
        if thread is before:
            return
        whole = replace(
            thread,
            customer_read_seq=thread.last_seq,
            customer_read_out=thread.out_count,
            agents_read_seq=thread.last_seq,
        )
        done = (
            whole
            if is_new
            else _seen_as_before(replace(thread, version=thread.version + 1), before)
        )
        self.threads[key] = done
        if is_new:
            self.new_customers.append((past, done))
            self.brought.customers += 1
        else:
            self.moved_threads[done.id] = done
        if past.place:
            heard = max(
                (m.at for t in past.tickets for m in t.messages if m.author == "customer"),
                default=None,
            )
            if heard is not None:
                self.contacts.append(
                    {"thread_id": done.id, "place": past.place, "identity": past.value,
                     "window_until": heard if shut else None, "heard_at": heard}
                )  # fmt: skip

    def _ticket(self, past: PastThread, told: PastTicket, thread: Thread, came: Set[str]) -> Thread:
        fresh = [one for one in told.messages if one.external_id not in came]
        self.brought.known += len(told.messages) - len(fresh)
        if not fresh:
            return thread
        name = ticket_id(self.connection, told)
        stands = self.tickets.get(name)
        if stands is not None and stands.thread_id != thread.id:
            self.brought.elsewhere += len(fresh)
            return thread
        ticket = stands or self._opened(past, told, thread, fresh)
        for one in fresh:
            said = one.author != "customer" and not one.note
            thread = replace(
                thread, last_seq=thread.last_seq + 1, out_count=thread.out_count + said
            )
            text = masked(one.text[:MAX_TEXT].replace("\x00", ""))
            self.messages.append(self._message(one, text, thread, ticket.id))
            if one.author == "customer":
                ticket = replace(ticket, last_customer_seq=thread.last_seq)
        last = fresh[-1]
        preview = Preview(
            author=last.author, text=masked(last.text)[:140], at=last.at, note=last.note
        )
        ticket = replace(ticket, last_seq=thread.last_seq, preview=preview, updated_at=last.at)
        self.brought.messages += len(fresh)
        self.tickets[name] = ticket
        if stands is None or name in self.new_tickets:
            self.brought.tickets += stands is None
            self.new_tickets[name] = replace(ticket, resolved_at=last.at)
        else:
            self.moved_tickets[name] = replace(ticket, version=ticket.version + 1)
        return thread if thread.current_ticket_id else replace(thread, current_ticket_id=name)

    def _opened(
        self, past: PastThread, told: PastTicket, thread: Thread, fresh: Sequence[PastMessage]
    ) -> Ticket:
        return Ticket(
            id=ticket_id(self.connection, told),
            number=0,
            thread_id=thread.id,
            customer_id=thread.customer_id,
            customer_name=past.name,
            brand_id=self.connection.brand_id,
            connection_id=self.connection.id,
            channel=self.connection.channel,
            subject=masked(told.subject or fresh[0].text.partition("\n")[0])[:LONGEST_SUBJECT],
            status=told.status,
            priority=told.priority,
            tags=told.tags,
            control="agents",
            engaged_from_seq=thread.last_seq + 1,
            created_at=fresh[0].at,
            updated_at=fresh[-1].at,
        )

    def _message(
        self, one: PastMessage, text: str, thread: Thread, ticket: UUID
    ) -> tuple[Any, ...]:
        author = thread.customer_id if one.author == "customer" else one.agent_id
        visibility = "note" if one.note else "public"
        return (
            uuid7(), thread.id, ticket, thread.last_seq, one.author, author, one.name, visibility,
            self.connection.id, self.connection.channel, one.external_id, text, one.html, one.at,
        )  # fmt: skip


def ticket_id(connection: Connection, told: PastTicket) -> UUID:
    """The id that a ticket gets however often it is brought."""
    return uuid5(connection.id, told.external_id)


def together(threads: Sequence[PastThread]) -> list[PastThread]:
    """One for each customer, with all their tickets in the order they were given."""
    whole: dict[Identity, PastThread] = {}
    for one in threads:
        key = (one.kind, one.value)
        first = whole.get(key)
        whole[key] = (
            one if first is None else replace(first, tickets=(*first.tickets, *one.tickets))
        )
    return list(whole.values())


def _seen_as_before(thread: Thread, before: Thread) -> Thread:
    """Whoever had seen everything still has: what is brought is old news to both sides."""
    return replace(
        thread,
        customer_read_seq=_moved(before.customer_read_seq, before.last_seq, thread.last_seq),
        customer_read_out=_moved(before.customer_read_out, before.out_count, thread.out_count),
        agents_read_seq=_moved(before.agents_read_seq, before.last_seq, thread.last_seq),
    )


def _moved(seen: int, of: int, now: int) -> int:
    return now if seen == of else seen
