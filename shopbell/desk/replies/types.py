"""Saved replies, and macros: a saved reply with steps."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from shopbell.desk.tickets.types import Priority, Ticket

Visibility = Literal["me", "team", "all"]

MOST_OF_ONE_AGENT = 200
MOST_OF_ALL = 2_000
MOST_LANGUAGES = 12
MOST_STEPS = 10
LONGEST_WRAPPER = 500
LONGEST_MIDDLE = 4_000
LONGEST_SNOOZE_H = 24 * 90

Tag = Annotated[str, Meta(min_length=1, max_length=60)]
Tags = Annotated[tuple[Tag, ...], Meta(max_length=20)]


class ReplyText(Struct, frozen=True, kw_only=True):
    """What is said in one language (ISO 639-1): a greeting with something of their own, the standard
    middle, which stays word for word, and a personal close. Placeholders stand in double braces."""

    language: Annotated[str, Meta(min_length=2, max_length=2)]
    opening: str = ""
    middle: str
    close: str = ""


class ReplyStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="reply"):
    """Send the macro's own text to the customer."""


class NoteStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="note"):
    """Tell the team something; placeholders are filled in."""

    text: str


class TagStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="tag"):
    """Put tags on the ticket and take others off."""

    add: Tags = ()
    remove: Tags = ()


class AssignStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="assign"):
    """Give the ticket to whoever runs the macro (`to_me`), an agent, a team, or, with none, nobody."""

    to_me: bool = False
    agent_id: UUID | None = None
    team_id: UUID | None = None


class SnoozeStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="snooze"):
    """Out of sight for so many hours."""

    hours: Annotated[int, Meta(ge=1, le=LONGEST_SNOOZE_H)]


class PriorityStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="priority"):
    """Say how much it presses."""

    priority: Priority


class ResolveStep(Struct, frozen=True, kw_only=True, tag_field="do", tag="resolve"):
    """Close the matter."""


Step = ReplyStep | NoteStep | TagStep | AssignStep | SnoozeStep | PriorityStep | ResolveStep


class SavedReply(Struct, frozen=True, kw_only=True):
    """A text that is said often, in one or more languages. With `steps` it is a macro, whose text is
    sent where the step `reply` stands. `used` counts insertions and runs."""

    id: UUID
    title: str
    shortcut: str
    texts: tuple[ReplyText, ...]
    steps: tuple[Step, ...]
    visibility: Visibility
    owner_id: UUID
    team_id: UUID | None
    used: int
    last_used_at: datetime | None
    version: int
    updated_at: datetime


class SavedDraft(Struct, frozen=True, kw_only=True):
    """What an agent gives a saved reply to be."""

    title: str
    shortcut: str = ""
    texts: tuple[ReplyText, ...] = ()
    steps: tuple[Step, ...] = ()
    visibility: Visibility = "me"
    team_id: UUID | None = None


class Facts(Struct, frozen=True, kw_only=True):
    """What placeholders of one ticket are filled with: `values` by name, and `told` by language for
    what each language says in its own words. What is not known is not there."""

    values: dict[str, str]
    told: dict[str, dict[str, str]] = {}

    def within(self, language: str) -> dict[str, str]:
        """All values for a text of this language."""
        return self.values | (self.told.get(language) or self.told.get("en") or {})


class Stopped(Struct, frozen=True, kw_only=True):
    """Which step of a macro was refused (from 0), and why; nothing after it ran."""

    step: int
    kind: str
    title: str
    detail: str = ""
    holder: str = ""


class MacroRun(Struct, frozen=True, kw_only=True):
    """What came of a macro: how many steps were done, where it stopped if it did, and the ticket as
    it then stood."""

    done: int
    stopped: Stopped | None
    ticket: Ticket
