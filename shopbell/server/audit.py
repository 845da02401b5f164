"""One log line for each access that was refused, and for each time the database was away."""

import structlog
from psycopg import DataError

from shopbell.desk.errors import DeskError

log = structlog.get_logger()

ACCESS = ("not_found", "role", "origin")


def note_refusal(error: Exception, *, who: str, door: str) -> None:
    """Say who asked at which door and was refused. `who` is `agent ID`, `visitor ID` or `nobody`.

    Other refusals of the desk (taken, too long …) are the day's work and leave no line.
    """
    if isinstance(error, DeskError):
        if error.kind in ACCESS:
            log.warning("access refused", kind=error.kind, who=who, door=door)
    elif isinstance(error, DataError):
        log.warning("data refused", error=type(error).__name__, who=who, door=door)
    else:
        log.warning("database away", error=type(error).__name__, door=door)
