"""What people should not have typed: cards and keys are masked before anything keeps or reads them."""

import re
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.desk.control.commands import release, take_over
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import check_draft, receive, reply
from shopbell.desk.messages.masking import LAYOUTS, NETWORKS, is_card, masked
from shopbell.desk.messages.types import Draft, Page
from tests.desk.conftest import Shop, shop

__all__ = ["shop"]

CARD = "4111 1111 1111 1111"
KEY = "sk-proj-4fT9aQ7bX2mN8cV5kL1zR6wE3"


@st.composite
def cards(draw: st.DrawFn) -> str:
    """A card number of any network and length, without gaps."""
    first, count, lengths = draw(st.sampled_from(NETWORKS))
    length = draw(st.sampled_from(sorted(lengths)))
    begin = str(draw(st.integers(first.start, first.stop - 1)))
    assert len(begin) == count
    body = begin + "".join(
        draw(st.lists(st.sampled_from("0123456789"), min_size=length, max_size=length))
    )
    body = body[: length - 1]
    return next(body + check for check in "0123456789" if _passes(body + check))


def _passes(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(int(one) for one in reversed(digits)):
        total += digit if place % 2 == 0 else sum(divmod(digit * 2, 10))
    return total % 10 == 0


def grouped(digits: str, sizes: tuple[int, ...], gap: str) -> str:
    ends = list(accumulate(sizes))
    return gap.join(digits[end - size : end] for end, size in zip(ends, sizes, strict=True))


prose = st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20).map(
    lambda text: f"{text} "
)


@given(card=cards(), before=prose, after=prose)
def test_a_card_number_in_one_piece_keeps_its_last_four_digits_only(
    card: str, before: str, after: str
) -> None:
    if not is_card(card):
        assert len(card) == 13, "only the shortest can be a phone number as well"
        return
    shown = masked(f"{before}{card} {after}")
    assert card not in shown
    assert f"•••• {card[-4:]}" in shown
    assert masked(shown) == shown


@given(
    card=cards(),
    layout=st.sampled_from(LAYOUTS),
    gap=st.sampled_from([" ", "-", "\u00a0", " -"]),
)
def test_a_card_number_in_printed_groups_is_masked_with_what_follows_left(
    card: str, layout: tuple[int, ...], gap: str
) -> None:
    if len(card) != sum(layout) or not is_card(card):
        return
    for after in ("", " 12/27 123", " 12 27", " 0527", ", thanks"):
        shown = masked(f"my card {grouped(card, layout, gap)}{after}")
        assert shown == f"my card •••• {card[-4:]}{after}"


@given(st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@given(st.text(st.sampled_from("0123456789 -4111.+#A\n")))
def test_masking_digits_twice_is_masking_once(text: str) -> None:
    assert masked(masked(text)) == masked(text)


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_no_number_of_at_most_twelve_digits_is_touched(number: int) -> None:
    for text in (f"{number}", f"#{number}", f"order {number:012d} please"):
        assert masked(text) == text


@given(cards())
def test_digits_that_fail_the_check_are_no_card(card: str) -> None:
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    assert masked(f"number {wrong}") == f"number {wrong}"


KEPT = [
    "Order #WF-104233 of 24.11.2026",
    "Call me on +49 151 2345 6789 or 0049 151 23456789",
    "4915112345678 is my number",
    "+4111111111111111",
    "UPS 1Z999AA10123456784",
    "1Z4111111111111111",
    "USPS 9400 1000 0000 0000 0000 00",
    "USPS 9400111141111111111111",
    "9400 4111 1111 1111 1111 22",
    "DHL 00340434161094021501",
    "JJD014600003812345678",
    "Royal Mail AB123456785GB",
    "IBAN DE89 3704 0044 0532 0130 00",
    "0000 0000 0000 0000",
    "1234 5678 9012 3456",
    "2026-11-24 10:00:00.000000",
    "sk-learn is a library, AKIA is not a key, eyJ neither",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
]


@pytest.mark.parametrize("text", KEPT)
def test_orders_phones_and_parcels_stay_readable(text: str) -> None:
    assert masked(text) == text


MASKED = [
    (f"{CARD} and 5555-5555-5555-4444", "•••• 1111 and •••• 4444"),
    ("3782 822463 10005", "•••• 0005"),
    ("30569309025904", "•••• 5904"),
    ("card:4111111111111111.", "card:•••• 1111."),
    ("４１１１１１１１１１１１１１１１", "•••• 1111"),
    (f"{CARD} {CARD}", "•••• 1111 •••• 1111"),
    (f"key {KEY}!", "key sk-••••!"),
    ("ghp_" + "a1B2" * 9, "ghp_••••"),
    ("github_pat_" + "a1B2_" * 9, "github_pat_••••"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIA••••"),
    ("shpat_" + "0f" * 16, "shpat_••••"),
    ("Bearer eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl", "Bearer eyJ••••"),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nthere",
        "PRIVATE KEY••••\nthere",
    ),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn cut off", "PRIVATE KEY••••"),
]


@pytest.mark.parametrize(("text", "shown"), MASKED)
def test_cards_and_keys_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_the_longest_hostile_text_is_masked_without_delay() -> None:
    for piece in ("4111-", "4 ", "eyJ-", "eyJ.", "sk-", "-----BEGIN PRIVATE KEY-----", "\u202f1"):
        masked(piece * (20_000 // len(piece)))


async def test_no_table_keeps_a_card_or_a_key(shop: Shop) -> None:
    told = f"My card is {CARD} and my key {KEY}"
    page = Page(url=f"https://shop.example/?t={KEY}", title=CARD)
    thread = await shop.thread()
    written = await receive(
        shop.desk, thread, shop.connection, Draft(id=uuid7(), text=told, page=page)
    )
    ticket = written.message.ticket_id
    await take_over(shop.desk, ticket, shop.ben)
    await reply(shop.desk, ticket, shop.ben, Draft(id=uuid7(), text=told))
    await reply(shop.desk, ticket, shop.ben, Draft(id=uuid7(), text=told, visibility="note"))
    await release(shop.desk, ticket, shop.ben, uuid7(), told)
    async with shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        for row in await found.fetchall():
            rows = await connection.execute(
                f"SELECT t::text AS line FROM {row['table_name']} t".encode()
            )
            for line in await rows.fetchall():
                assert not re.search(r"4111.?1111.?1111|4fT9aQ", line["line"]), row["table_name"]
    assert written.message.text == "My card is •••• 1111 and my key sk-••••"


def test_a_text_is_masked_before_anyone_is_given_it() -> None:
    assert check_draft(Draft(id=uuid7(), text=f" {CARD} ")).text == "•••• 1111"
