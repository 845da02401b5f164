"""Read files of text as articles: Markdown, plain text and HTML, each file its own source."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from msgspec import Struct

from shopbell.assistant.words.language import detect
from shopbell.desk.articles.types import ArticleText, SourceText

KINDS = frozenset({".md", ".markdown", ".txt", ".html", ".htm"})
_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(\w+):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_TAG = re.compile(r"[a-z]{2}")
_ENOUGH = 2000
"""Letters from which a file's language is told."""
_BLOCKS = frozenset(
    ("p", "div", "section", "article", "main", "td", "th", "blockquote", "pre", "dd", "dt")
)
_UNREAD = frozenset(
    ("script", "style", "noscript", "template", "nav", "header", "footer", "form", "svg")
)


class FileText(Struct, frozen=True, kw_only=True):
    """One file as the base keeps it: its own source, with one article."""

    source: SourceText
    article: ArticleText


def files_at(path: Path) -> Iterator[tuple[str, Path]]:
    """The readable files at a path with their names: relative to it, or the file's own name.

    Hidden files and folders are left out. In order of name.
    """
    if path.is_file():
        yield path.name, path
        return
    for file in sorted(path.rglob("*")):
        inside = file.relative_to(path)
        hidden = any(part.startswith(".") for part in inside.parts)
        if file.is_file() and not hidden and file.suffix.lower() in KINDS:
            yield inside.as_posix(), file


def read(name: str, file: Path) -> FileText | None:
    """A file's text; None where it holds none. Bytes that are no UTF-8 are replaced.

    Title and language come from front matter, else from the first heading (or the file's name) and
    from the text itself.
    """
    text = file.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n")
    title = ""
    if file.suffix.lower() in (".html", ".htm"):
        title, text = _of_html(text)
    front = _FRONT.match(text)
    fields = dict(_FIELD.findall(front[1])) if front else {}
    body = text[front.end() :] if front else text
    if not body.strip():
        return None
    heading = _HEADING.search(body) if file.suffix.lower() != ".txt" else None
    title = fields.get("title", "").strip("\"'") or title or (heading[1] if heading else "")
    language = fields.get("language", "")
    return FileText(
        source=SourceText(name=name, kind="file"),
        article=ArticleText(
            key=name,
            title=title or re.sub(r"[-_]+", " ", file.stem).strip() or name,
            body=body,
            language=language if _TAG.fullmatch(language) else detect(body[:_ENOUGH]),
        ),
    )


def _of_html(text: str) -> tuple[str, str]:
    page = _Page()
    page.feed(text)
    page.close()
    return " ".join(page.title.split()), page.markdown()


class _Page(HTMLParser):
    """An HTML page's title, and its text as Markdown with headings and lists."""

    def __init__(self) -> None:
        super().__init__()
        self.title = ""
        self._blocks: list[str] = []
        self._held = ""
        self._mark = ""
        self._unread = 0
        self._in_title = False

    def markdown(self) -> str:
        self._close_block()
        return "\n\n".join(self._blocks)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title":
            self._in_title = True
        elif tag in _UNREAD:
            self._unread += 1
        elif re.fullmatch(r"h[1-6]", tag):
            self._close_block("#" * int(tag[1]) + " ")
        elif tag in ("li", "tr"):
            self._close_block("- ")
        elif tag in _BLOCKS and not self._mark:
            self._close_block()
        elif tag in ("br", "td", "th"):
            self._held += " "

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag in _UNREAD:
            self._unread = max(0, self._unread - 1)
        elif tag in ("li", "tr", "ul", "ol", "table") or re.fullmatch(r"h[1-6]", tag):
            self._close_block()
        elif tag in _BLOCKS:
            self._held += " "
            if not self._mark:
                self._close_block()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif not self._unread:
            self._held += data

    def _close_block(self, mark: str = "") -> None:
        text = " ".join(self._held.split())
        if text:
            self._blocks.append(self._mark + text)
        self._held, self._mark = "", mark
