"""What a saved reply may be, in words for whoever writes one."""

import re

import msgspec

from shopbell.desk.errors import Invalid
from shopbell.desk.people.types import Agent
from shopbell.desk.replies.filling import NAMES, strange
from shopbell.desk.replies.types import (
    LONGEST_MIDDLE,
    LONGEST_WRAPPER,
    MOST_LANGUAGES,
    MOST_STEPS,
    AssignStep,
    NoteStep,
    ReplyStep,
    ReplyText,
    ResolveStep,
    SavedDraft,
    SnoozeStep,
    Step,
    TagStep,
)

_SHORTCUT = re.compile(r"[\w-]{1,32}")
LONGEST_TITLE = 80


def check_saved(agent: Agent, wanted: SavedDraft) -> SavedDraft:
    """The draft with its ends trimmed. Raises Invalid, with words that say what to do."""
    title = wanted.title.replace("\x00", "").strip()
    shortcut = wanted.shortcut.strip().lstrip("/").lower()
    if not title or len(title) > LONGEST_TITLE:
        raise Invalid(f"A title has 1 to {LONGEST_TITLE} characters", "Name it in a few words.")
    if shortcut and not _SHORTCUT.fullmatch(shortcut):
        raise Invalid(
            "A shortcut is one word of letters, digits and - with at most 32 characters",
            "Choose something short, such as late.",
        )
    if wanted.visibility == "team":
        if wanted.team_id is None or (agent.role != "admin" and wanted.team_id not in agent.teams):
            raise Invalid("Choose a team that you belong to", "Or show it to everybody.")
    elif wanted.team_id is not None:
        raise Invalid("Only what is shown to a team has a team", "Choose who sees it.")
    texts = tuple(_checked_text(one) for one in wanted.texts)
    if len({one.language for one in texts}) < len(texts):
        raise Invalid("A language is there twice", "Keep one text for each.")
    if len(texts) > MOST_LANGUAGES:
        raise Invalid(f"At most {MOST_LANGUAGES} languages fit", "Take some out.")
    _check_steps(wanted.steps, bool(texts))
    return msgspec.structs.replace(wanted, title=title, shortcut=shortcut, texts=texts)


def _checked_text(text: ReplyText) -> ReplyText:
    opening, close = text.opening.strip(), text.close.strip()
    middle = text.middle.replace("\x00", "")
    if not middle.strip():
        raise Invalid("The middle of a text is empty", "Write what is always said.")
    if len(middle) > LONGEST_MIDDLE:
        raise Invalid(
            f"The middle has {len(middle):,} characters; {LONGEST_MIDDLE:,} fit", "Shorten it."
        )
    for name, part in (("opening", opening), ("close", close)):
        if len(part) > LONGEST_WRAPPER:
            raise Invalid(
                f"The {name} has {len(part):,} characters; {LONGEST_WRAPPER} fit",
                "Move what is always said to the middle.",
            )
    for part in (opening, middle, close):
        _check_placeholders(part)
    return msgspec.structs.replace(
        text,
        language=text.language.lower(),
        opening=opening.replace("\x00", ""),
        middle=middle,
        close=close.replace("\x00", ""),
    )


def _check_placeholders(text: str) -> None:
    if (wrong := strange(text)) is not None:
        raise Invalid(f"There is no placeholder {wrong[:60]}", f"Choose one of {', '.join(NAMES)}.")


def _check_steps(steps: tuple[Step, ...], has_texts: bool) -> None:
    says = any(isinstance(one, ReplyStep) for one in steps)
    if not steps and not has_texts:
        raise Invalid("There is nothing in it", "Write a text, or add a step.")
    if len(steps) > MOST_STEPS:
        raise Invalid(f"A macro has at most {MOST_STEPS} steps", "Make two of it.")
    if steps and has_texts is not says:
        raise Invalid(
            "The text and the step that sends it go together",
            "Add the step *Reply*, or take the text out." if has_texts else "Write the text.",
        )
    for kind, name in ((ReplyStep, "reply"), (NoteStep, "note")):
        if sum(isinstance(one, kind) for one in steps) > 1:
            raise Invalid(f"A macro has one {name} at most", "Join the two.")
    for one in steps:
        _check_step(one)
    if any(isinstance(one, ResolveStep) for one in steps) and any(
        isinstance(one, SnoozeStep) for one in steps
    ):
        raise Invalid("A macro snoozes or resolves, not both", "Take one of the two out.")


def _check_step(step: Step) -> None:
    if isinstance(step, NoteStep):
        if not step.text.strip() or len(step.text) > LONGEST_MIDDLE:
            raise Invalid(f"A note has 1 to {LONGEST_MIDDLE:,} characters", "Write it anew.")
        _check_placeholders(step.text)
    if isinstance(step, TagStep) and not (step.add or step.remove):
        raise Invalid("A step for tags names none", "Name one, or take the step out.")
    if isinstance(step, AssignStep) and step.to_me and (step.agent_id or step.team_id):
        raise Invalid("A ticket goes to you or to somebody else", "Choose one of the two.")
