"""What a page shows and lets a person do: one conversation with the shop on one platform."""

import itertools
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from msgspec import Struct

from shopbell.desk.connections.types import ConnectionSettings

Action = Literal["edit", "delete", "react", "photo", "typing", "delivered", "read", "stop", "shut"]
Fault = Literal["429", "500", "silence", "token"]
Manner = Literal["chat", "mail", "server"]


class Picture(Struct, frozen=True, kw_only=True):
    """A file that somebody sent."""

    name: str
    media_type: str
    data: bytes


class Entry(Struct, kw_only=True):
    """One message on the page. `name` is the platform's; `files` are addresses that the page can
    show; `mark` is what the shopper told of it: a reaction, *delivered* or *read*."""

    name: str
    mine: bool
    text: str
    at: datetime
    place: str = ""
    subject: str = ""
    files: list[str] = []
    mark: str = ""
    edited: bool = False
    removed: bool = False


class Came(Struct, frozen=True, kw_only=True):
    """A message of the shop's as the platform took it."""

    name: str
    text: str
    place: str = ""
    subject: str = ""
    files: tuple[Picture | str, ...] = ()


class Place(Struct, frozen=True, kw_only=True):
    """Where on the platform one can write, when there is more than one."""

    name: str
    label: str
    hint: str = ""


class Refused(Exception):
    """The shop's hook did not take what the platform told it."""


class Shopper:
    """A person on one platform. A channel says what it `can`, and how each thing is told to the hook.

    `armed` is what the platform does to the shop's next message, if anything; `ended` and `is_shut`
    hold until they are taken back.
    """

    channel: ClassVar[str]
    label: ClassVar[str]
    me: ClassVar[str]
    manner: ClassVar[Manner] = "chat"
    about: ClassVar[str] = ""
    can: ClassVar[frozenset[Action]]
    places: ClassVar[Sequence[Place]] = (Place(name="", label=""),)
    account: ClassVar[str | None] = None

    def __init__(self) -> None:
        self.hook = ""
        self.entries: list[Entry] = []
        self.pictures: dict[str, Picture] = {}
        self.armed = ""
        self.ended = self.is_shut = False
        self.version = 0
        self._began = int(time.time())
        self._numbers = itertools.count(self._began * 10)
        self._shown = 0

    def running(self) -> AbstractAsyncContextManager[None]:
        """The platform, for the length of the block."""
        raise NotImplementedError

    @property
    def credentials(self) -> Mapping[str, str]:
        """What opens the account."""
        raise NotImplementedError

    @property
    def settings(self) -> ConnectionSettings:
        """Where the platform stands."""
        raise NotImplementedError

    def came(self) -> Sequence[Came]:
        """All that the shop has sent, in its order."""
        raise NotImplementedError

    async def write(self, entry: Entry, picture: Picture | None) -> None:
        """Tell the hook of a message of the shopper's. Raises Refused."""
        raise NotImplementedError

    async def tell(self, action: Action, entry: Entry, sign: str) -> None:
        """Tell the hook what the shopper did to a message, or that they type. Raises Refused."""
        raise NotImplementedError

    def meet(self, fault: Fault) -> None:
        """Have the next message of the shop's meet this."""
        raise NotImplementedError

    def end_token(self, ended: bool) -> None:
        """End the token that the shop knows, or make it good again."""
        raise NotImplementedError

    def shut(self, is_shut: bool) -> None:
        """Shut the platform's window for free answers, or open it again."""

    def look(self) -> int:
        """Show what has come since; the version of all that is shown."""
        for one in self.came()[self._shown :]:
            self._shown += 1
            self.armed = ""
            files = [self._kept(file) for file in one.files]
            self._add(
                Entry(
                    name=one.name,
                    mine=False,
                    text=one.text,
                    at=datetime.now(UTC),
                    place=one.place,
                    subject=one.subject,
                    files=files,
                )
            )
        return self.version

    async def say(
        self, text: str, *, place: str = "", subject: str = "", picture: Picture | None = None
    ) -> Entry:
        """Write to the shop. Raises Refused."""
        entry = Entry(
            name=self.next_name(),
            mine=True,
            text=text,
            at=datetime.now(UTC),
            place=place or self.places[0].name,
            subject=subject,
            files=[self._kept(picture)] if picture else [],
        )
        self.is_shut = False
        self.shut(False)
        await self.write(entry, picture)
        self._add(entry)
        return entry

    async def act(self, action: Action, name: str, text: str) -> None:
        """Do something to a message, by its name. Raises Refused, and KeyError where none is so called."""
        if action == "typing":
            await self.tell(action, Entry(name="", mine=True, text="", at=datetime.now(UTC)), text)
            return
        entry = next((one for one in self.entries if one.name == name), None)
        if entry is None:
            raise KeyError(name)
        if action == "edit":
            entry.text, entry.edited = text, True
        await self.tell(action, entry, text)
        if action == "delete":
            entry.text, entry.removed = "", True
        if action in ("react", "delivered", "read"):
            entry.mark = text or action
        self.version += 1

    def trouble(self, fault: Fault) -> None:
        """Trouble the platform; a token that ended stays so until this is asked again."""
        if fault == "token":
            self.ended = not self.ended
            self.end_token(self.ended)
        else:
            self.armed = fault
            self.meet(fault)
        self.version += 1

    def turn_window(self) -> None:
        """Shut the window, or open it again."""
        self.is_shut = not self.is_shut
        self.shut(self.is_shut)
        self.version += 1

    def next_name(self) -> str:
        """A name that no message had before, in this run or an earlier one."""
        return f"demo-{next(self._numbers)}"

    @property
    def began(self) -> int:
        """When this run began, in seconds: names count from it, so that no run repeats another's."""
        return self._began

    def last_mine(self) -> Entry | None:
        """The shopper's newest message."""
        return next((one for one in reversed(self.entries) if one.mine), None)

    def _add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self.version += 1

    def _kept(self, file: Picture | str) -> str:
        if isinstance(file, str):
            return file
        name = f"{len(self.pictures)}-{file.name}"
        self.pictures[name] = file
        return f"{self.channel}/files/{name}"


def check(status: int) -> None:
    """Raises Refused unless the hook said yes."""
    if status != 200:
        raise Refused(f"Shopbell answered {status}.")


def ms() -> int:
    """Now, in milliseconds."""
    return int(time.time() * 1000)


Told = dict[str, Any]
