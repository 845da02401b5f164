"""A template's blanks filled in: checked before anything is sent, and told as words to everybody.

The platform refuses what does not fit only after it was asked, and with a number; so its rules are
held here. Meta's: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components
(header 60 characters, body 1,024, address 2,000, code 15). That a value may have no line break, tab
nor more than four spaces on end is what its API answers to one that has:
https://github.com/netflie/whatsapp-cloud-api/issues/201.
"""

import re
from collections.abc import Sequence

from shopbell.desk.connections.types import (
    Blank,
    FilledBlank,
    FilledTemplate,
    Filling,
    Template,
    TemplateButton,
)
from shopbell.desk.errors import Invalid
from shopbell.desk.messages.masking import masked
from shopbell.desk.messages.types import Attachment

APPROVED = "APPROVED"
LONGEST_HEADER = 60
LONGEST_BODY = 1024
LONGEST_ADDRESS = 2000
FILES = ("image", "video", "document")
_BROKEN = re.compile(r"[\r\n\t\u2028\u2029]| {5,}")
_BLANK = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def fill(
    template: Template, filling: Filling, files: Sequence[Attachment]
) -> tuple[FilledTemplate, str]:
    """The template as it is to be sent, and what it says. Raises Invalid with words that name the
    blank that does not fit."""
    _check_sendable(template)
    asked = {one.key for one in template.blanks if one.kind not in FILES}
    unknown = sorted(filling.values.keys() - asked)
    if unknown:
        raise Invalid(f"The template has no blank {unknown[0]}", "Look at the template again.")
    values = {
        key: masked(value.replace("\x00", "").strip()) for key, value in filling.values.items()
    }
    for blank in template.blanks:
        if blank.kind not in FILES:
            _check_value(blank, values.get(blank.key, ""))
    _check_files(template, files)
    header, body = (
        _filled(part, text, values)
        for part, text in (("header", template.header), ("body", template.body))
    )
    for name, text, most in (("header", header, LONGEST_HEADER), ("text", body, LONGEST_BODY)):
        if len(text) > most:
            raise Invalid(
                f"The template's {name} has {len(text):,} characters; {most:,} fit",
                "Shorten what you filled in.",
            )
    buttons = [
        _button(one, values.get(f"button.{at}", "")) for at, one in enumerate(template.buttons)
    ]
    blanks = tuple(
        FilledBlank(part=one.part, name=one.name, kind=one.kind, value=values.get(one.key, ""))
        for one in template.blanks
    )
    said = "\n\n".join(filter(None, [header, body, template.footer, "\n".join(buttons)]))
    return FilledTemplate(name=template.name, language=template.language, blanks=blanks), said


def _check_sendable(template: Template) -> None:
    if template.status != APPROVED:
        state = template.status.replace("_", " ").lower() or "not approved"
        raise Invalid(f"This template cannot be sent: it is {state}", "Choose another one.")
    if template.unfit:
        raise Invalid("This template cannot be sent from here", template.unfit)


def _check_value(blank: Blank, value: str) -> None:
    where = _where(blank)
    if not value:
        raise Invalid(f"{where} is empty", "Fill in every blank of the template.")
    if len(value) > blank.most:
        raise Invalid(f"{where} has {len(value):,} characters; {blank.most:,} fit", "Shorten it.")
    if _BROKEN.search(value):
        raise Invalid(
            f"{where} has a line break, a tab or many spaces on end", "Write it in one line."
        )
    if blank.kind == "url" and re.search(r"\s", value):
        raise Invalid(f"{where} has a space in it", "It ends an address: write it without spaces.")
    if blank.kind == "code" and not value.isalnum():
        raise Invalid(f"{where} takes letters and digits alone", "Write the code without signs.")


def _check_files(template: Template, files: Sequence[Attachment]) -> None:
    wanted = next((one.kind for one in template.blanks if one.kind in FILES), None)
    if wanted is None:
        if files:
            raise Invalid("This template carries no file", "Take the file away, or use another.")
        return
    named = {"image": "picture", "video": "video", "document": "document"}[wanted]
    if len(files) != 1:
        raise Invalid(f"This template needs one {named}", f"Add the {named} that it shows.")
    kind = files[0].media_type.partition("/")[0]
    if (kind if kind in ("image", "video") else "document") != wanted:
        raise Invalid(f"{files[0].name} is not a {named}", f"This template shows a {named}.")


def _where(blank: Blank) -> str:
    if blank.part == "button":
        return f"What button {int(blank.name) + 1} leads to" if blank.kind == "url" else "The code"
    return f"Blank {blank.name} of the {'header' if blank.part == 'header' else 'text'}"


def _filled(part: str, text: str, values: dict[str, str]) -> str:
    return _BLANK.sub(lambda found: values.get(f"{part}.{found[1]}", found[0]), text)


def _button(button: TemplateButton, value: str) -> str:
    to = _BLANK.sub(lambda _: value, button.leads) if button.leads else value
    if len(to) > LONGEST_ADDRESS:
        raise Invalid(f"The address of {button.label} is too long", "Shorten what ends it.")
    return f"[{button.label}] {to}".rstrip()
