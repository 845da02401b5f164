"""What a message asks for before anything is looked up: by fixed words, then by likeness."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

from shopbell.assistant.knowledge.embed import Embedder, Vectors

Intent = Literal[
    "asked_for_person",
    "safety",
    "chargeback",
    "legal",
    "upset",
    "order_status",
    "greeting",
    "thanks",
    "not_it",
]
_ANYWHERE: tuple[Intent, ...] = (
    "safety",
    "chargeback",
    "legal",
    "asked_for_person",
    "upset",
    "order_status",
)
_WHOLE: tuple[Intent, ...] = ("not_it", "thanks", "greeting")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHOUTED = re.compile(r"(?:\b[A-ZÄÖÜÉÈÑ]{3,}\b[^a-z]*){4,}")
LIKE = 0.76
"""USE cosine from which a message means what an example means."""
CLEARLY = 0.06
"""By how much the nearest example must be nearer than the nearest of another meaning."""

_ALIKE: Mapping[Intent | None, Sequence[str]] = {
    "asked_for_person": (
        "I want to talk to a real person",
        "Can I speak with a human being?",
        "Please connect me to customer service staff",
        "I don't want to talk to a bot",
        "Ich möchte mit einem Menschen sprechen",
        "Quiero hablar con una persona",
        "担当者と話したい",
    ),
    "order_status": (
        "Where is my order?",
        "When will my order arrive?",
        "My parcel has still not arrived",
        "What is the status of my order?",
        "Wo ist meine Bestellung?",
        "¿Dónde está mi pedido?",
        "注文した商品はどこですか",
    ),
    None: (
        "How long does delivery take?",
        "What does delivery cost?",
        "When will I get my refund?",
        "Where is my refund?",
        "How can I return my order?",
        "Can I cancel my order?",
        "Can I change the address of my order?",
        "Part of my order is missing",
        "My parcel is damaged",
        "My parcel is marked as delivered but I do not have it",
        "My parcel is lost",
        "I did not get an order confirmation",
        "When is it back in stock?",
        "What are your opening hours?",
        "Where is my invoice?",
        "How can I contact you?",
        "Where is my return?",
        "Where is my gift card?",
        "The discount code does not work",
    ),
}


def heard(text: str) -> Intent | None:
    """The meaning of the message's fixed words; the gravest first, None where there is none."""
    plain = _plain(text)
    bare = plain.strip(" .!,?…")
    for intent in _ANYWHERE:
        if _patterns()[intent].search(plain):
            return intent
    if _SHOUTED.search(text) or text.count("!") >= 4:
        return "upset"
    for intent in _WHOLE:
        if bare in _phrases()[intent]:
            return intent
    return None


class Listener:
    """Knows examples of what people say, so that other words for the same are understood."""

    def __init__(self, intents: Sequence[Intent | None], vectors: Vectors) -> None:
        self._intents = intents
        self._vectors = vectors

    @classmethod
    async def ready(cls, embedder: Embedder) -> "Listener":
        """A listener whose examples are embedded."""
        pairs: list[tuple[Intent | None, str]] = [
            (intent, text) for intent, texts in _ALIKE.items() for text in texts
        ]
        return cls([one for one, _ in pairs], await embedder.quick([text for _, text in pairs]))

    def likened(self, quick: Vectors) -> Intent | None:
        """The intent whose example is clearly nearest to a message's vector, if near enough."""
        likeness = self._vectors @ quick
        best = int(np.argmax(likeness))
        intent = self._intents[best]
        others = [
            float(one)
            for one, other in zip(likeness, self._intents, strict=True)
            if other != intent
        ]
        near = float(likeness[best])
        return intent if near >= LIKE and near - max(others) >= CLEARLY else None


@cache
def _phrases() -> dict[str, frozenset[str]]:
    file = Path(__file__).with_name("phrases.toml")
    return {
        intent: frozenset(_plain(one) for one in phrases)
        for intent, phrases in tomllib.loads(file.read_text("utf-8")).items()
    }


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        intent: re.compile(
            "|".join(
                re.escape(one) if _SPACELESS.search(one) else rf"(?<!\w){re.escape(one)}(?!\w)"
                for one in sorted(_phrases()[intent], key=len, reverse=True)
            )
        )
        for intent in _ANYWHERE
    }


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'").replace(",", " ")).strip()
