"""What our messages are called before Discord names them.

A nonce has at most 25 characters; with `enforce_nonce` a second message under the same one is not
made for a few minutes (https://docs.discord.com/developers/resources/message#create-message). 25
digits to the base 36 hold a UUID, so a delivery is known again when its message comes back.
"""

from uuid import UUID, uuid5

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_LENGTH = 25


def nonce_of(delivery: UUID, part: int) -> str:
    """The nonce of a delivery's part; the first part's is the delivery's id itself."""
    number = (delivery if part == 0 else uuid5(delivery, str(part))).int
    digits = ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def delivery_of(nonce: str) -> str:
    """The delivery whose first part has this nonce; empty for any other."""
    if len(nonce) != _LENGTH or not set(nonce) <= set(_DIGITS):
        return ""
    number = int(nonce, 36)
    if number >= 1 << 128:
        return ""
    found = UUID(int=number)
    return str(found) if found.version == 7 else ""
