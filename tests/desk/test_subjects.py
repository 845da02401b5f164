"""Two subjects of one matter are the same, in every program's language; others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.desk.messages.subjects import bare_subject

ANSWERS = """Re: | RE: | re : | Re[2]: | Re(3): | Re^2: | RE:RE: | Re: Fwd: | Fwd: | FW: | AW: | Antw: | Antwort: | WG: | SV: | VS: | VL:
 | VB: | Odp: | Odpověď: | PD: | R: | RIF: | I: | RES: | Resp: | ENC: | RV: | TR: | Rép: | YNT: | İLT: | Vá: | Ang: | Bls: | Balas: | Răspuns:
 | Doorst: | ΑΠ: | ΣΧΕΤ: | Ответ: | Отв: | НА: | Відп: | השב: | הועבר: | رد: | 回复： | 回覆: | 答复： | 转发: | 返信: | 転送： | 회신: | 전달:
 | Ats: | Atb: | TL: | ตอบกลับ: | [EXTERNAL] | [EXTERN] Re: | Re: [External] Re: | \u200fRe: | \u00a0Re:\u00a0"""


@pytest.mark.parametrize("mark", [one.strip("\n ") for one in ANSWERS.split(" | ")])
def test_marks_of_answers_and_forwards_are_not_what_it_is_about(mark: str) -> None:
    assert bare_subject(f"{mark} Wool  Coat, size M") == "wool coat, size m"
    assert bare_subject(f"{mark}Wool coat, size M (Fwd)") == "wool coat, size m"


@pytest.mark.parametrize(
    "subject",
    ["", " ", "Re:", "RE: re:", "Fwd:", "回复：", "(no subject)", "Re: (kein Betreff)", "?!", "…"],
)
def test_some_say_nothing(subject: str) -> None:
    assert bare_subject(subject) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Order 17", "Order 18"),
        ("[Order 17] broken", "[Order 18] broken"),
        ("Return: coat", "Coat"),
        ("Regarding the coat", "the coat"),
        ("Size: M", "M"),
        ("Wool coat", "Wool coats"),
    ],
)
def test_other_matters_stay_apart(one: str, other: str) -> None:
    assert bare_subject(one) != bare_subject(other)


@given(st.text(max_size=20))
def test_any_text_is_read_and_what_is_bare_stays_so(text: str) -> None:
    bare = bare_subject(text)
    assert bare_subject(f"Re: {bare}") == bare_subject(bare)
