"""Between Markdown and what Slack writes, mrkdwn.

https://docs.slack.dev/messaging/formatting-message-text: `*bold*`, `_italic_`, `~struck~`,
`<address|words>`; only `&`, `<` and `>` are escaped.
"""

import re
from collections.abc import Callable

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_INFO = re.compile(r"^```[^\n`]*\n")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\(\s*([^\s()]+)(?:\s+\"[^\"\n]*\")?\s*\)")
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+", re.MULTILINE)
_STRONG = re.compile(r"(\*\*|__)(?=\S)([^\n]+?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_STRUCK = re.compile(r"~~(?=\S)([^\n]+?)(?<=\S)~~")
_BOLD = "\x01"
"""Stands for a bold's star until emphasis is done, so that one is not read as the other."""
_ENTITY = re.compile(r"<([^<>]*)>")


def to_mrkdwn(text: str) -> str:
    """Markdown as Slack shows it. Nothing in it mentions anybody: `<!here>` stays words."""
    return _beside_code(_escaped(text), _converted)


def from_mrkdwn(text: str) -> str:
    """What somebody wrote, as plain words: links with their address, mentions by name."""
    told = _ENTITY.sub(_named, text)
    return told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escaped(text: str) -> str:
    return text.replace(_BOLD, "").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _beside_code(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += [change(text[end : code.start()]), _INFO.sub("```\n", code.group())]
        end = code.end()
    return "".join([*parts, change(text[end:])])


def _converted(text: str) -> str:
    text = re.sub(r"^&gt; ?", "> ", text, flags=re.MULTILINE)
    text = _LINK.sub(_link, text)
    text = _BULLET.sub(r"\1• ", text)
    text = _STRONG.sub(rf"{_BOLD}\2{_BOLD}", text)
    text = _HEADING.sub(lambda found: f"{_BOLD}{found.group(1).replace(_BOLD, '')}{_BOLD}", text)
    text = _EMPHASIS.sub(r"_\1_", text)
    return _STRUCK.sub(r"~\1~", text).replace(_BOLD, "*")


def _link(found: re.Match[str]) -> str:
    words, address = found.group(1).strip().replace("|", "¦"), found.group(2)
    if not re.match(r"(?:https?://|mailto:|tel:)", address):
        return f"{words} ({address})" if words else address
    address = address.replace("|", "%7C")
    return f"<{address}|{words}>" if words and words != address else f"<{address}>"


def _named(found: re.Match[str]) -> str:
    target, _, words = found.group(1).partition("|")
    if target.startswith("@"):
        return f"@{words or target[1:]}"
    if target.startswith("#"):
        return f"#{words or target[1:]}"
    if target.startswith("!"):
        return words or f"@{target[1:].partition('^')[0]}"
    address = target.removeprefix("mailto:").removeprefix("tel:")
    return f"{words} ({address})" if words and words != address else address
