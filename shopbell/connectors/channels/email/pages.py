"""HTML of strangers: made safe to show, and read as text.

Only an allow-list of elements and a few harmless styles pass (nh3). Pictures from elsewhere tell
their sender who reads when: they wait as `data-remote-src` until somebody asks for them. Pictures
that came along keep their `cid:`.
"""

import re
from html.parser import HTMLParser

import nh3

QUOTE = "\ue000"
"""Stands before what a mail program marked as quoted."""
SIGNATURE = "\ue001"
"""Stands before what a mail program marked as a signature."""
LONGEST = 2_000_000
MOST_TAGS = 100_000
MOST_DEPTH = 2_000
"""Deeper nesting than mail programs make takes a parser time that grows with its square."""

_TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
    ]
)
_EMPTIED = frozenset({"script", "style", "title", "head", "noscript", "template", "svg", "math"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid", "data"})
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "data-remote-src", "alt", "width", "height"},
    "td": {"colspan", "rowspan", "align", "valign", "bgcolor"},
    "th": {"colspan", "rowspan", "align", "valign", "bgcolor"},
    "tr": {"bgcolor"},
    "table": {"border", "cellpadding", "cellspacing", "align", "bgcolor"},
    "font": {"color"},
    "ol": {"start", "type"},
    "*": {"dir", "lang", "style"},
}
_STYLES = frozenset(
    [
        "color",
        "background-color",
        "font-weight",
        "font-style",
        "text-align",
        "text-decoration",
        "direction",
    ]
)
_CALLS = re.compile(r"\\|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(", re.IGNORECASE)
"""What a harmless style never holds: a call of anything but a colour, or an escape."""
_GROUND = re.compile(r"^\s*background\s*:(?=\s*(?:#|[a-z]+\s*$|rgb|hsl))", re.IGNORECASE)
"""A background of nothing but a colour: light words need it to be read."""
_MARKED = {name: set(kept) for name, kept in _ATTRIBUTES.items()} | {
    "*": {"class", "id"},
    "blockquote": {"type"},
}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,", re.IGNORECASE)
IMG = re.compile(r"<img\b(?:[^>\"]|\"[^\"]*\")*>")
"""A picture in HTML that was made safe."""
_REMOTE = re.compile(r"\ssrc=\"(?=(?!cid:|data:image/))", re.IGNORECASE)
_NESTING = re.compile(
    r"<(/?)(?!br\b|img\b|hr\b|meta\b|input\b|p\b|li\b|td\b|tr\b)[a-z]", re.IGNORECASE
)
_CONDITIONAL = re.compile(r"<!\[(?:if|endif)[^>]{0,200}>", re.IGNORECASE)

_QUOTES = re.compile(
    r"gmail_quote|gmail_extra|yahoo_quoted|protonmail_quote|moz-cite-prefix|appendonsend"
    r"|divrplyfwdmsg|ms-outlook-mobile-reference|olk_src_body_section|zmail_extra|tutanota_quote"
    r"|replyforwardmessage|mail_quote|wordsection1_quote|x_divrplyfwdmsg|spark_quote|mailquote",
    re.IGNORECASE,
)
_SIGNATURES = re.compile(
    r"gmail_signature|moz-signature|protonmail_signature|ms-outlook-mobile-signature"
    r"|applemailsignature|lineBreakAtBeginningOfSignature|bloop_sign|spark_signature",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
    ]
)
_SPACED = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "table", "blockquote"])


def safe(page: str) -> str:
    """The page as it may be shown. Never raises."""
    cleaned = nh3.clean(
        _tame(page),
        tags=set(_TAGS),
        clean_content_tags=set(_EMPTIED),
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes=set(_SCHEMES),
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer nofollow",
    )
    return IMG.sub(_blocked, cleaned).strip()


def text(page: str) -> str:
    """The words of a page, links with their addresses; what it quotes begins each line with `> `,
    and QUOTE and SIGNATURE stand where a mail program said so. Never raises."""
    cleaned = nh3.clean(
        _tame(page),
        tags=set(_TAGS),
        clean_content_tags=set(_EMPTIED),
        attributes=_MARKED,
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(cleaned)
    reader.close()
    return reader.words()


def _tame(page: str) -> str:
    page = _CONDITIONAL.sub("", page[:LONGEST]).replace(QUOTE, "").replace(SIGNATURE, "")
    if page.count("<") > MOST_TAGS or _deepest(page) > MOST_DEPTH:
        return nh3.clean_text(page[:100_000])
    return page


def _deepest(page: str) -> int:
    """How deep elements may be nested at most, as far as a glance tells."""
    deepest = depth = 0
    for found in _NESTING.finditer(page):
        depth = max(0, depth - 1) if found.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _filtered(element: str, name: str, value: str) -> str | None:
    lower = "".join(value.split()).lower()
    if name == "style":
        kept = (one for one in value.split(";") if not _CALLS.search(one))
        return ";".join(_GROUND.sub("background-color:", one) for one in kept) or None
    if name == "href" and not lower.startswith(("http:", "https:", "mailto:", "tel:")):
        return None
    if name == "data-remote-src":
        return value if lower.startswith(("http:", "https:")) else None
    if element == "img" and name == "src":
        if lower.startswith("data:"):
            return value if _PICTURE.match(lower) else None
        return value if lower.startswith(("http:", "https:", "cid:")) else None
    return value


def _blocked(found: re.Match[str]) -> str:
    return _REMOTE.sub(' data-remote-src="', found.group(0))


class _Reader(HTMLParser):
    """Reads cleaned HTML, which is well formed, line by line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._depth = 0
        self._pre = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in _BLOCKS:
            self._end_line(gap=tag in _SPACED)
        self._mark(tag, told)
        match tag:
            case "br":
                self._end_line(always=True)
            case "blockquote":
                self._depth += 1
            case "pre":
                self._pre += 1
            case "li":
                self._line += "• "
            case "td" | "th":
                self._line += " " if self._line.strip() else ""
            case "hr":
                self._lines.append("_" * 20)
            case "a":
                self._links.append((told.get("href") or "", len(self._line)))
            case "img":
                self._line += told.get("alt") or ""
            case _:
                pass

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        if tag in _BLOCKS:
            self._end_line(gap=tag in _SPACED)
        if tag == "blockquote":
            self._depth = max(0, self._depth - 1)
        if tag == "pre":
            self._pre = max(0, self._pre - 1)

    def handle_data(self, data: str) -> None:
        if self._pre:
            first, *rest = data.split("\n")
            self._line += first
            for one in rest:
                self._end_line(always=True)
                self._line = one
            return
        words = re.sub(r"[\s\xa0]+", " ", data)
        self._line += words.lstrip() if not self._line else words

    def words(self) -> str:
        """The lines that were read, at most one of them empty in a row."""
        self._end_line()
        out = "\n".join(one.rstrip() for one in self._lines)
        return re.sub(r"\n(?:(?:> ?)*\n){2,}", "\n\n", out).strip()

    def _mark(self, tag: str, told: dict[str, str | None]) -> None:
        names = f"{told.get('class') or ''} {told.get('id') or ''}"
        if not names.strip():
            return
        if _QUOTES.search(names) and "gmail_quote_attribution" not in names:
            self._end_line()
            self._lines.append(QUOTE)
        elif _SIGNATURES.search(names) and tag in _BLOCKS:
            self._end_line()
            self._lines.append(SIGNATURE)

    def _end_link(self, address: str, start: int) -> None:
        shown = self._line[start:].strip()
        same = re.sub(r"^(https?://|mailto:|tel:)", "", address).rstrip("/")
        if not shown or not address.startswith("http") or shown.startswith("http"):
            return
        if same not in (shown, shown.rstrip("/")):
            self._line = f"{self._line.rstrip()} ({address})"

    def _end_line(self, *, gap: bool = False, always: bool = False) -> None:
        if self._line.strip() or always:
            self._lines.append("> " * min(self._depth, 20) + self._line.strip(" "))
        if gap and self._lines and self._lines[-1].strip("> "):
            self._lines.append(("> " * min(self._depth, 20)).rstrip())
        self._line = ""
