"""Meta's error codes as outcomes, with words that say what to do.

Sources: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes,
which asks to go by codes and not by titles,
https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes and
https://developers.facebook.com/docs/graph-api/guides/error-handling. Which of them are worth
another try is our judgement of what these pages say.
"""

from collections.abc import Mapping

from msgspec import Struct

from shopbell.desk.connections.types import Health
from shopbell.desk.deliveries.types import Refused, Unknown


class Verdict(Struct, frozen=True):
    """What a code means for the message and for the connection; as in Refused."""

    words: str
    permanent: bool = True
    retry_after: float | None = None
    whole: bool = False
    health: Health | None = None


TOKEN = Verdict(
    "Meta no longer accepts this connection's access token: make a new one and connect again.",
    permanent=False,
    health="reconnect",
)
RIGHTS = Verdict(
    "The access token lacks a permission: add it in Meta's app settings and connect again.",
    permanent=False,
    health="reconnect",
)
SHUT = Verdict(
    "The customer wrote too long ago for a free answer: send a template, or use another channel."
)
BUSY = Verdict("Meta asks for a pause; this goes out after it.", False, 60.0, True)
AWAY = Verdict("Meta has a passing fault; this is tried again.", permanent=False)
NOBODY = Verdict("This person cannot be reached here now: use another channel.")
MEDIA = Verdict("Meta could not use the file: send another kind of file, or a link to it.")
BLOCKED = Verdict(
    "Meta has restricted this account: see the Account quality page in Meta Business Suite.",
    permanent=False,
    health="reconnect",
)
UNNAMED = -1
"""Stands for a refusal without a code; 0 is one of Meta's own."""
VERDICTS: Mapping[int, Verdict] = {
    0: TOKEN,
    1: AWAY,
    2: AWAY,
    3: RIGHTS,
    4: BUSY,
    10: RIGHTS,
    17: BUSY,
    32: BUSY,
    33: Verdict(
        "Meta no longer knows this account: connect it again.", permanent=False, health="reconnect"
    ),
    100: Verdict("Meta refused the message as it is: change it and send it again."),
    102: TOKEN,
    190: TOKEN,
    368: BLOCKED,
    463: TOKEN,
    467: TOKEN,
    551: NOBODY,
    613: BUSY,
    1200: AWAY,
    80006: BUSY,
    80007: BUSY,
    130429: BUSY,
    130472: Verdict("WhatsApp withheld the message in an experiment of its own: use another way."),
    130497: Verdict(
        "WhatsApp lets this business write to nobody in that country: use another way."
    ),
    131000: AWAY,
    131005: RIGHTS,
    131008: Verdict("A part of the message is missing: change it and send it again."),
    131009: Verdict("A part of the message is not allowed: change it and send it again."),
    131016: AWAY,
    131021: Verdict("The shop's own number cannot write to itself."),
    131026: Verdict(
        "WhatsApp cannot deliver to this number: it may not be on WhatsApp. Use another channel."
    ),
    131030: Verdict(
        "This is a test number: add the customer's to its list in Meta's app settings."
    ),
    131031: BLOCKED,
    131037: Verdict(
        "The number's display name is not approved: see WhatsApp Manager.",
        permanent=False,
        health="reconnect",
    ),
    131042: Verdict(
        "WhatsApp wants a working payment method: set one in WhatsApp Manager.",
        permanent=False,
        health="reconnect",
    ),
    131044: Verdict(
        "WhatsApp wants a working payment method: set one in WhatsApp Manager.",
        permanent=False,
        health="reconnect",
    ),
    131045: Verdict(
        "The number is not registered: register it in WhatsApp Manager and connect again.",
        permanent=False,
        health="reconnect",
    ),
    131047: SHUT,
    131048: Verdict(
        "WhatsApp holds the number back, as too many people blocked it: see its quality rating.",
        health="degraded",
    ),
    131049: Verdict("WhatsApp chose not to deliver it, to keep advertising low: try tomorrow."),
    131050: Verdict("The customer stopped advertising from this number: answer, do not advertise."),
    131051: Verdict("WhatsApp does not take this kind of message: send words."),
    131052: MEDIA,
    131053: MEDIA,
    131057: AWAY,
    131062: Verdict("WhatsApp takes this only for people whose number it shows: use another way."),
    131063: Verdict("Advertising templates are off for this number: see WhatsApp Manager."),
    131064: Verdict(
        "WhatsApp holds this account back for templates in a wrong category: see WhatsApp Manager.",
        health="degraded",
    ),
    131056: Verdict(
        "Too many messages to this customer at once; this goes out in a moment.", False, 6.0
    ),
    132000: Verdict(
        "The template was changed at WhatsApp and has other blanks now: read the templates again."
    ),
    132001: Verdict(
        "WhatsApp has no such template in this language, or has not approved it: read the templates"
        " again, or use another."
    ),
    132005: Verdict("With what was filled in, the template is too long: shorten it."),
    132007: Verdict(
        "What the template says breaks WhatsApp's rules: change it in WhatsApp Manager."
    ),
    132008: Verdict("A blank of the template is missing: look at it again."),
    132012: Verdict(
        "A blank of the template was filled in with something of another kind: look at it again."
    ),
    132015: Verdict("The template is paused for its quality: use another."),
    132016: Verdict("The template is disabled for its quality: use another."),
    132068: Verdict("The template's form is blocked: see WhatsApp Manager, or use another."),
    132069: Verdict("The template's form was opened too often within an hour: use another."),
    133004: AWAY,
    133016: Verdict(
        "The number was registered too often within 72 hours: wait, then connect it again.",
        permanent=False,
        health="reconnect",
    ),
    133010: Verdict(
        "The number is not registered: register it in WhatsApp Manager and connect again.",
        permanent=False,
        health="reconnect",
    ),
}
OF_SUBCODE: Mapping[tuple[int, int], Verdict] = {
    (10, 2018278): SHUT,
    (10, 2018065): SHUT,
    (10, 2018108): NOBODY,
    (10, 2534022): SHUT,
    (100, 2018001): NOBODY,
    (551, 1545041): NOBODY,
}
SENT_ALL_THE_SAME = (1, 1357046)
"""Meta's own page says of this one that the messages may have been sent."""


def verdict(code: int, subcode: int = 0) -> Verdict | None:
    """What is known of a code; a subcode says more than its code."""
    known = OF_SUBCODE.get((code, subcode)) or VERDICTS.get(code)
    return RIGHTS if known is None and 200 <= code <= 299 else known


def words_of(code: int, title: str = "") -> str:
    """What to tell people of a code; of an unknown one, what Meta calls it."""
    known = verdict(code)
    if known is not None:
        return known.words
    return f"Meta could not deliver it ({title or code}): use another way."


def outcome(
    status: int, code: int, subcode: int, title: str, retry_after: float | None
) -> Refused | Unknown:
    """A Graph error as the outcome of a sending."""
    if (code, subcode) == SENT_ALL_THE_SAME:
        return Unknown(words="Meta answered with a fault after it may have sent the message.")
    known = verdict(code, subcode)
    if known is None and status == 429:
        known = BUSY
    if known is None and status == 401:
        known = TOKEN
    if known is None:
        known = AWAY if status >= 500 else Verdict(words_of(code, title))
    waits = retry_after if retry_after is not None else known.retry_after
    return Refused(
        words=known.words,
        permanent=known.permanent,
        retry_after=None if known.permanent else waits,
        whole=known.whole,
        health=known.health,
        code=f"{code}/{subcode}" if subcode else str(status if code == UNNAMED else code),
    )
