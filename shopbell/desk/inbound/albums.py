"""Messages whose parts come by themselves, as the pictures of an album do: one message all the same."""

import msgspec
from psycopg.types.json import Jsonb

from shopbell.desk.connections.types import Connection
from shopbell.desk.database import Desk
from shopbell.desk.inbound.commands import SQL
from shopbell.desk.inbound.facts import write_message
from shopbell.desk.inbound.types import Fact
from shopbell.desk.messages.arriving import awaited_files, expect_files
from shopbell.desk.messages.commands import DEBOUNCE
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import MAX_ATTACHMENTS, Author, ExpectedFile, Message
from shopbell.desk.messages.writing import extra_of
from shopbell.desk.work import message_from, work


async def join(desk: Desk, connection: Connection, fact: Fact) -> None:
    """Write the message with this part, or add the part to the message that stands.

    A part that came before changes nothing. An answer that is being thought about waits for what
    was added.
    """
    written = await write_message(desk, connection, fact)
    if not written.repeated:
        return
    async with work(desk, ticket_id=written.ticket.id) as unit:
        held = await unit.connection.execute(SQL["message"].encode(), {"id": written.message.id})
        row = await held.fetchone()
        assert row is not None, "a message that was there a moment ago"
        message = message_from(row)
        here = {one.id for one in message.attachments}
        files = tuple(
            ExpectedFile(name=one.name, media_type=one.media_type, ref=one.ref, size=one.size or 0)
            for one in fact.attachments
        )
        awaited = {
            file: ref
            for file, ref in awaited_files(message.id, files).items()
            if file.id not in here
        }
        if message.removed or not awaited or len(here) + len(awaited) > MAX_ATTACHMENTS:
            return
        changed = msgspec.structs.replace(
            message,
            text=_with(message, fact),
            attachments=(*message.attachments, *awaited),
            version=message.version + 1,
        )
        unit.write(
            "save_message",
            id=changed.id,
            text=changed.text,
            html=changed.html,
            extra=Jsonb(extra_of(changed)),
            edited_at=changed.edited_at,
            removed_at=None,
            version=changed.version,
        )
        expect_files(unit, message.id, connection, awaited)
        values = {"ticket_id": unit.ticket.id, "due_at": unit.at + DEBOUNCE}
        await unit.connection.execute(SQL["wait_for_more"].encode(), values)
        author = Author(kind="customer", id=unit.thread.customer_id, name=unit.customer_name)
        unit.emit("message.updated", author, message=changed)


def _with(message: Message, fact: Fact) -> str:
    return "\n".join(one for one in (message.text, masked(fact.text)) if one.strip())
