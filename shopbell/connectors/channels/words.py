"""What a message's words become where a platform knows no Markdown, or takes only so many at once."""

import re
from collections.abc import Callable

_FENCE = re.compile(r"^[ \t]*(```|~~~)[^\n]*$\n?", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(\s*<?([^\s<>()]+)>?(?:\s+\"[^\"\n]*\")?\s*\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_UNDERLINED = re.compile(r"(?<![\w_])_(?=\S)([^_\n]+?)(?<=\S)_(?![\w_])")
_STRUCK = re.compile(r"~~(?=\S)([^\n]+?)(?<=\S)~~")
_CODE = re.compile(r"`([^`\n]+)`")
_ENDS = ("\n\n", "\n", ". ", "! ", "? ", "。", "！", "？", " ")


def plain(text: str) -> str:
    """Markdown as it reads without its signs: links keep their address, bullets become dots."""
    text = _FENCE.sub("", text)
    text = _HEADING.sub(r"\1", text)
    text = _BULLET.sub(r"\1• ", text)
    text = _LINK.sub(_linked, text)
    for signs, kept in (
        (_STRONG, r"\2"),
        (_EMPHASIS, r"\1"),
        (_UNDERLINED, r"\1"),
        (_STRUCK, r"\1"),
        (_CODE, r"\1"),
    ):
        text = signs.sub(kept, text)
    return text.strip()


def split(text: str, most: int, measure: Callable[[str], int] = len) -> list[str]:
    """The text in pieces of at most `most` (counted by `measure`: characters unless told), cut
    after a paragraph, else a line, a sentence, a word, else anywhere. No text: no pieces."""
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        if measure(rest) <= most:
            pieces.append(rest)
            break
        room = _fits(rest, most, measure)
        end = _cut(rest[:room])
        piece = rest[:end].rstrip()
        if piece:
            pieces.append(piece)
        rest = rest[end:].lstrip()
    return pieces


def utf16(text: str) -> int:
    """The length in UTF-16 code units, by which some platforms count: an emoji is two or more."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _linked(found: re.Match[str]) -> str:
    words, address = found.group(1).strip(), found.group(2)
    if not words or words == address:
        return address
    return f"{words} ({address})"


def _fits(text: str, most: int, measure: Callable[[str], int]) -> int:
    """How many characters from the start are at most `most` long; at least one."""
    low, high = 1, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(text: str) -> int:
    """Where to cut: after the last end that leaves the piece at least half full."""
    for end in _ENDS:
        at = text.rfind(end)
        if at >= len(text) // 2:
            return at + len(end)
    return len(text)
