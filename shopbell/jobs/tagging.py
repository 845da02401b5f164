"""Tagging what customers wrote, beside everything else: an answer never waits for it.

The `ticket_tagging` row is the guard: one worker at a time looks at a ticket, and none once people
have decided its tags. What a killed worker left is claimed anew after its lease.
"""

import structlog

from shopbell.desk.tags.commands import claim_to_tag, tag_by_assistant, unlooked
from shopbell.jobs.room import Room

log = structlog.get_logger()


async def tag_waiting(room: Room) -> None:
    """Look at each ticket whose customer wrote since it was last looked at."""
    if room.ports.tagger is None:
        return
    for ticket_id in await unlooked(room.desk):
        looked = await claim_to_tag(room.desk, ticket_id)
        if looked is None:
            continue
        found = await room.ports.tagger.tags_for(looked.texts)
        if await tag_by_assistant(room.desk, looked, found):
            log.info("ticket tagged", ticket=str(ticket_id), tags=[one.name for one in found])
