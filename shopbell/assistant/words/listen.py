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
    "also_wrote",
    "goodwill",
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
    "goodwill",
    "upset",
    "order_status",
    "also_wrote",
)
_WHOLE: tuple[Intent, ...] = ("not_it", "thanks", "greeting")
_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SHOUTED = re.compile(r"(?:\b[A-ZÄÖÜÉÈÑ]{3,}\b[^a-z]*){4,}")
_FACES: Mapping[Intent, re.Pattern[str]] = {
    "upset": re.compile("[😠😡🤬]"),
    "not_it": re.compile("[👎🙁☹]"),
    "thanks": re.compile("[👍👌🙏❤😀😃😄😊🙂😍🎉]"),
}
_LATE_DAYS = 60
"""Days after which a return is outside any usual window: a person decides."""
_RETURNING = re.compile(
    r"\breturn|\brefund|send (?:it|this|them) back|money back|rückgabe|zurück(?:geb|schick|send)"
    r"|erstatt|geld zurück|devol|reembols|rembours|retour|rimbors|restitu"
)
_AGO = re.compile(
    r"\bday (?P<day>\d+)|(?P<count>\d+|\b(?:an?|one|two|three|four|five|six|ein(?:em)?|zwei|drei|vier"
    r"|sechs|una?|dos|tres|seis|un|deux|trois))[ -](?P<unit>day|week|month|year|tag|woche|monat|jahr"
    r"|día|semana|mes|año|jour|semaine|mois|ans?\b)"
)
_UNITS = {
    **dict.fromkeys(("week", "woche", "semana", "semaine"), 7),
    **dict.fromkeys(("month", "monat", "mes", "mois"), 30),
    **dict.fromkeys(("year", "jahr", "año", "an", "ans"), 365),
}
_COUNTS = {
    **dict.fromkeys(("two", "zwei", "dos", "deux"), 2),
    **dict.fromkeys(("three", "drei", "tres", "trois"), 3),
    **dict.fromkeys(("four", "vier"), 4),
    **dict.fromkeys(("five",), 5),
    **dict.fromkeys(("six", "sechs", "seis"), 6),
}
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
    "goodwill": (
        "Can you make an exception for me?",
        "I am outside the return period, can I still get a refund?",
        "I want compensation for the delay",
        "Können Sie eine Ausnahme machen?",
        "¿Pueden hacer una excepción?",
    ),
    "upset": (
        "I am very angry",
        "I am really disappointed in you",
        "Your service is terrible",
        "Ich bin sehr enttäuscht von Ihnen",
        "Estoy muy enfadado",
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
    for intent in _ANYWHERE:
        if _patterns()[intent].search(plain):
            return intent
    if _RETURNING.search(plain) and _days_ago(plain) > _LATE_DAYS:
        return "goodwill"
    if _SHOUTED.search(text) or text.count("!") >= 4:
        return "upset"
    bare = _bare(text)
    if not bare:
        return next((intent for intent, face in _FACES.items() if face.search(text)), None)
    if bare in _phrases()["person_alone"]:
        return "asked_for_person"
    return next((intent for intent in _WHOLE if bare in _phrases()[intent]), None)


def without_courtesies(text: str) -> str:
    """The text less its lines that only greet or thank, unless it holds no other."""
    lines = [one for one in text.splitlines() if one.strip()]
    kept = [one for one in lines if heard(one) not in ("greeting", "thanks")]
    return "\n".join(kept or lines)


def wants_action(text: str) -> bool:
    """Whether a message that names an order asks for something to be done with it."""
    return _patterns()["needs_action"].search(_plain(text)) is not None


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
        intent: frozenset(_plain(one) if intent in _ANYWHERE else _bare(one) for one in phrases)
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
        for intent in (*_ANYWHERE, "needs_action")
    }


def _days_ago(plain: str) -> int:
    found = [
        int(one["day"]) if one["day"] else _count(one["count"]) * _UNITS.get(one["unit"], 1)
        for one in _AGO.finditer(plain)
    ]
    return max(found, default=0)


def _count(written: str) -> int:
    return int(written) if written.isdigit() else _COUNTS.get(written, 1)


def _bare(text: str) -> str:
    return re.sub(r"[^\w']+", " ", _plain(text)).strip()


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold().replace("’", "'").replace(",", " ")).strip()
