"""Getting files that came with a message from the platform that holds them."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

import structlog

from shopbell.connectors.channels.types import Fetching, Unfetched
from shopbell.desk.attachments.commands import looked_at
from shopbell.desk.attachments.types import CUSTOMERS, StorageAway
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.errors import DeskError
from shopbell.desk.inbound import files
from shopbell.desk.inbound.files import Expected
from shopbell.desk.inbound.types import File
from shopbell.jobs.room import DATABASE_AWAY, Room

log = structlog.get_logger()

MOST_TRIES = 6


async def fetch_files(room: Room, message_id: UUID | None = None) -> None:
    """Fetch what one message, or any, still waits for."""
    while (expected := await files.claim(room.desk, message_id)) is not None:
        try:
            await _fetch(room, expected)
        except Unfetched as failed:
            await _failed(room, expected, failed.words, final=failed.final)
        except StorageAway as away:
            await _failed(room, expected, away.title, final=False)
        except DeskError as refused:
            await _failed(room, expected, refused.title, final=True)
        except Sealed:
            await _failed(room, expected, "The connection has to be connected again.", final=False)
        except DATABASE_AWAY:
            raise
        except Exception:
            log.exception("file unfetched", file=str(expected.id))
            await _failed(room, expected, "Getting the file broke on our side.", final=False)


async def _fetch(room: Room, expected: Expected) -> None:
    account, _ = await room.intake.account(expected.connection_id)
    channel = room.channels.get(account.connection.channel)
    if not isinstance(channel, Fetching):
        raise Unfetched("This channel has no way to get files.", final=True)
    wanted = File(ref=expected.ref, name=expected.name)
    found = await channel.fetch(account, wanted, CUSTOMERS.most_bytes)
    body = BytesIO(found.data or b"")
    size = len(found.data or b"")
    kept = await looked_at(CUSTOMERS, name=found.name or "file", size=size, file=body)
    await room.files.put(expected.storage_key, body)
    await files.arrived(room.desk, expected, kept)


async def _failed(room: Room, expected: Expected, words: str, *, final: bool) -> None:
    log.warning("file unfetched", file=str(expected.id), words=words)
    if final or expected.attempts >= MOST_TRIES:
        await files.missing(room.desk, expected, words)
    else:
        delay = timedelta(seconds=2.0**expected.attempts)
        await files.put_off(room.desk, expected, delay)
