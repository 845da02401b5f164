"""What the assistant says of its own: whole in every language that the widget speaks."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shopbell.assistant.words import templates
from shopbell.assistant.words.language import detect
from shopbell.desk.control.waits import Wait
from shopbell.desk.control.words import WORDS, named_clock, waiting

HOUSE = Path(__file__).parents[2]
ALL: dict[str, dict[str, Any]] = tomllib.loads(
    Path(templates.__file__).with_name("templates.toml").read_text("utf-8")
)
AT = datetime(2026, 5, 3, 14, tzinfo=UTC)


def test_what_the_widget_speaks_the_desk_and_the_assistant_speak() -> None:
    spoken = {file.stem for file in (HOUSE / "web" / "widget" / "words").glob("*.ts")}
    assert len(spoken) == 11
    assert spoken == set(WORDS) == set(ALL)


@pytest.mark.parametrize("language", ALL)
def test_every_language_has_every_template_with_the_same_facts(language: str) -> None:
    words, english = ALL[language], ALL["en"]
    assert list(words) == list(english)
    for name, text in english.items():
        if isinstance(text, str):
            assert facts(words[name]) == facts(text), name
    assert words["states"].keys() == english["states"].keys()
    assert words["languages"].keys() == set(ALL)
    assert len(words["months"]) == len(set(words["months"])) == 12
    assert len(WORDS[language].days) == len(set(WORDS[language].days)) == 7


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Was kostet der Versand?", "de"),
        ("Und was kostet das?", "de"),
        ("Comment retourner un article ?", "fr"),
        ("C'est combien la livraison ?", "fr"),
        ("¿Puedo devolverlo?", "es"),
        ("E quanto costa?", "it"),
        ("Quanto custa o envio?", "pt"),
        ("En mag hij in de droger?", "nl"),
        ("A ile mam dni?", "pl"),
        ("Och vad kostar det?", "sv"),
        ("Og hvor mange dage har jeg?", "da"),
        ("何日以内ですか？", "ja"),
        ("Heron roll neck size M?", "en"),
        ("Was it the Cairn?", "en"),
        ("Die cast buttons or wood?", "en"),
        ("iPhone case price", "en"),
    ],
)
def test_a_short_question_shows_its_language(text: str, language: str) -> None:
    assert detect(text) == language
    assert detect(text, language) == language


def facts(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", WORDS)
def test_a_promised_hour_says_whose_clock_it_is(language: str) -> None:
    wait = Wait(by=AT, zone="Europe/Amsterdam", language=language)
    for day in (AT, AT - timedelta(days=2), AT - timedelta(days=30)):
        told = waiting(wait, day)
        assert "16:00" in told
        assert "Amsterdam" in told
        assert "{" not in told
    told = templates.with_wait("", language, AT.astimezone(ZoneInfo("Europe/Amsterdam")))
    assert "16:00" in told
    assert "Amsterdam" in told


@pytest.mark.parametrize(
    ("zone", "language", "told"),
    [
        ("Europe/Amsterdam", "en", "16:00 (Amsterdam time)"),
        ("Europe/Amsterdam", "de-AT", "16:00 Uhr (Ortszeit Amsterdam)"),
        ("Europe/Amsterdam", "pl", "16:00 (czas: Amsterdam)"),
        ("America/Argentina/Buenos_Aires", "en", "11:00 (Buenos Aires time)"),
        ("UTC", "en", "14:00 (UTC)"),
        ("Etc/GMT+3", "sv", "11:00 (GMT+3)"),
    ],
)
def test_a_clock_is_named_shortly(zone: str, language: str, told: str) -> None:
    assert named_clock(AT.astimezone(ZoneInfo(zone)), language) == told


def test_an_hour_of_another_day_names_the_day_beside_the_clock() -> None:
    by = datetime(2031, 5, 3, 16, tzinfo=ZoneInfo("Europe/Amsterdam"))
    told = templates.with_wait("Moment.", "en", by)
    assert told == "Moment. You'll hear from us by 16:00 (Amsterdam time, 3 May)."
