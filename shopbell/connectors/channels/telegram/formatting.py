"""Markdown as the HTML that Telegram takes: https://core.telegram.org/bots/api#html-style.

Only b, i, s, code, pre and a are made, each closed before what surrounds it ends; `&`, `<` and `>`
of the text itself are escaped. What is too entangled to say so stays as it was written.
"""

import html
import re

_FENCE = re.compile(r"^[ \t]*```[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[([^\[\]\n]+)\]\(\s*<?((?:https?://|mailto:|tel:)[^\s<>()]+)>?\s*\)")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+([^\n]*?)[ \t]*#*$", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[*+-][ \t]+", re.MULTILINE)
_STYLES = (
    (re.compile(r"\*\*(?=\S)([^\n<]+?)(?<=\S)\*\*"), "b"),
    (re.compile(r"(?<!\w)__(?=\S)([^\n<]+?)(?<=\S)__(?!\w)"), "b"),
    (re.compile(r"~~(?=\S)([^\n<]+?)(?<=\S)~~"), "s"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n<]+?)(?<=\S)\*(?![\w*])"), "i"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n<]+?)(?<=\S)_(?![\w_])"), "i"),
)
_KEPT = re.compile("\x00(\\d+)\x00")


def to_html(text: str) -> str:
    """The Markdown as Telegram's HTML."""
    kept: list[str] = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _FENCE.sub(lambda found: keep(f"<pre>{_escape(found[1].rstrip())}</pre>"), text)
    text = _CODE.sub(lambda found: keep(f"<code>{_escape(found[1])}</code>"), text)
    text = _LINK.sub(
        lambda found: (
            keep(f'<a href="{html.escape(found[2])}">{_escape(found[1])}</a>')
            if "\x00" not in found[0]
            else found[0]
        ),
        text,
    )
    text = _BULLET.sub(r"\1• ", _escape(text))
    text = _HEADING.sub(lambda found: keep(f"<b>{found[1].replace('**', '')}</b>"), text)
    for signs, tag in _STYLES:
        text = signs.sub(rf"<{tag}>\1</{tag}>", text)
    while _KEPT.search(text):
        text = _KEPT.sub(lambda found: kept[int(found[1])], text)
    return text.strip()


def _escape(text: str) -> str:
    return html.escape(text, quote=False)
