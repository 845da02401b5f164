"""Twilio's codes, and what each means for the message: https://www.twilio.com/docs/api/errors."""

from collections.abc import Mapping

from shopbell.connectors.channels.told import Told
from shopbell.desk.deliveries.types import Refused

RECONNECT = frozenset(
    {"20003", "20005", "20006", "20008", "21606", "21660", "21603", "21703", "21705"}
)
"""The account or its number, rather than this message."""
LATER = frozenset({"20429", "14107", "20500", "20503", "30001", "30022"})
WORDS: Mapping[str, str] = {
    "20003": "Twilio does not accept the credentials: enter the account SID and auth token again.",
    "20005": "The Twilio account is not active: look at it in Twilio's console.",
    "20006": "The Twilio credentials may not send: enter the account's own.",
    "20008": "These are Twilio's test credentials: enter the account's own.",
    "21211": "That is no phone number Twilio can send to: use another way.",
    "21408": "Twilio may not send to that country: allow it in the console under Geo permissions.",
    "21603": "The connection has no number to send from: set it.",
    "21606": "The number to send from is not this account's, or cannot send texts: set another.",
    "21608": "A Twilio trial sends to verified numbers only: verify it, or upgrade.",
    "21610": "The customer texted STOP to this number: use another way, if they agreed to it.",
    "21612": "Twilio knows no way from our number to theirs: use another way.",
    "21614": "That phone takes no text messages: use another way.",
    "21617": "The message is too long for a text: send it in parts.",
    "21620": "Twilio cannot use the file's address: send the words, and a link.",
    "21660": "The number to send from is not this account's: set another.",
    "21703": "The messaging service has no number: add one in Twilio's console.",
    "21705": "That messaging service is not this account's: set another.",
    "30003": "Their phone is off or out of reach: try again later, or use another way.",
    "30004": "Their carrier or they block texts from us: use another way.",
    "30005": "That number is not in use: use another way.",
    "30006": "That is a landline, or its carrier takes no texts: use another way.",
    "30007": "The carrier filtered the message as spam: write it differently, or use another way.",
    "30008": "The carrier did not deliver it and does not say why: use another way.",
    "30034": "US carriers block numbers that are not registered: register it in Twilio's console.",
    "30410": "The carrier did not answer Twilio in time: try again later.",
}


def words_for(code: str) -> str:
    """What to do about a message that Twilio could not deliver."""
    known = WORDS.get(code)
    return (
        known
        or f"It was not delivered ({code[:20] or 'Twilio does not say why'}): use another way."
    )


def refusal(status: int, told: Told, retry_after: float | None) -> Refused:
    """What an answer that is no success says."""
    code = told["code"].name
    said = told["message"].text[:200]
    words = WORDS.get(code) or f"Twilio refused the message: {said or status}."
    if status == 401 or code in RECONNECT:
        return Refused(words=WORDS.get(code, WORDS["20003"]), health="reconnect", code=code)
    if status == 429 or code in LATER:
        words = "Twilio asks for patience; this is tried again."
        return Refused(words=words, retry_after=retry_after, whole=True, code=code or str(status))
    return Refused(words=words, permanent=True, code=code or str(status))
