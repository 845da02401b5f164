"""What a channel's connector is: a record of what it can do, a way to send, and ways to hear.

A connector speaks one platform and knows nothing of the desk: it turns bytes into facts and
deliveries into requests. What it can do besides sending it says by the protocols it also fits.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from msgspec import Struct

from shopbell.desk.connections.types import Capability, Connection, Health, Template
from shopbell.desk.deliveries.types import Outgoing, Refused, Sent, Unknown
from shopbell.desk.inbound.types import Fact, File, Raw


class Account(Struct, frozen=True, kw_only=True):
    """A connection with what opens it."""

    connection: Connection
    credentials: Mapping[str, str] = {}


class Field(Struct, frozen=True, kw_only=True):
    """One thing a person has to enter to connect an account; `help` says where to find it.

    `made`: left empty, Shopbell makes one and shows it once, to be entered at the platform: any
    `token`, or a `whsec` of Standard Webhooks.
    """

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    made: Literal["", "token", "whsec"] = ""


class Reply(Struct, frozen=True, kw_only=True):
    """What a platform's own question to a hook is answered."""

    body: bytes = b""
    status: int = 200
    media_type: str = "text/plain"


class Checked(Struct, frozen=True, kw_only=True):
    """How a connection is found to be; `words` say what to do. `account` is what the platform calls
    it, `name` what people would. `credentials` are new ones that take the place of the old, where the
    platform gives out tokens that end."""

    health: Health
    words: str = ""
    account: str = ""
    name: str = ""
    credentials: Mapping[str, str] = {}


class Channel(Protocol):
    """One channel, for all its connections. `form` is what to enter to connect an account."""

    capability: ClassVar[Capability]
    form: ClassVar[Sequence[Field]]

    async def send(self, outgoing: Outgoing) -> Sent | Refused | Unknown:
        """Hand the message to the platform, with `outgoing.id` as the idempotency key where it
        knows one. Never raises for what the platform or the network does."""
        ...


@runtime_checkable
class Hooked(Protocol):
    """A channel whose platform calls us."""

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """The answer to the platform's own question (a challenge), None where it is no question.
        Raises Unverified."""
        ...

    def verify(self, account: Account, raw: Raw) -> None:
        """Raises Unverified for whatever does not prove to come from the platform."""
        ...

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """Every fact in the payload, in its order; what is not understood becomes `other` with
        words that say why. Never raises for bytes."""
        ...


@runtime_checkable
class Acknowledging(Protocol):
    """A channel whose platform makes something of what it is answered: `taken` is the answer to a
    payload that was kept."""

    taken: ClassVar[Reply]


@runtime_checkable
class Bulky(Protocol):
    """A channel whose payloads are larger than most: `most_bytes` fit in one."""

    most_bytes: ClassVar[int]


Hear = Callable[[Raw], Awaitable[None]]
"""Keeps a payload and reads it; returns once it is kept."""


@runtime_checkable
class Listening(Protocol):
    """A channel that is heard over a connection which we hold open."""

    async def listen(self, account: Account, cursor: dict[str, Any], hear: Hear) -> None:
        """Hear until cancelled. `cursor` is kept for the next one who listens: change it in place
        after what it covers was heard. Raises Lost when the platform ends it for good."""
        ...

    def normalise(self, account: Account, raw: Raw) -> list[Fact]:
        """As of a hook."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """A channel whose files have to be fetched."""

    async def fetch(self, account: Account, file: File, most_bytes: int) -> File:
        """The file of this `ref` with its `data`, at most so many bytes, and its name where the
        platform tells one. Raises Unfetched for what cannot or must not be had."""
        ...


@runtime_checkable
class Checking(Protocol):
    """A channel whose platform can be asked whether an account still works."""

    async def check(self, account: Account) -> Checked:
        """Ask it. Never raises for what the platform or the network does."""
        ...


@runtime_checkable
class Templated(Protocol):
    """A channel whose platform approves messages for writing first."""

    async def templates(self, account: Account) -> list[Template] | None:
        """Those of the account; None where they could not be read. Never raises for what the
        platform or the network does."""
        ...


@runtime_checkable
class Naming(Protocol):
    """A channel whose messages do not say what their writer is called, so that its platform is asked."""

    async def name_of(self, account: Account, value: str) -> str:
        """What the person with this id is called; empty where the platform does not tell us, be it
        for a permission that we lack or because they do not want it. Raises NotNow."""
        ...


class NotNow(Exception):
    """The platform could not be asked just now; `retry_after` in seconds where it said so."""

    def __init__(self, retry_after: float | None = None) -> None:
        super().__init__("the platform could not be asked")
        self.retry_after = retry_after


class Lost(Exception):
    """The platform ended a held connection; `health` and `words` say what it means."""

    def __init__(self, words: str, health: Health = "reconnect") -> None:
        super().__init__(words)
        self.words = words
        self.health: Health = health


class Unfetched(Exception):
    """A file could not be had; `final` when trying again is of no use."""

    def __init__(self, words: str, *, final: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.final = final
