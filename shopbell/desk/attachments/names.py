"""File names as people see them: one short line, nothing hidden in it, no path."""

import re
import unicodedata

LONGEST = 120
NAMELESS = "file"
_LONGEST_ENDING = 12


def clean_name(name: str) -> str:
    """The last part of a path without control, zero-width and direction characters, at most 120
    characters long with its ending kept; `file` when nothing is left."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if one.isspace() else one for one in last if _is_seen(one))
    line = " ".join(seen.split()).strip(". ")
    stem, dot, ending = line.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        stem, ending = line, ""
    kept = stem[: LONGEST - len(dot + ending) if ending else LONGEST].rstrip(". ")
    return (f"{kept}.{ending}" if ending else kept) or NAMELESS


def _is_seen(one: str) -> bool:
    return one.isspace() or not unicodedata.category(one).startswith("C")
