"""Pictures that came along within a page: a mail names them by ids of its own (RFC 2392)."""

import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import unquote
from uuid import UUID

_NAMED = re.compile(r'(<img\b(?:[^>"]|"[^"]*")*?\ssrc=")cid:([^"]*)(?=")', re.IGNORECASE)


def placed(page: str, files: Mapping[str, UUID]) -> str:
    """A page made safe, its pictures named by the ids of the files that were kept of them; those that
    were not keep their name, which leads nowhere."""

    def told(found: re.Match[str]) -> str:
        kept = files.get(unquote(unescape(found.group(2))))
        return f"{found.group(1)}cid:{kept}" if kept else found.group(0)

    return _NAMED.sub(told, page)
