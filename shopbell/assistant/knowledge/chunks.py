"""Cut an article's Markdown into chunks under their headings, with quotable sentences."""

import hashlib
import re
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

from shopbell.assistant.knowledge.words import count_words, split_sentences

FULL = 120
"""Words at which a chunk is closed."""
LONG_LIST = 60
"""Words up to which a list is one quotable piece together with the line before it."""


class Chunk(Struct, frozen=True, kw_only=True):
    """Text of one section; `sentences` are its parts as they may be quoted."""

    section: str | None
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.sentences)

    @property
    def hash(self) -> str:
        return hashlib.sha256(f"{self.section}\n{self.text}".encode()).hexdigest()[:32]


@dataclass
class _Section:
    title: str | None
    sentences: list[str] = field(default_factory=list[str])


def cut(title: str, body: str) -> list[Chunk]:
    """The chunks of an article, in order; a first heading that repeats the title is left out."""
    sections = _sections(title, MarkdownIt("commonmark").enable("table").parse(body))
    return [chunk for section in sections for chunk in _chunks(section)]


def _chunks(section: _Section) -> list[Chunk]:
    chunks: list[Chunk] = []
    held: list[str] = []
    words = 0
    for sentence in section.sentences:
        more = count_words(sentence)
        if held and words + more > FULL:
            chunks.append(Chunk(section=section.title, sentences=tuple(held)))
            held, words = [], 0
        held.append(sentence)
        words += more
    if held:
        chunks.append(Chunk(section=section.title, sentences=tuple(held)))
    return chunks


def _sections(title: str, tokens: list[Token]) -> list[_Section]:
    sections = [_Section(None)]
    path: dict[int, str] = {}
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "heading_open":
            level = int(token.tag[1])
            name = _inline(tokens[at + 1])
            path = {depth: one for depth, one in path.items() if depth < level}
            if name.casefold() != title.casefold():
                path[level] = name
            sections.append(_Section(" > ".join(path.values()) or None))
            at += 3
        elif token.type == "paragraph_open":
            sections[-1].sentences += split_sentences(_inline(tokens[at + 1]))
            at += 3
        elif token.type in ("bullet_list_open", "ordered_list_open", "table_open"):
            end = _end(tokens, at)
            rows = _rows if token.type == "table_open" else _items
            _add_list(sections[-1].sentences, rows(tokens[at : end + 1]))
            at = end + 1
        elif token.type in ("fence", "code_block"):
            sections[-1].sentences += [line for line in token.content.splitlines() if line.strip()]
            at += 1
        else:
            at += 1
    return sections


def _add_list(sentences: list[str], items: list[str]) -> None:
    lead = sentences[-1] if sentences and sentences[-1].endswith((":", "：")) else None
    whole = "\n".join(([lead] if lead else []) + items)
    if lead and count_words(whole) <= LONG_LIST:
        sentences[-1] = whole
    else:
        sentences += items


def _items(tokens: list[Token]) -> list[str]:
    ordered = tokens[0].type == "ordered_list_open"
    items: list[str] = []
    for token in tokens:
        if token.type == "inline":
            mark = f"{len(items) + 1}. " if ordered else "- "
            items.append(mark + _inline(token))
    return items


def _rows(tokens: list[Token]) -> list[str]:
    heads = [_inline(tokens[at + 1]) for at, one in enumerate(tokens) if one.type == "th_open"]
    rows: list[str] = []
    cells: list[str] = []
    for at, token in enumerate(tokens):
        if token.type == "td_open":
            cells.append(_inline(tokens[at + 1]))
        elif token.type == "tr_close" and cells:
            named = zip(heads, cells, strict=False)
            rows.append(" · ".join(f"{head}: {cell}" if head else cell for head, cell in named))
            cells = []
    return rows


def _end(tokens: list[Token], start: int) -> int:
    depth = 0
    for at in range(start, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at
    return len(tokens) - 1


def _inline(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
    return re.sub(r"\s+", " ", "".join(parts)).strip()
