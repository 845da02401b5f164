"""Words made plain, and cut where people would cut them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.words import plain, split, utf16


@pytest.mark.parametrize(
    ("markdown", "reads"),
    [
        ("**Bold**, *soft* and _soft_", "Bold, soft and soft"),
        ("Read [returns](https://shop.example/r)", "Read returns (https://shop.example/r)"),
        ("[https://a.example](https://a.example)", "https://a.example"),
        ("# Sizes\n\n- S\n* M", "Sizes\n\n• S\n• M"),
        ("```py\nx = 1\n```", "x = 1"),
        ("Use `CODE10`, ~~CODE5~~", "Use CODE10, CODE5"),
        ("2 * 3 * 4 and a_b_c stay", "2 * 3 * 4 and a_b_c stay"),
        ("1. one\n2. two", "1. one\n2. two"),
    ],
)
def test_markdown_reads_without_its_signs(markdown: str, reads: str) -> None:
    assert plain(markdown) == reads


def test_a_text_is_cut_after_a_paragraph_a_sentence_or_a_word() -> None:
    assert split("One two.\n\nThree four five", 16) == ["One two.", "Three four five"]
    assert split("One two. Three four", 14) == ["One two.", "Three four"]
    assert split("abcdefgh ijk", 10) == ["abcdefgh", "ijk"]
    assert split("abcdefghijkl", 5) == ["abcde", "fghij", "kl"]
    assert split("  \n ", 5) == []


@given(st.text(max_size=400), st.integers(min_value=2, max_value=60))
def test_no_piece_is_too_long_and_no_word_is_lost(text: str, most: int) -> None:
    pieces = split(text, most, utf16)

    assert all(0 < utf16(one) <= most for one in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.text(alphabet="*_`~[]()#- \n<>ab", max_size=200))
def test_making_plain_takes_whatever_comes(text: str) -> None:
    assert len(plain(text)) <= len(text)
