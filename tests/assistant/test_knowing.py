"""What search knows beside likeness: matters in every language, figures, and places."""

import pytest

from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.knowledge.figures import asked_for, holds
from shopbell.assistant.knowledge.matters import matters, narrow
from shopbell.assistant.knowledge.search import search
from shopbell.assistant.knowledge.words import split_sentences
from shopbell.assistant.ports import Ports
from shopbell.assistant.types import Answer, HandOff
from tests.assistant.conftest import turn


@pytest.mark.parametrize(
    "words",
    [
        "How do I send something back?",
        "Wie kann ich es zurücksenden?",
        "¿Cómo lo devuelvo?",
        "Comment le retourner ?",
        "Hoe kan ik retourneren?",
        "Como devolver?",
        "返品したい",
    ],
)
def test_one_matter_is_known_in_every_language(words: str) -> None:
    assert "return" in matters(words)


def test_a_beginning_is_not_the_whole_word_and_a_phrase_is_not_its_parts() -> None:
    assert "app" in matters("Is there an app?")
    assert "app" not in matters("My application was approved")
    assert "loyalty" in matters("Can I earn points?")
    assert "loyalty" not in matters("Choose a pick-up point; points of sale")


def test_places_and_things_must_be_met() -> None:
    assert narrow(matters("Do you ship parcels to Japan?")) == {"japan"}
    assert narrow(matters("Do you ship parcels?")) == frozenset()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How long does delivery take?", "time"),
        ("Wie viele Tage habe ich?", "time"),
        ("¿Cuánto cuesta el envío?", "money"),
        ("Bei wie viel Grad?", "degrees"),
        ("À quelle heure ouvrez-vous ?", "clock"),
        ("How many pieces do I need?", "count"),
        ("Can I return it?", None),
    ],
)
def test_the_kind_of_figure_is_told_by_the_question(question: str, kind: str | None) -> None:
    assert asked_for(question) == kind


def test_a_figure_of_a_kind_is_found() -> None:
    assert holds("It takes 3 to 5 working days.", "time")
    assert holds("It costs €4.90.", "money")
    assert holds("Open until 20:00.", "clock")
    assert not holds("Orders over 100 pieces.", "time")
    assert not holds("It takes 3 days.", "money")


def test_a_quotation_inside_a_sentence_ends_neither_it_nor_its_marks() -> None:
    text = 'Ask "where is it?" in the chat. He said "no." Then he left.'

    assert split_sentences(text) == [
        'Ask "where is it?" in the chat.',
        'He said "no."',
        "Then he left.",
    ]


@pytest.mark.parametrize(
    ("question", "language", "key"),
    [
        ("How long does delivery take?", "en", "delivery-costs-and-times"),
        ("How long do I have to return something?", "en", "returns-policy"),
        ("Wie viele Tage habe ich für die Rückgabe?", "de", "returns-policy"),
        ("Was kostet der Versand nach Deutschland?", "de", "delivery-costs-and-times"),
        ("¿Puedo devolver un artículo rebajado?", "es", "sale-and-final-sale"),
        ("Ik heb het verkeerde artikel gekregen", "nl", "wrong-item"),
        ("学生割引はありますか", "ja", "discount-codes"),
    ],
)
async def test_the_page_that_is_about_it_comes_first(
    ports: Ports, embedder: LocalEmbedder, question: str, language: str, key: str
) -> None:
    found = await search(ports.pool, embedder, question, language=language)

    assert found.hits[0].key == key


async def test_the_section_for_the_country_is_the_one_quoted(ports: Ports) -> None:
    thought = await turn(ports, "Was kostet der Versand nach Deutschland?")

    assert isinstance(thought.decision, Answer)
    assert "€4.90" in thought.decision.text


async def test_what_differs_by_country_is_told_for_each_where_none_was_named(ports: Ports) -> None:
    thought = await turn(ports, "How long does delivery take?")

    assert isinstance(thought.decision, Answer)
    text = thought.decision.text
    for country, days in (("Germany", "2 to 3"), ("France", "3 to 5"), ("Norway", "4 to 6")):
        assert text.index(country) < text.index(f"takes {days} working days")


@pytest.mark.parametrize(
    "question",
    [
        "How long does delivery to Japan take?",
        "¿Envían a Argentina?",
        "Kann ich mit Scheck bezahlen?",
        "Do pensioners get a discount?",
        "Réparez-vous les chaussures ?",
        "Do you sell yarn for knitting?",
    ],
)
async def test_what_a_page_does_not_name_is_not_answered_from_it(
    ports: Ports, question: str
) -> None:
    thought = await turn(ports, question)

    assert isinstance(thought.decision, HandOff)
    assert thought.decision.reason == "no_grounded_answer"
