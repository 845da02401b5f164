"""Card numbers and keys that people paste: masked before they are stored, sent on or thought about.

A card number is 13 to 19 digits, in one piece or in the groups printed on cards, that begins like a
card of a known network, has a length that network issues, and passes the Luhn check (ISO/IEC
7812-1). Order, phone and tracking numbers fail one of these, or stand in a longer run of groups.
"""

import re
from collections.abc import Iterator

import phonenumbers

SHORTEST, LONGEST = 13, 19
DOTS = "••••"

_GAP = "[ .\u00a0\u2009\u202f\\-\u2010-\u2015]{1,2}"
_NUMBERS = re.compile(rf"(?<![\w+])\d+(?:{_GAP}\d+)*(?!\w)")
_DIGITS = re.compile(r"\d+")

LAYOUTS = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 3, 3, 3))
"""The groups that cards are printed in."""

NETWORKS: tuple[tuple[range, int, frozenset[int]], ...] = (
    (range(4, 5), 1, frozenset({13, 16, 19})),
    (range(51, 56), 2, frozenset({16})),
    (range(2221, 2721), 4, frozenset({16})),
    (range(34, 35), 2, frozenset({15})),
    (range(37, 38), 2, frozenset({15})),
    (range(6011, 6012), 4, frozenset({16, 19})),
    (range(644, 650), 3, frozenset({16, 19})),
    (range(65, 66), 2, frozenset({16, 19})),
    (range(300, 306), 3, frozenset({14, 16, 19})),
    (range(36, 37), 2, frozenset({14, 16, 19})),
    (range(38, 40), 2, frozenset({14, 16, 19})),
    (range(3528, 3590), 4, frozenset({16, 19})),
    (range(62, 63), 2, frozenset({16, 17, 18, 19})),
    *((range(one, one + 1), 4, frozenset(range(13, 20))) for one in (5018, 5020, 5038, 5893)),
    *((range(one, one + 1), 4, frozenset(range(13, 20))) for one in (6304, 6759, 6761, 6762, 6763)),
)
"""First digits, how many of them, and the lengths issued: Visa, Mastercard (two), American Express
(two), Discover (three), Diners (three), JCB, UnionPay, Maestro."""

_EDGE = "(?<![A-Za-z0-9_-])"
_SECRETS = (
    re.compile(
        "-----BEGIN [A-Z0-9 ]*(PRIVATE KEY)[A-Z ]*-----"
        "(?:(?!-----BEGIN).)*?(?:-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|(?=-----BEGIN)|\\Z)",
        re.DOTALL,
    ),
    re.compile(_EDGE + r"(sk-|sk_live_|sk_test_|rk_live_|rk_test_|whsec_)[A-Za-z0-9_-]{16,}"),
    re.compile(_EDGE + r"(gh[opusr]_|github_pat_|glpat-|shp(?:at|ca|pa|ss)_)[A-Za-z0-9_-]{20,}"),
    re.compile(_EDGE + r"(xox[abeoprs]-|AIza|hf_|npm_|SG\.)[A-Za-z0-9_.-]{20,}"),
    re.compile(_EDGE + r"(AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    re.compile(_EDGE + r"(eyJ)[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]+){2,4}"),
)


def masked(text: str) -> str:
    """The text with card numbers as `•••• 1111` and keys as `sk-••••`; the rest as it was.

    Masking what is masked changes nothing.
    """
    for secret in _SECRETS:
        text = secret.sub(lambda found: f"{found[1]}{DOTS}", text)
    return _NUMBERS.sub(_run_masked, text)


def _run_masked(found: re.Match[str]) -> str:
    run = found[0]
    pieces: list[str] = []
    copied = 0
    for start, end in _cards_in(run):
        pieces += [run[copied:start], f"{DOTS} {_plain(run[start:end])[-4:]}"]
        copied = end
    return "".join([*pieces, run[copied:]])


def _cards_in(run: str) -> Iterator[tuple[int, int]]:
    """Where cards stand in a run of digit groups: not right behind another group of four, as the
    middle of a longer number would."""
    groups = [one.span() for one in _DIGITS.finditer(run)]
    sizes = [end - start for start, end in groups]
    at = 0
    free = True
    while at < len(groups):
        taken = _card_at(run, groups, sizes, at) if free else 0
        if taken:
            yield groups[at][0], groups[at + taken - 1][1]
        free = bool(taken) or sizes[at] != 4
        at += taken or 1


def _card_at(run: str, groups: list[tuple[int, int]], sizes: list[int], at: int) -> int:
    """How many groups from here make a card number: the most that do, else none."""
    printed = (layout for layout in LAYOUTS if tuple(sizes[at : at + len(layout)]) == layout)
    counts = [1, *(len(layout) for layout in printed)]
    for count in sorted(counts, reverse=True):
        if is_card(_plain(run[groups[at][0] : groups[at + count - 1][1]])):
            return count
    return 0


def is_card(digits: str) -> bool:
    """Whether these digits, and nothing else, are a card number."""
    if not SHORTEST <= len(digits) <= LONGEST or not _luhn(digits):
        return False
    known = any(
        int(digits[:count]) in first and len(digits) in lengths
        for first, count, lengths in NETWORKS
    )
    return known and not (len(digits) == SHORTEST and _is_phone(digits))


def _is_phone(digits: str) -> bool:
    """Whether it reads as a phone number with its country, written without the plus."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return False


def _luhn(digits: str) -> bool:
    doubled = (int(one) * (2 if at % 2 else 1) for at, one in enumerate(reversed(digits)))
    return sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


def _plain(run: str) -> str:
    """The digits alone, those of other scripts as 0 to 9."""
    return "".join(str(int(one)) for one in run if one.isdecimal())
