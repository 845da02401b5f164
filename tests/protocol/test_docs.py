"""docs/protocol.md says what the code does: its examples decode, and it leaves no frame out."""

import re
from pathlib import Path
from types import UnionType
from typing import cast, get_args

import msgspec
import pytest

from shopbell.realtime import frames
from shopbell.server.typegen import typescript

HOUSE = Path(__file__).parents[2]
DOC = (HOUSE / "docs" / "protocol.md").read_text()
UNIONS: dict[str, UnionType] = {
    "agent": frames.AgentFrame,
    "shopper": frames.ShopperFrame,
    "agent-out": frames.AgentOut,
    "shopper-out": frames.ShopperOut,
}
EXAMPLES = [
    (found["who"], found["text"].strip())
    for found in re.finditer(r"^```json(?: (?P<who>\S+))?\n(?P<text>.*?)^```", DOC, re.M | re.S)
]
CLOSE_CODES = {value for name, value in vars(frames).items() if name.startswith("CLOSE_")}


def tag_of(kind: type[msgspec.Struct]) -> str:
    return str(kind.__struct_config__.tag)


def strangers(given: object, kept: object, where: str = "") -> list[str]:
    """Names in a JSON value that are not in what its type made of it."""
    if isinstance(given, dict) and isinstance(kept, dict):
        there, known = cast("dict[str, object]", given), cast("dict[str, object]", kept)
        found = [f"{where}.{name}" for name in there if name not in known]
        for name in there.keys() & known.keys():
            found += strangers(there[name], known[name], f"{where}.{name}")
        return found
    if isinstance(given, list) and isinstance(kept, list):
        pairs = zip(cast("list[object]", given), cast("list[object]", kept), strict=True)
        return [name for one, other in pairs for name in strangers(one, other, f"{where}[]")]
    return []


def whole(value: object) -> object:
    """A struct as plain JSON values, its defaults written out."""
    if isinstance(value, msgspec.Struct):
        fields = {name: whole(getattr(value, name)) for name in value.__struct_fields__}
        tag_field = value.__struct_config__.tag_field
        return {tag_field: tag_of(type(value)), **fields} if tag_field else fields
    if isinstance(value, tuple):
        return [whole(one) for one in cast("tuple[object, ...]", value)]
    return value


def test_the_document_has_examples_and_each_says_who_sends_it() -> None:
    assert len(EXAMPLES) > 10
    assert {who for who, _ in EXAMPLES} == set(UNIONS)


@pytest.mark.parametrize(("who", "text"), EXAMPLES)
def test_every_example_is_a_frame_of_its_type_without_strange_fields(who: str, text: str) -> None:
    frame = msgspec.json.decode(text, type=UNIONS[who])
    assert strangers(msgspec.json.decode(text), whole(frame)) == []


@pytest.mark.parametrize(
    ("who", "tag"),
    [(who, tag_of(kind)) for who, union in UNIONS.items() for kind in get_args(union)],
)
def test_every_frame_has_an_example_or_a_place_in_the_table(who: str, tag: str) -> None:
    shown = {msgspec.json.decode(text)["type"] for sender, text in EXAMPLES if sender == who}
    row = "may send" if who in ("agent", "shopper") else "receive"
    cells = next(line for line in DOC.splitlines() if line.startswith(f"| {row}")).split("|")
    named = {word.strip() for word in cells[2 if who.startswith("agent") else 3].split("·")}
    assert tag in named, f"the table's row {row!r} leaves out {tag!r}"
    assert tag in shown or f"`{tag}`" in DOC or tag in {"ping", "pong"}


def test_the_table_names_no_frame_that_is_not_there() -> None:
    for row, (agents, shoppers) in {
        "may send": (frames.AgentFrame, frames.ShopperFrame),
        "receive": (frames.AgentOut, frames.ShopperOut),
    }.items():
        cells = next(line for line in DOC.splitlines() if line.startswith(f"| {row}")).split("|")
        for cell, union in ((cells[2], agents), (cells[3], shoppers)):
            named = {word.strip() for word in cell.split("·")}
            assert named == {tag_of(kind) for kind in get_args(union)}


def test_the_close_codes_are_those_of_the_code() -> None:
    table = DOC.split("## Close codes", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|")[1] for line in table.splitlines() if re.match(r"\| \d", line)]
    told = {int(code) for row in rows for code in row.split("·")}
    assert told == CLOSE_CODES
    assert set(frames.ENDINGS) <= told


def test_the_typescript_types_are_fresh() -> None:
    assert (HOUSE / "web" / "shared" / "wire.ts").read_text() == typescript(), "run bin/types"
