"""What a turn makes of the talk so far: the question now, what went before, what people settled."""

import re
from collections.abc import Sequence

from msgspec import Struct

from shopbell.assistant.types import Said
from shopbell.assistant.words.templates import template_of

_LONGEST = 2000
_WORD = re.compile(r"[^\W\d_]{6,}")
_STEM = 6


class Talk(Struct, frozen=True, kw_only=True):
    """A thread's messages as one turn reads them.

    `asked` is everything the customer said since anybody answered, `before` what they asked earlier
    under the assistant, oldest first, `answers` how often that was answered with facts, and `said`
    the names of the fixed templates they were told, `last_said` the last one's if it was one. `settled` holds the agents' notes. What was
    asked and answered before people last had the ticket counts no more.
    """

    public: tuple[Said, ...]
    asked: str
    before: tuple[str, ...]
    answers: int
    said: frozenset[str]
    last_said: str | None
    settled: tuple[str, ...]


def read(messages: Sequence[Said]) -> Talk:
    """Read a thread's messages, oldest first."""
    cut = max((at for at, one in enumerate(messages, 1) if one.author == "agent"), default=0)
    since = [one for one in messages[cut:] if not one.note]
    last = max((at for at, one in enumerate(since, 1) if one.author == "assistant"), default=0)
    told = [one.text for one in since if one.author == "assistant"]
    named = [template_of(text) for text in told]
    return Talk(
        public=tuple(one for one in messages if not one.note),
        asked="\n".join(_words_of(since[last:]))[:_LONGEST],
        before=tuple(text[:_LONGEST] for text in _words_of(since[:last])[-3:]),
        answers=sum(name is None for name in named),
        said=frozenset(name for name in named if name is not None),
        last_said=named[-1] if named else None,
        settled=tuple(one.text for one in messages if one.note and one.author == "agent")[-3:],
    )


def share_words(one: str, other: str) -> bool:
    """Whether two texts share a long word, by its first six letters."""
    return bool(_stems(one) & _stems(other))


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}


def _words_of(messages: Sequence[Said]) -> list[str]:
    return [one.text for one in messages if one.author == "customer" and one.text.strip()]
