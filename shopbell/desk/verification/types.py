"""One-time codes: what is asked to be proven, and what came of it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Outcome = Literal["right", "apart", "wrong", "over"]
"""`apart`: it is theirs, but belongs to another sign-in of the shop, so people look at it. `over`:
used up, out of time, or wrong too often."""


class Proved(Struct, frozen=True, kw_only=True):
    """What came of a code that somebody wrote; `text` is what they wrote, with the code hidden."""

    outcome: Outcome
    text: str
    address: str
    language: str


class ToSend(Struct, frozen=True, kw_only=True):
    """A code to be sent now; `place` is where its channel sends it."""

    id: UUID
    thread_id: UUID
    connection_id: UUID
    place: str
    value: str
    language: str
    brand_name: str
    sends: int
    barred: bool
    expires_at: datetime
