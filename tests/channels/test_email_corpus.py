"""What is new in an answer is told from what it quotes, for each mail program and language."""

import pytest

from shopbell.connectors.channels.email.reading import House, facts_of
from tests.mails.others import others
from tests.mails.programs import ALL, PROGRAMS, Case, answers


def read(case: Case) -> str:
    (fact,) = facts_of(case.mail, House())
    assert fact.mail is not None
    assert case.new.split("\n")[0] in fact.text, "the whole text is kept"
    return fact.mail.reply_text


def wrong(cases: list[Case]) -> dict[str, str]:
    """What was read instead, by the name of each case that was not read right."""
    return {one.name: found for one in cases if (found := read(one)).strip() != one.new}


@pytest.mark.parametrize("language", ALL)
def test_answers_are_read_in_every_language(language: str) -> None:
    cases = list(answers(language))
    assert len(cases) == 3 * len(PROGRAMS)
    assert wrong(cases) == {}


def test_answers_of_other_programs_and_traps_are_read() -> None:
    assert wrong(list(others())) == {}
