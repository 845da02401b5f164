"""What the filters of a search ask of a ticket, as SQL of our own words with parameters."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from shopbell.desk.search.types import Filter, Query
from shopbell.desk.tickets.reads import VIEWS

STATES = {**VIEWS, "pending": "k.status = 'pending'"}
"""What `is:` may ask for: the inbox's own views, and one status more."""
_FROM = (
    "k.customer_id IN (SELECT c.id FROM customer c WHERE c.name ILIKE {0}"
    " UNION SELECT i.customer_id FROM identity i WHERE i.value ILIKE {0})"
)
_ASSIGNEE = "k.assignee_id IN (SELECT a.id FROM agent a WHERE a.name ILIKE {0})"
_FIELDS: dict[str, Callable[[str], tuple[str, str]]] = {
    "from": lambda value: (_FROM, f"%{like(value)}%"),
    "channel": lambda value: ("k.channel = {0}", value),
    "tag": lambda value: ("k.tags @> ARRAY[{0}::text]", value),
    "assignee": lambda value: (_ASSIGNEE, f"{like(value)}%"),
}


def of_ticket(query: Query, me: UUID) -> tuple[str, dict[str, Any]]:
    """The condition on the ticket `k`, and its values by name."""
    conditions, values = ["true"], dict[str, Any](agent=me)
    for at, one in enumerate(query.filters):
        condition, value = _asked(one, f"%(filter_{at})s")
        if condition is None:
            continue
        conditions.append(f"NOT coalesce({condition}, false)" if one.unless else f"({condition})")
        if value is not None:
            values[f"filter_{at}"] = value
    return " AND ".join(conditions), values


def of_message(query: Query) -> tuple[str, dict[str, Any]]:
    """The condition on the message `m`, and its values by name."""
    conditions, values = ["m.removed_at IS NULL"], dict[str, Any]()
    for one in query.filters:
        if one.key == "in":
            kind = "note" if (one.value == "note") != one.unless else "public"
            conditions.append(f"m.visibility = '{kind}'")
    if query.since is not None:
        conditions.append("m.at >= %(since)s")
        values["since"] = datetime.combine(query.since, time(), UTC)
    if query.until is not None:
        conditions.append("m.at < %(until)s")
        whole = timedelta(days=1) if query.since == query.until else timedelta()
        values["until"] = datetime.combine(query.until, time(), UTC) + whole
    return " AND ".join(conditions), values


def like(value: str) -> str:
    """The value with LIKE's own signs taken at their word."""
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _asked(one: Filter, slot: str) -> tuple[str | None, str | None]:
    if one.key == "is":
        return STATES[one.value], None
    if one.key == "assignee" and one.value == "me":
        return "k.assignee_id = %(agent)s", None
    if one.key not in _FIELDS:
        return None, None
    condition, value = _FIELDS[one.key](one.value)
    return condition.format(slot), value
