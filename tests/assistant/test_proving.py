"""What the assistant does when somebody says that they also wrote from elsewhere."""

from typing import Any, cast

import pytest

from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.ports import Ports
from shopbell.assistant.types import HandOff, Prove, Said, Say
from shopbell.assistant.words.listen import heard
from shopbell.assistant.words.templates import say
from tests.assistant.conftest import said, turn

MAIL = "mia@mail.example"
COLD = Ports(pool=cast("Any", None), embedder=LocalEmbedder(), listener=cast("Any", None))
"""Ports that hold nothing: fixed words decide such a turn before anything is looked up."""


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "I also wrote by mail last week"),
        ("en", "Hello, I also sent you an email about this"),
        ("de", "Ich habe Ihnen auch per Mail geschrieben"),
        ("es", "También envié un correo la semana pasada"),
        ("fr", "Je vous ai aussi envoyé un mail"),
        ("it", "Vi ho anche mandato una mail ieri"),
        ("pt", "Também enviei um email na semana passada"),
        ("nl", "Ik heb u vorige week ook een mail gestuurd"),
        ("ja", "先週メールでも連絡しました"),
        ("pl", "Wysłałam też maila w zeszłym tygodniu"),
        ("sv", "Jag har också skickat ett mejl förra veckan"),
        ("da", "Jeg har også sendt en mail i sidste uge"),
    ],
)
async def test_it_asks_which_address_and_then_has_a_code_sent(language: str, words: str) -> None:
    asked = await turn(COLD, words, email=MAIL, language=language)
    assert asked.decision == Say(
        text=say("which_address", language), language=language, template="which_address"
    )
    named = await turn(
        COLD,
        words,
        said("assistant", asked.decision.text),
        "other@mail.example",
        email=MAIL,
        language=language,
    )
    assert isinstance(named.decision, Prove)
    assert named.decision.address.value == "other@mail.example"
    assert named.trace.decision == "prove"


async def test_an_address_that_stands_with_it_is_not_asked_for() -> None:
    for words, kind, value in (
        ("I also wrote by mail, from Other@Mail.Example.", "email", "other@mail.example"),
        ("I also texted you from +49 170 1234567", "phone", "+491701234567"),
        ("I also texted you from 0170 1234567", "phone", "+491701234567"),
    ):
        thought = await turn(COLD, words, email=MAIL, country="DE")
        assert isinstance(thought.decision, Prove)
        assert (thought.decision.address.kind, thought.decision.address.value) == (kind, value)


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        ("I already emailed you, I want to talk to a real person", "asked_for_person"),
        ("I also wrote by mail and my lawyer will write next", "legal"),
        ("I also wrote by mail", "also_wrote"),
    ],
)
def test_what_matters_more_than_an_address_comes_first(words: str, intent: str) -> None:
    assert heard(words) == intent


async def test_who_has_proven_nothing_goes_to_people() -> None:
    thought = await turn(COLD, "I also wrote by mail, from other@mail.example")
    assert isinstance(thought.decision, HandOff)
    assert thought.decision.reason == "needs_verification"


async def test_who_names_no_address_twice_goes_to_people() -> None:
    which = said("assistant", say("which_address", "en"))
    thought = await turn(COLD, "I also wrote by mail", which, "I also wrote by mail!", email=MAIL)
    assert isinstance(thought.decision, HandOff)


async def test_an_address_alone_means_nothing_where_it_was_not_asked_for(ports: Ports) -> None:
    talk: list[str | Said] = [
        "I also wrote by mail",
        said("assistant", say("which_address", "en")),
        said("agent", "I found it, thank you."),
        "mia@mail.example",
    ]
    thought = await turn(ports, *talk, email=MAIL)
    assert not isinstance(thought.decision, Prove)
