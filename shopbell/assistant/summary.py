"""What the agents find when a ticket is handed to them, taken from the talk's own words."""

from collections.abc import Sequence

from shopbell.assistant.knowledge.search import Hit
from shopbell.assistant.talk import Talk
from shopbell.assistant.types import Page
from shopbell.assistant.words.listen import heard

_LONG = 400
_NO_MATTER = ("asked_for_person", "greeting", "thanks", "not_it")


def wants(talk: Talk) -> str:
    """What the customer asked last, in their own words, beyond asking for a person."""
    asked = [
        line.strip()
        for text in (*talk.before, talk.asked)
        for line in text.splitlines()
        if line.strip()
    ]
    matters = [line for line in asked if heard(line) not in _NO_MATTER]
    return _short(next(reversed(matters or asked), ""))


def summarise(talk: Talk, page: Page | None) -> str:
    """The customer's words in order, shortened, what people settled before, and the page."""
    said = [one for one in talk.public if one.author == "customer"]
    lines = [f"- {_short(one.text, 160)}" for one in said if one.text.strip()]
    kept = lines if len(lines) <= 5 else [lines[0], "- …", *lines[-4:]]
    head = "The customer wrote:" if kept else "The customer sent no words."
    pictures = sum(one.attachments for one in said)
    tail = [f"People settled: {_short(note, 160)}" for note in talk.settled]
    if pictures:
        tail.append(f"Files sent: {pictures}.")
    if page is not None and (page.title or page.url):
        tail.append(f"On the page: {_short(page.title or page.url or '', 120)}.")
    return "\n".join([head, *kept, *tail])


def tried(hits: Sequence[Hit], talk: Talk) -> tuple[str, ...]:
    """What the assistant did before it gave way."""
    steps: list[str] = []
    if talk.answers:
        times = {1: "once", 2: "twice"}.get(talk.answers, f"{talk.answers} times")
        steps.append(f"Answered {times} before.")
    if "sign_in" in talk.said:
        steps.append("Told them how to sign in to see their orders.")
    titles = list(dict.fromkeys(hit.title for hit in hits))[:3]
    if titles:
        steps.append("Looked in the help pages; nearest: " + ", ".join(titles) + ".")
    return tuple(steps)


def _short(text: str, longest: int = _LONG) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
