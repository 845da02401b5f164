"""Words out of bytes that say, wrongly, or do not say how they are written.

Names of charsets are taken as browsers take them (https://encoding.spec.whatwg.org/#names-and-labels):
`iso-8859-1` means windows-1252, `gb2312` GB 18030. What is valid UTF-8 is UTF-8, whatever it says.
"""

import codecs
import re

_ALIASES = {
    "ascii": "",
    "us-ascii": "",
    "ansi_x3.4-1968": "",
    "646": "",
    "unknown": "",
    "unknown-8bit": "",
    "x-unknown": "",
    "x-user-defined": "",
    "default": "",
    "default_charset": "",
    "8bit": "",
    "binary": "",
    "none": "",
    "utf8mb4": "utf-8",
    "utf": "utf-8",
    "unicode": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "ansi": "cp1252",
    "x-ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-6-e": "iso-8859-6",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-gbk": "gb18030",
    "cn-gb": "gb18030",
    "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "macintosh": "mac_roman",
    "x-mac-roman": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "koi8": "koi8_r",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
}
_BARRED = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
"""Codecs of Python's that are no charset of a text."""
_WIDE = re.compile(r"utf[-_]?(16|32)")
_SEVERAL_BYTES = frozenset(
    {"gb18030", "hz", "cp949", "cp932", "iso2022_jp_ext", "euc_jp", "big5hkscs", "utf-7"}
)
_HALF = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, as UTF-7 may spell it: no text in UTF-8 holds one."""
_JAPANESE = re.compile(rb"\x1b\$[@B]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)


def charset_in_page(body: bytes) -> str:
    """What a page says of itself in its first bytes, empty when it says nothing."""
    found = _META.search(body[:4_096])
    return found.group(1).decode("ascii") if found else ""


def decode(body: bytes, declared: str = "") -> str:
    """The text; characters that cannot be read become U+FFFD, and NUL is dropped. Never raises."""
    text = _decode(body, _codec(declared)).replace("\x00", "").removeprefix("\ufeff")
    if _HALF.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def unescaped(raw: str) -> str:
    """Header text whose raw bytes the parser kept as surrogates."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return decode(raw.encode("utf-8", "surrogateescape"))
    return raw


def _decode(body: bytes, codec: str) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", "replace")
    if _WIDE.match(codec) and b"\x00" not in body:
        codec = ""
    if codec not in _SEVERAL_BYTES and not _WIDE.match(codec):
        if not codec and _JAPANESE.search(body):
            return body.decode("iso2022_jp_ext", "replace")
        try:
            return body.decode()
        except UnicodeDecodeError:
            pass
    if codec == "utf-8" and _mostly_utf8(body):
        return body.decode("utf-8", "replace")
    if codec and codec != "utf-8":
        try:
            return body.decode(codec, "replace")
        except (UnicodeError, ValueError):
            pass
    return body.decode("cp1252", "replace")


def _mostly_utf8(body: bytes) -> bool:
    """Whether most of what is not ASCII reads as UTF-8: then it was cut or spoilt, not mislabelled."""
    read = body.decode("utf-8", "replace")
    return sum(one > "\x7f" and one != "\ufffd" for one in read) > read.count("\ufffd")


def _codec(declared: str) -> str:
    """Python's name of a charset; empty for one that is unknown or none."""
    name = declared.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if not name or len(name) > 60:
        return ""
    for one in (name, name.removeprefix("x-"), name.removeprefix("charset="), f"cp{name}"):
        try:
            known = codecs.lookup(one)
            b"".decode(one)
        except (LookupError, ValueError, UnicodeError):
            continue
        if known.name not in _BARRED:
            return one if one in _SEVERAL_BYTES else known.name
    return ""
