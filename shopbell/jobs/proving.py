"""Sending one-time codes: by the channel of the address, and kept in no message, event or log."""

from datetime import timedelta

import structlog

from shopbell.connectors.channels.types import Account
from shopbell.desk.connections.types import Place
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.errors import NotFound
from shopbell.desk.messages.types import Message
from shopbell.desk.verification import commands as verification
from shopbell.desk.verification.types import ToSend
from shopbell.desk.verification.words import words_of
from shopbell.desk.work import SYSTEM
from shopbell.jobs.room import Room

log = structlog.get_logger()

MOST_SENDS = 5
FIRST_DELAY = 2.0


async def send_codes(room: Room) -> None:
    """Send every code whose time has come; a worker that dies is followed by another, with the same
    code."""
    while (sent := await verification.claim_code(room.desk)) is not None:
        result = await _send(room, sent)
        if isinstance(result, Sent):
            await verification.code_sent(room.desk, sent, result.external_id)
        elif isinstance(result, Unknown):
            await verification.code_sent(room.desk, sent, "")
        elif result.permanent or sent.sends >= MOST_SENDS:
            log.warning("code unsent", verification=str(sent.id), code=result.code)
            await verification.code_unsent(room.desk, sent)
        else:
            delay = max(FIRST_DELAY * 2.0 ** (sent.sends - 1), result.retry_after or 0.0)
            await verification.code_put_off(room.desk, sent, timedelta(seconds=delay))


async def _send(room: Room, sent: ToSend) -> Sent | Refused | Unknown:
    if sent.barred or sent.expires_at <= room.desk.now():
        return Refused(words="It cannot be sent there now.", permanent=True)
    try:
        account, _ = await room.intake.account(sent.connection_id)
    except (Sealed, NotFound):
        return Refused(words="Its connection cannot be opened.", permanent=True)
    channel = room.channels.get(account.connection.channel)
    if channel is None:
        return Refused(words="Nothing here sends by its channel.", permanent=True)
    try:
        return await channel.send(_outgoing(room, sent, account))
    except Exception as broken:
        # The exception may hold what was to be sent.
        log.error("code broke", verification=str(sent.id), error=type(broken).__name__)
        return Unknown(words="Sending broke on our side.")


def _outgoing(room: Room, sent: ToSend, account: Account) -> Outgoing:
    """The code as a message that stands in no thread."""
    text = words_of(sent.language).code.format(
        code=room.desk.codes.code_of(sent.id), brand=sent.brand_name
    )
    message = Message(
        id=sent.id,
        thread_id=sent.thread_id,
        ticket_id=sent.id,
        seq=1,
        author=SYSTEM,
        channel=account.connection.channel,
        text=text,
        at=room.desk.now(),
    )
    return Outgoing(
        id=sent.id,
        message=message,
        connection=account.connection,
        secret=account.credentials.get("secret", ""),
        recipient=sent.value,
        attempts=sent.sends,
        to=Place(place=sent.place, identity=sent.value),
        credentials=account.credentials,
        brand_name=sent.brand_name,
        hook=room.addresses.of_hook(sent.connection_id),
    )
