"""Addresses as people type them, and as they are shown again to whoever holds the page."""

import re

import phonenumbers
from phonenumbers import NumberParseException

from shopbell.desk.elsewhere.types import Address
from shopbell.desk.errors import Invalid

LONGEST = 254
"""Characters of a mail address (RFC 5321, 4.5.3.1.3)."""
_MAIL = re.compile(
    r"[^\s@<>()\",;:\\\x00-\x1f\x7f]{1,64}@[^\s@<>()\",;:\\\x00-\x1f\x7f]+\.[^\s@.<>()\",;:\\]{2,}"
)


def address_in(typed: str, country: str = "") -> Address:
    """The address in what was typed; `country` (ISO 3166-1) is where a number without one is from.
    Raises Invalid."""
    text = typed.strip()
    if "@" in text:
        if len(text) > LONGEST or not _MAIL.fullmatch(text):
            raise Invalid("This is no mail address", "Write it like name@example.com.")
        return Address(kind="email", value=text.lower())
    try:
        number = phonenumbers.parse(text, country or None)
    except NumberParseException as wrong:
        raise Invalid("This is no address", "Write a mail address, or a number with +.") from wrong
    if not phonenumbers.is_valid_number(number):
        raise Invalid("This is no phone number", "Write it with the country, like +44 7700 900123.")
    value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Address(kind="phone", value=value)


def veiled(address: Address) -> str:
    """As much of it as its owner needs to know it by, and nobody can write to."""
    if address.kind == "phone":
        return f"{address.value[:3]} ••• {address.value[-2:]}"
    local, _, domain = address.value.partition("@")
    return f"{local[:1]}•••@{domain}"
