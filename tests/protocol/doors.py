"""The table of doors in docs/protocol.md, row by row."""

import re
from pathlib import Path

from msgspec import Struct

HOUSE = Path(__file__).parents[2]
ROW = re.compile(
    r"^\| (?P<method>[A-Z]+) (?P<path>/\S*) \| (?P<who>[^|]+) \| (?P<answer>[^|]+) \|$", re.M
)


class Door(Struct, frozen=True):
    """One row: `path` without its query, `who` may pass, and what is taken and answered."""

    method: str
    path: str
    who: str
    answer: str


def documented() -> tuple[Door, ...]:
    """Every row, as it is written."""
    text = (HOUSE / "docs" / "protocol.md").read_text()
    return tuple(
        Door(row["method"], row["path"].split("?")[0], row["who"], row["answer"])
        for row in ROW.finditer(text)
    )
