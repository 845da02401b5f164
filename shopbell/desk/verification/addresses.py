"""Addresses within what people write."""

import re

import phonenumbers

from shopbell.desk.elsewhere.addresses import LONGEST
from shopbell.desk.elsewhere.types import Address

_MAIL = re.compile(
    r"[^\s@<>()\[\],;:\"\\]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", re.IGNORECASE
)


def address_within(text: str, country: str = "") -> Address | None:
    """The first e-mail address or phone number in a text; `country` (ISO 3166-1) is whose numbers
    may stand without their country code."""
    found = _MAIL.search(text)
    if found and len(found[0]) <= LONGEST:
        return Address(kind="email", value=found[0].lower())
    for match in phonenumbers.PhoneNumberMatcher(text, country.upper() or None):
        number = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
        return Address(kind="phone", value=number)
    return None
