"""How long a text is to carriers, who bill and cut by segments.

https://www.twilio.com/docs/glossary/what-sms-character-limit: 140 octets each, of which 6 tell
where a segment belongs once there are several. That leaves 153 characters of the GSM alphabet (160
where one is enough), of which a few count twice, or 67 (70) UTF-16 units for every other text.
"""

import math

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_TWICE = frozenset("^{}\\[~]|€")
"""GSM 03.38, and what it has on its second page (https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding)."""
OF_GSM, OF_UCS2 = 153, 67
MOST_SEGMENTS = 10
LONGEST = OF_GSM * MOST_SEGMENTS
"""What we put into one text: carriers do not join more segments reliably."""


def length(text: str) -> int:
    """The text's length as if it were of the GSM alphabet: `LONGEST` fills ten segments, whatever
    the text is written in."""
    if all(one in GSM or one in GSM_TWICE for one in text):
        return len(text) + sum(one in GSM_TWICE for one in text)
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return math.ceil(units * OF_GSM / OF_UCS2)
