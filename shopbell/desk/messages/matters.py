"""Which ticket of a customer's thread a message goes on with.

Whatever is said in a chat goes on with the thread's current ticket. A mail names its matter: it goes
on with the ticket of what it answers, else with one of the same subject, else with a new one beside
those that are there, which stay as they are. docs/decisions/0008 says why.
"""

import msgspec

from shopbell.desk.connections.types import Connection
from shopbell.desk.messages.subjects import bare_subject
from shopbell.desk.messages.types import Arrival, Draft
from shopbell.desk.messages.writing import engage
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import SQL, Work

MOST_MAILS, MOST_TICKETS = 200, 100
"""How many of a thread's newest are looked at for a subject."""
OVER = ("resolved", "closed")


async def go_on(
    unit: Work, connection: Connection, draft: Draft, arrival: Arrival | None
) -> tuple[bool, Arrival | None]:
    """Have the unit work on the ticket that this goes on with: whether it is a new one, and the
    arrival with how it was found. Raises Fenced where the answered ticket left the thread."""
    if arrival is None or arrival.mail is None or not unit.has_ticket:
        return await engage(unit, connection, draft, arrival.subject if arrival else ""), arrival
    before, anew = unit.ticket, False
    if arrival.ticket_id is not None:
        await unit.turn_to(arrival.ticket_id)
    elif subject := bare_subject(arrival.subject):
        found = await _of_subject(unit, subject)
        anew = not found and not arrival.quiet
        if found:
            head = msgspec.structs.replace(arrival.mail, matched_by="subject")
            arrival = msgspec.structs.replace(arrival, mail=head)
    opened = await engage(unit, connection, draft, arrival.subject, anew=anew)
    if unit.ticket.id != before.id:
        current = before if _stays(before, arrival) else unit.ticket
        unit.change_thread(current_ticket_id=current.id)
    return opened, arrival


async def _of_subject(unit: Work, subject: str) -> bool:
    """Turn to the newest ticket of the thread that is about this, one that is not done first."""
    values = {"thread_id": unit.thread.id, "mails": MOST_MAILS, "tickets": MOST_TICKETS}
    rows = await (await unit.connection.execute(SQL["subjects"].encode(), values)).fetchall()
    found = next((row for row in rows if bare_subject(row["subject"]) == subject), None)
    if found is None:
        return False
    await unit.turn_to(found["ticket_id"])
    return True


def _stays(current: Ticket, arrival: Arrival) -> bool:
    """Whether the thread is about its current ticket still: a chat that is under way there goes on,
    and neither a stranger nor a machine leads away from it."""
    chatting = current.channel != "email" and current.status not in OVER
    return chatting or arrival.aside or arrival.quiet
