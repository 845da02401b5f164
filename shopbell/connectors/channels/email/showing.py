"""A mail's HTML as a page of its own, for people who ask to see how it was laid out."""

import re
from collections.abc import Mapping
from html import escape
from urllib.parse import urlsplit, urlunsplit

from shopbell.connectors.channels.email.pages import IMG, safe

_CAME_ALONG = re.compile(r'\ssrc="cid:([^"]*)"', re.IGNORECASE)
_WAITS = re.compile(r'\sdata-remote-src="https?:', re.IGNORECASE)
_LOOK = (
    ":root{color-scheme:light;overflow:hidden}"
    "body{margin:0;padding:14px 16px;display:flow-root;overflow-x:auto;background:#fff;color:#1b1f1d;"
    "font:14px/1.5 system-ui,sans-serif;overflow-wrap:break-word}"
    "img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}a{color:#0b57a4}"
    "blockquote{margin:0 0 0 4px;padding-left:12px;border-left:2px solid #ccd2cf}"
)


def policy(public_url: str, *, remote: bool) -> str:
    """What such a page may do, as its Content-Security-Policy: show itself within our own pages, with
    pictures that came along and, with `remote`, others by https. Nothing in it runs or is sent."""
    place = urlsplit(public_url)
    own = urlunsplit((place.scheme, place.netloc, f"{place.path.rstrip('/')}/files/", "", ""))
    return "; ".join(
        (
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            f"img-src data: {own}{' https:' if remote else ''}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'self'",
            "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox",
        )
    )


def shown(page: str, files: Mapping[str, str], *, remote: bool) -> str:
    """The whole page. It is made safe once more, whoever kept it. `files` are the addresses of the
    pictures that came along, by their ids; `remote` lets those from elsewhere be fetched, by https."""

    def told(found: re.Match[str]) -> str:
        picture = _CAME_ALONG.sub(
            lambda one: f' src="{escape(files.get(one.group(1), ""))}"', found.group(0)
        )
        return _WAITS.sub(' src="https:', picture) if remote else picture

    body = IMG.sub(told, safe(page))
    return (
        '<!doctype html><html><head><meta charset="utf-8"><title>Mail</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<base target="_blank"><style>{_LOOK}</style></head><body id="mail">{body}</body></html>'
    )
