"""Connections, the brands they speak for, and what a channel can do."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

AnswerMode = Literal["first", "suggest", "off"]
Health = Literal["ok", "degraded", "reconnect", "off"]
Consent = Literal["wrote", "agreed", "known"]
BlankPart = Literal["header", "body", "button"]
BlankKind = Literal["text", "url", "code", "image", "video", "document"]
LIVE_CHANNELS = frozenset({"webchat"})
"""Channels where committing is sending, see `Capability.live`; the others' messages are queued."""


class Capability(Struct, frozen=True, kw_only=True):
    """What a channel can carry: composer, assistant and rules read this and nothing else.

    `max_text` in characters, `max_file` in bytes, `reply_window` in hours (None: never shuts).
    `human_window`: in those hours people may still answer after the window shut.
    `sender` is the kind of identity by which the platform names people.
    `live` says that committing a message is sending it: readers follow the stream themselves.
    `copies`: others may get a message too, in sight of the customer or not.
    `segments`: each text is sent, and paid for, in the parts that phone networks know.
    """

    channel: str
    label: str
    max_text: int
    media_types: tuple[str, ...] = ()
    max_file: int = 0
    formatting: Literal["plain", "markdown", "html"] = "plain"
    buttons: int = 0
    reply_window: int | None = None
    human_window: int | None = None
    templates: bool = False
    receipts: tuple[Literal["delivered", "read"], ...] = ()
    typing: bool = False
    idempotent_sends: bool = False
    community: bool = False
    live: bool = False
    segments: bool = False
    copies: bool = False
    sender: str = ""
    regions: str = ""


class Opening(Struct, frozen=True, kw_only=True):
    """One block of staffed hours; `day` 0 is Monday, times are local `HH:MM`. One that ends no
    later than it starts ends the next day."""

    day: int
    start: str
    end: str


class BrandSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a brand looks and speaks, and when its people are there: in these hours, but not on the
    public holidays of `country` (ISO 3166-1) and `region` (ISO 3166-2 suffix) nor on `closed` days.
    `handle_minutes` is how long a person is busy with one who waits, `elsewhere_minutes` how long a
    reply may stay unseen on the page before it goes to the address left there (0: for ever). What is
    promised stands in the policies (docs/sla.md)."""

    time_zone: str = "UTC"
    hours: tuple[Opening, ...] = ()
    country: str = ""
    region: str = ""
    closed: tuple[date, ...] = ()
    handle_minutes: int = 6
    elsewhere_minutes: int = 2
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


class Place(Struct, frozen=True, kw_only=True):
    """Where answers of a thread go by one connection, as the platform names it.

    `identity` is who is answered, `community` a place that others read too, `window_until` until
    when the platform takes free answers (None: it never shuts).
    """

    place: str
    identity: str
    community: bool = False
    window_until: datetime | None = None


class Contact(Struct, frozen=True, kw_only=True):
    """How a customer can be answered by one connection: where they wrote from, or, with no
    `heard_at`, an address of theirs that was verified elsewhere. One that is `claimed` they only left
    on the page: nobody has proven that it is theirs. `consent` says why we may write there: they wrote,
    they agreed (by leaving the address, or by proving it), or the address is merely known to be
    theirs, which is enough for a mail and not for a text message."""

    thread_id: UUID
    connection_id: UUID
    channel: str
    place: str
    identity: str
    community: bool = False
    window_until: datetime | None = None
    opted_out: bool = False
    claimed: bool = False
    consent: Consent = "wrote"
    heard_at: datetime | None = None


class Blank(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place of a template to be filled in, at most `most` characters long.

    `name` is the platform's: a number or a word, and for a button its place from 0. `kind` says what
    goes there: words, the end of a button's address, a code to copy, or a file that comes along.
    """

    part: BlankPart
    name: str
    kind: BlankKind = "text"
    most: int
    example: str = ""

    @property
    def key(self) -> str:
        """By which a filling names it."""
        return f"{self.part}.{self.name}"


class TemplateButton(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a button says, and the address or number that it leads to, if it does."""

    label: str
    leads: str = ""


class Template(Struct, frozen=True, kw_only=True):
    """A message that a platform lets a shop begin with, in one language. `status` is the platform's
    word; only APPROVED ones can be sent. Its texts hold `{{name}}` where a blank is. `unfit`
    says why it cannot be sent from here, if so."""

    name: str
    language: str
    external_id: str = ""
    category: str = ""
    status: str
    reason: str = ""
    header: str = ""
    body: str = ""
    footer: str = ""
    buttons: tuple[TemplateButton, ...] = ()
    blanks: tuple[Blank, ...] = ()
    unfit: str = ""


class Filling(Struct, frozen=True, kw_only=True):
    """A template of the platform's and what goes into its blanks, by their keys (`body.1`)."""

    name: str
    language: str
    values: dict[str, str] = {}


class FilledBlank(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What goes into one blank; a file's has no `value`."""

    part: BlankPart
    name: str
    kind: BlankKind = "text"
    value: str = ""


class FilledTemplate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A template as it is sent: the platform's name for it, and its blanks filled in their order."""

    name: str
    language: str
    blanks: tuple[FilledBlank, ...] = ()


class ConnectionSettings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Settings of one connection; for web chat `origins` are the pages that may embed it
    (empty: any), for a custom channel `endpoint` is where messages are posted. `options` are a
    channel's own, such as the servers of a mailbox; `base_url` stands in for the platform's address."""

    origins: tuple[str, ...] = ()
    endpoint: str = ""
    base_url: str = ""
    options: dict[str, str] = {}


class Connection(Struct, frozen=True, kw_only=True):
    """One configured account of a channel."""

    id: UUID
    brand_id: UUID
    channel: str
    name: str
    public_key: str | None = None
    answer_mode: AnswerMode = "first"
    health: Health = "ok"
    health_words: str = ""
    account: str | None = None
    settings: ConnectionSettings = ConnectionSettings()
