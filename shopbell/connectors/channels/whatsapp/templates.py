"""The templates of a WhatsApp Business account: as Meta lists them, and as they are sent.

Listed: https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/message_templates
Parts: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
Sent: https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates and, for
codes to copy, .../send-message-templates/coupon-templates
"""

import re
from collections.abc import Iterator

from shopbell.connectors.channels.meta.graph import Graph
from shopbell.connectors.channels.meta.json import (
    Object,
    name_in,
    object_in,
    objects_in,
    text_in,
)
from shopbell.connectors.channels.parts import Failed
from shopbell.desk.connections.types import (
    Blank,
    BlankKind,
    BlankPart,
    FilledBlank,
    FilledTemplate,
    Template,
    TemplateButton,
)
from shopbell.desk.deliveries.types import Refused, Unknown

FIELDS = "id,name,language,category,status,rejected_reason,components"
MOST_PAGES = 20
PAGE = "250"
LONGEST = {"header": 60, "body": 1024, "url": 2000, "code": 15}
MEDIA: dict[str, BlankKind] = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}
SENT_AS_THEY_ARE = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "VOICE_CALL"})
"""Buttons that take nothing when a template is sent."""
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


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


def body_of(template: FilledTemplate, media: Object | None) -> Object:
    """The template's part of a message; `media` is what the file of its header is called."""
    parts: list[Object] = []
    for part in ("header", "body"):
        given = [_parameter(one, media) for one in template.blanks if one.part == part]
        if given:
            parts.append({"type": part, "parameters": given})
    parts += [
        {
            "type": "button",
            "sub_type": "copy_code" if one.kind == "code" else "url",
            "index": one.name,
            "parameters": [_parameter(one, None)],
        }
        for one in template.blanks
        if one.part == "button"
    ]
    whole: Object = {"name": template.name, "language": {"code": template.language}}
    return {**whole, "components": parts} if parts else whole


def _parameter(blank: FilledBlank, media: Object | None) -> Object:
    if blank.kind in MEDIA.values():
        return {"type": blank.kind, blank.kind: media or {}}
    if blank.kind == "code":
        return {"type": "coupon_code", "coupon_code": blank.value}
    named: Object = {} if blank.name.isdigit() else {"parameter_name": blank.name}
    return {"type": "text", **named, "text": blank.value}


def _template(one: Object) -> Template | None:
    name, language = name_in(one.get("name")), name_in(one.get("language"))
    if not name or not language:
        return None
    components = objects_in(one.get("components"))
    parts = {name_in(part.get("type")).upper(): part for part in components}
    header, body = parts.get("HEADER", {}), parts.get("BODY", {})
    shows = name_in(header.get("format")).upper()
    buttons = objects_in(parts.get("BUTTONS", {}).get("buttons"))
    reason = name_in(one.get("rejected_reason"))
    category = name_in(one.get("category"))
    return Template(
        name=name,
        language=language,
        external_id=name_in(one.get("id")),
        category=category,
        status=name_in(one.get("status")),
        reason="" if reason == "NONE" else reason,
        header=text_in(header.get("text")),
        body=text_in(body.get("text")),
        footer=text_in(parts.get("FOOTER", {}).get("text")),
        buttons=tuple(
            TemplateButton(
                label=name_in(each.get("text")),
                leads=name_in(each.get("url")) or name_in(each.get("phone_number")),
            )
            for each in buttons
        ),
        blanks=(*_header_blanks(header, shows), *_blanks("body", body), *_button_blanks(buttons)),
        unfit=_unfit(category, shows, set(parts), buttons),
    )


def _header_blanks(header: Object, shows: str) -> Iterator[Blank]:
    if shows in MEDIA:
        yield Blank(part="header", name="file", kind=MEDIA[shows], most=0)
    else:
        yield from _blanks("header", header)


def _blanks(part: BlankPart, component: Object) -> Iterator[Blank]:
    """The variables in a text, in their order, each once, with Meta's example."""
    names = dict.fromkeys(_VARIABLE.findall(text_in(component.get("text"))))
    ordered = sorted(names, key=lambda name: int(name) if name.isdigit() else 0)
    examples = _examples(object_in(component.get("example")), part)
    for place, name in enumerate(ordered):
        example = examples.get(name) or examples.get(f"#{place}", "")
        yield Blank(part=part, name=name[:60], most=LONGEST[part], example=example[:200])


def _examples(example: Object, part: str) -> dict[str, str]:
    """By name, or by place where they are numbered."""
    named = {
        name_in(one.get("param_name")): text_in(one.get("example"))
        for one in objects_in(example.get(f"{part}_text_named_params"))
    }
    listed_ = example.get(f"{part}_text")
    row = listed_[0] if isinstance(listed_, list) and listed_ else None  # pyright: ignore[reportUnknownVariableType]
    given = row if isinstance(row, list) else listed_ if isinstance(listed_, list) else []  # pyright: ignore[reportUnknownVariableType]
    return named | {f"#{place}": text_in(one) for place, one in enumerate(given)}  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _button_blanks(buttons: list[Object]) -> Iterator[Blank]:
    for place, one in enumerate(buttons):
        if _VARIABLE.search(text_in(one.get("url"))):
            yield Blank(part="button", name=str(place), kind="url", most=LONGEST["url"])
        elif _kind(one) == "COPY_CODE":
            yield Blank(part="button", name=str(place), kind="code", most=LONGEST["code"])


def _unfit(category: str, shows: str, parts: set[str], buttons: list[Object]) -> str:
    if category.upper() == "AUTHENTICATION":
        return "It is for one-time codes, which shops send when somebody signs in."
    if shows == "LOCATION" or parts & {"CAROUSEL", "LIMITED_TIME_OFFER", "ORDER_STATUS"}:
        return "It shows a place, a carousel or an offer: send it from WhatsApp Manager."
    known = SENT_AS_THEY_ARE | {"URL", "COPY_CODE"}
    if any(_kind(one) not in known for one in buttons):
        return "It has a button that opens a form or a catalogue: send it from WhatsApp Manager."
    return ""


def _kind(button: Object) -> str:
    return name_in(button.get("type")).upper()
