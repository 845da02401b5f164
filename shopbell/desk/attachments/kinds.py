"""What a file is, told from its first bytes; what it says of itself is not believed."""

import re

LOOKED_AT = 64 * 1024
"""Bytes from the beginning that are enough to tell any kind."""

ZIPPED = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
}
ENDINGS: dict[str, tuple[str, ...]] = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "application/zip": ("zip",),
    "text/plain": ("txt", "csv", "tsv", "md", "log", "json", "ics", "vcf"),
    "audio/mpeg": ("mp3",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/wav": ("wav",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
    "application/octet-stream": ("bin",),
    **{kind: (ending,) for ending, kind in ZIPPED.items()},
}
"""The endings that a kind's names may have; the first is put on names that have another."""

_MAGIC: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF.{4}WEBP", "image/webp"),
        (rb"RIFF.{4}WAVE", "audio/wav"),
        (rb"%PDF-\d", "application/pdf"),
        (rb"PK(\x03\x04|\x05\x06)", "application/zip"),
        (rb"ID3|\xff[\xfb\xf3\xf2]", "audio/mpeg"),
        (rb"OggS", "audio/ogg"),
        (rb".{4}ftyp(isom|iso[2-9]|mp4[12]|avc1|M4V |MSNV)", "video/mp4"),
        (rb"\x1a\x45\xdf\xa3.{0,64}webm", "video/webm"),
    )
)
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def kind_of(head: bytes, name: str) -> str | None:
    """The media type of a file that begins with `head`; None for what we do not know.

    The name only tells office documents from other zip files.
    """
    for pattern, kind in _MAGIC:
        if pattern.match(head):
            ending = name.rpartition(".")[2].lower()
            return ZIPPED.get(ending, kind) if kind == "application/zip" else kind
    return None if _NOT_TEXT.search(head) else "text/plain"


def named_as_it_is(name: str, kind: str) -> str:
    """The name with an ending that is true: a page of HTML, which is text to us, becomes `.txt`."""
    endings = ENDINGS[kind]
    if name.rpartition(".")[2].lower() in endings and "." in name:
        return name
    return f"{name}.{endings[0]}"
