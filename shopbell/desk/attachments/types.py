"""Files that people put on messages: who brought them, what may be brought, and what is refused."""

from uuid import UUID

from msgspec import Struct

from shopbell.desk.errors import DeskError

PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""The kinds that a browser may show in place; everything else is only ever downloaded."""
DOCUMENTS = frozenset({"application/pdf"})
PAPERS = frozenset(
    {
        "text/plain",
        "application/zip",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "audio/mpeg",
        "audio/ogg",
        "audio/wav",
        "video/mp4",
        "video/webm",
    }
)
"""What agents may send beside pictures and PDFs."""


class Allowance(Struct, frozen=True, kw_only=True):
    """What one kind of uploader may bring: `most_bytes` in one file, `a_day` files and
    `bytes_a_day` within 24 hours (0: as many as they like). `words` say what to send instead."""

    kinds: frozenset[str]
    most_bytes: int
    words: str
    a_day: int = 0
    bytes_a_day: int = 0


SHOPPERS = Allowance(
    kinds=PICTURES | DOCUMENTS,
    most_bytes=10 * 1024 * 1024,
    words="Send a picture (PNG, JPEG, GIF or WebP) or a PDF.",
    a_day=200,
    bytes_a_day=500 * 1024 * 1024,
)
UNKNOWN = "application/octet-stream"
"""What has no other name: kept as it came, and only ever downloaded."""
CUSTOMERS = Allowance(
    kinds=PICTURES | DOCUMENTS | PAPERS | {UNKNOWN},
    most_bytes=25 * 1024 * 1024,
    words="Files up to 25 MB are taken.",
)
"""What may come along by a channel."""
AGENTS = Allowance(
    kinds=PICTURES | DOCUMENTS | PAPERS,
    most_bytes=25 * 1024 * 1024,
    words="Send a picture, a PDF, a text, an office document, a sound, a film or a zip file.",
)


class Kept(Struct, frozen=True, kw_only=True):
    """A file as it is served: what it is called, what it is, and where its bytes are."""

    id: UUID
    name: str
    media_type: str
    size: int
    storage_key: str


class TooBig(DeskError):
    """More bytes than the uploader may bring in one file."""

    kind = "too_big"
    status = 413

    def __init__(self, most_bytes: int) -> None:
        most = most_bytes // (1024 * 1024)
        super().__init__(f"The file is larger than {most} MB", "Send a smaller one, or a link.")


class WrongKind(DeskError):
    """The bytes are of no kind that this uploader may bring."""

    kind = "kind"
    status = 415

    def __init__(self, words: str) -> None:
        super().__init__("This kind of file is not taken", words)


class TooManyToday(DeskError):
    """The uploader has brought as much as fits in a day."""

    kind = "too_many"
    status = 429
    retry_after = 3600

    def __init__(self) -> None:
        super().__init__("That is all that fits in a day", "Send the rest tomorrow.")


class StorageAway(DeskError):
    """The storage of files does not answer, or says no."""

    kind = "unavailable"
    status = 503
    retry_after = 5

    def __init__(self) -> None:
        super().__init__("Files cannot be reached just now", "Try again in a moment.")
