"""The templates of a WhatsApp Business account, as Meta lists them.

https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
"""

import re

from shopbell.connectors.channels.meta.graph import Graph
from shopbell.connectors.channels.meta.json import (
    Object,
    name_in,
    object_in,
    objects_in,
    text_in,
)
from shopbell.connectors.channels.parts import Failed
from shopbell.desk.connections.types import Template
from shopbell.desk.deliveries.types import Refused, Unknown

FIELDS = "id,name,language,category,status,rejected_reason,components"
MOST_PAGES = 20
PAGE = "250"
_VARIABLE = re.compile(r"\{\{\s*[\w]+\s*\}\}")


async def listed(graph: Graph, account: str) -> list[Template] | Failed:
    """Every template of the account."""
    found: list[Template] = []
    after: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = await graph.get(f"{account}/message_templates", fields=FIELDS, limit=PAGE, **after)
        if isinstance(answer, Refused | Unknown):
            return answer
        found += [one for one in map(_template, objects_in(answer.get("data"))) if one]
        paging = object_in(answer.get("paging"))
        cursor = name_in(object_in(paging.get("cursors")).get("after"))
        if not paging.get("next") or not cursor:
            break
        after = {"after": cursor}
    return found


def _template(one: Object) -> Template | None:
    name, language = name_in(one.get("name")), name_in(one.get("language"))
    if not name or not language:
        return None
    parts = {name_in(part.get("type")): part for part in objects_in(one.get("components"))}
    body = text_in(parts.get("BODY", {}).get("text"))
    header, buttons = parts.get("HEADER", {}), parts.get("BUTTONS", {})
    media = name_in(header.get("format")) not in ("", "TEXT")
    variable = any(
        _VARIABLE.search(text_in(text))
        for text in (
            header.get("text"),
            *(button.get("url") for button in objects_in(buttons.get("buttons"))),
        )
    )
    reason = name_in(one.get("rejected_reason"))
    return Template(
        name=name,
        language=language,
        external_id=name_in(one.get("id")),
        category=name_in(one.get("category")),
        status=name_in(one.get("status")),
        reason="" if reason == "NONE" else reason,
        body=body,
        variables=len(set(_VARIABLE.findall(body))),
        plain=not media and not variable,
    )
