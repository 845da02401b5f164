"""Calendars: when people work, by which promises are counted."""

from datetime import date

from msgspec import Struct

from shopbell.desk.connections.types import Opening


class Calendar(Struct, frozen=True, kw_only=True):
    """Open hours on the clock of one place. `hours` may overlap; none at all is around the clock.

    `time_zone` is an IANA name, `country` an ISO 3166-1 code whose public holidays are closed (""
    for none), `region` a part of it by its ISO 3166-2 suffix, `closed` more closed days.
    """

    time_zone: str = "UTC"
    hours: tuple[Opening, ...] = ()
    country: str = ""
    region: str = ""
    closed: tuple[date, ...] = ()
