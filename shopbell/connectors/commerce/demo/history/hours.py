"""When people are at the demo shop, and when a person would answer."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from shopbell.connectors.commerce.demo import library

MINUTE = dt.timedelta(minutes=1)
_DAY = dt.timedelta(days=1)


def zone() -> ZoneInfo:
    """The shop's time zone."""
    return ZoneInfo(library.brand().time_zone)


def local(moment: dt.datetime) -> dt.datetime:
    """The moment on the shop's clock."""
    return moment.astimezone(zone())


def at_work(moment: dt.datetime) -> dt.datetime:
    """The moment itself while people are there, otherwise shortly after they next come in."""
    here = local(moment)
    for ahead in range(9):
        day = here.date() + ahead * _DAY
        block = _block(day)
        if block is None:
            continue
        opens, closes = block
        if here <= opens:
            return (opens + (7 + moment.minute % 23) * MINUTE).astimezone(dt.UTC)
        if here < closes:
            return moment
    raise ValueError("the shop has no hours")


def promised_by(moment: dt.datetime, minutes: int) -> dt.datetime:
    """The time given to a customer who is handed over then: whole five minutes, in hours."""
    when = at_work(moment) + minutes * MINUTE
    spare = when.minute % 5
    return (when + ((5 - spare) % 5) * MINUTE).replace(second=0, microsecond=0)


def _block(day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    for hours in library.brand().hours:
        if day.weekday() in hours.days:
            opens, closes = (
                dt.datetime.combine(day, dt.time.fromisoformat(text), zone())
                for text in (hours.start, hours.end)
            )
            return opens, closes
    return None
