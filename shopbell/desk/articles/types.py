"""Articles as they come in, and the pieces they are cut into."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Audience = Literal["public", "agents"]
SourceKind = Literal["help_centre", "website", "product", "file", "notion", "drive", "video"]


class SourceText(Struct, frozen=True, kw_only=True):
    """Where articles come from; `name` is unique and is what citations show."""

    name: str
    kind: SourceKind = "help_centre"
    url: str | None = None
    brand_id: UUID | None = None


class ArticleText(Struct, frozen=True, kw_only=True):
    """One article in one language, Markdown in `body`.

    `key` is its path inside the source and is shared by all translations of one text.
    """

    key: str
    title: str
    body: str
    language: str = "en"
    collection: str = ""
    url: str | None = None
    audience: Audience = "public"
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    checked_at: datetime | None = None


class Article(Struct, frozen=True, kw_only=True):
    """A stored article that awaits cutting."""

    id: UUID
    title: str
    body: str
    language: str
    hash: str


class Sentence(Struct, frozen=True, kw_only=True):
    """Words that may be quoted as they stand; `use` is the vector literal or None."""

    text: str
    use: str | None = None


class Piece(Struct, frozen=True, kw_only=True):
    """A chunk of 60-120 words under one heading.

    `heading_words` and `body_words` are the texts as full text search should read them (for
    scripts without spaces: cut in pairs of characters) under the configuration `config`.
    """

    section: str | None
    text: str
    hash: str
    config: str
    heading_words: str
    body_words: str
    sentences: Sequence[Sentence]
    use: str | None = None


class Saved(Struct, frozen=True, kw_only=True):
    """What an import changed, in articles."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0


class Unembedded(Struct, frozen=True, kw_only=True):
    """A chunk that has no long-text vector yet."""

    id: UUID
    text: str


class Coverage(Struct, frozen=True, kw_only=True):
    """How much of the base is searchable, in counts."""

    articles: int
    chunks: int
    embedded: int


class Bare(Struct, frozen=True, kw_only=True):
    """A chunk's heading or a sentence that has no short-text vector yet."""

    kind: Literal["chunk", "sentence"]
    id: UUID
    text: str
