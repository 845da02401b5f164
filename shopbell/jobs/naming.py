"""Asking platforms what customers are called, after what they wrote is long in the inbox."""

from datetime import timedelta

import structlog

from shopbell.connectors.channels.types import Naming, NotNow
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.customers.names import ask_later, ask_no_more, claim_unnamed, give_name
from shopbell.desk.errors import DeskError
from shopbell.jobs.room import DATABASE_AWAY, Room

log = structlog.get_logger()

MOST_TRIES = 5
REFUSED_FOR = timedelta(days=7)
"""After this the platform is asked again: an app that lacked a permission may have got it."""
LONGEST_WAIT = 3600.0


async def name_customers(room: Room) -> None:
    """Ask for the names of all who have none, one after the other; a platform that wants to be left
    in peace ends it for now."""
    named = {
        name: one.capability.sender
        for name, one in room.channels.items()
        if isinstance(one, Naming)
    }
    while unnamed := await claim_unnamed(room.desk, list(named), sorted(set(named.values()))):
        try:
            account, _ = await room.intake.account(unnamed.connection_id)
            channel = room.channels[account.connection.channel]
            assert isinstance(channel, Naming)
            name = await channel.name_of(account, unnamed.value)
        except NotNow as later:
            wait = min(later.retry_after or 30.0 * 2.0**unnamed.tries, LONGEST_WAIT)
            await ask_later(room.desk, unnamed, timedelta(seconds=wait))
            return
        except (Sealed, DeskError):
            await ask_later(room.desk, unnamed, REFUSED_FOR)
            continue
        except DATABASE_AWAY:
            raise
        except Exception:
            log.exception("name unasked", identity=str(unnamed.id))
            name = ""
        if name:
            await give_name(room.desk, unnamed, name)
        elif unnamed.tries >= MOST_TRIES:
            await ask_no_more(room.desk, unnamed)
        else:
            await ask_later(room.desk, unnamed, REFUSED_FOR)
