"""Connections, the brands they speak for, and what a channel can do."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

AnswerMode = Literal["first", "suggest", "off"]
Health = Literal["ok", "degraded", "reconnect", "off"]
LIVE_CHANNELS = frozenset({"webchat"})
"""Channels where committing is sending, see `Capability.live`; the others' messages are queued."""


class Capability(Struct, frozen=True, kw_only=True):
    """What a channel can carry: composer, assistant and rules read this and nothing else.

    `max_text` in characters, `max_file` in bytes, `reply_window` in hours (None: never shuts).
    `live` says that committing a message is sending it: readers follow the stream themselves.
    """

    channel: str
    label: str
    max_text: int
    media_types: tuple[str, ...] = ()
    max_file: int = 0
    formatting: Literal["plain", "markdown", "html"] = "plain"
    buttons: int = 0
    reply_window: int | None = None
    templates: bool = False
    receipts: tuple[Literal["delivered", "read"], ...] = ()
    typing: bool = False
    idempotent_sends: bool = False
    community: bool = False
    live: bool = False


class Opening(Struct, frozen=True, kw_only=True):
    """One block of staffed hours; `day` 0 is Monday, times are local `HH:MM`."""

    day: int
    start: str
    end: str


class BrandSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a brand looks and speaks, and when its people are there. `pickup_minutes` is the
    published target for a person to pick up a chat."""

    time_zone: str = "UTC"
    hours: tuple[Opening, ...] = ()
    pickup_minutes: int = 2
    handle_minutes: int = 6
    greeting: str = "Hi! Ask us anything about the shop."
    color: str = "#2f5d50"
    assistant_name: str = "Assistant"
    voice: str = ""
    language: str = "en"


class Brand(Struct, frozen=True, kw_only=True):
    """A storefront."""

    id: UUID
    name: str
    settings: BrandSettings = BrandSettings()


class ConnectionSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Settings of one connection; for web chat `origins` are the pages that may embed it
    (empty: any), for a custom channel `endpoint` is where messages are posted."""

    origins: tuple[str, ...] = ()
    endpoint: str = ""


class Connection(Struct, frozen=True, kw_only=True):
    """One configured account of a channel."""

    id: UUID
    brand_id: UUID
    channel: str
    name: str
    public_key: str | None = None
    answer_mode: AnswerMode = "first"
    health: Health = "ok"
    settings: ConnectionSettings = ConnectionSettings()
