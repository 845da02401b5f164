"""What the agents find when a ticket is handed to them, taken from the talk's own words."""

from collections.abc import Sequence

from shopbell.assistant.knowledge.search import Hit
from shopbell.assistant.types import Page, Said

_LONG = 400


def wants(messages: Sequence[Said]) -> str:
    """What the customer asked last, in their own words."""
    asked = [one.text.strip() for one in messages if one.author == "customer" and not one.note]
    return _short(next((text for text in reversed(asked) if text), ""))


def summarise(messages: Sequence[Said], page: Page | None) -> str:
    """The customer's words in order, shortened, and where they were when they wrote."""
    lines = [
        f"- {_short(one.text, 160)}"
        for one in messages
        if one.author == "customer" and one.text.strip() and not one.note
    ]
    kept = lines if len(lines) <= 5 else [lines[0], "- …", *lines[-4:]]
    head = "The customer wrote:" if kept else "The customer sent no words."
    pictures = sum(one.attachments for one in messages if one.author == "customer")
    tail: list[str] = []
    if pictures:
        tail.append(f"Files sent: {pictures}.")
    if page is not None and (page.title or page.url):
        tail.append(f"On the page: {_short(page.title or page.url or '', 120)}.")
    return "\n".join([head, *kept, *tail])


def tried(hits: Sequence[Hit], answers: int) -> tuple[str, ...]:
    """What the assistant did before it gave way."""
    steps: list[str] = []
    if answers:
        steps.append(f"Answered {answers} time{'s' if answers > 1 else ''} in this matter.")
    titles = list(dict.fromkeys(hit.title for hit in hits))[:3]
    if titles:
        steps.append("Looked in the help pages; nearest: " + ", ".join(titles) + ".")
    return tuple(steps)


def _short(text: str, longest: int = _LONG) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
