"""Who else gets an agent's mail: copies, in sight of the customer (CC) or not (BCC).

They are no participants with rights: whoever answers such a mail is a stranger in the conversation.
"""

import re

from shopbell.desk.connections.types import Capability
from shopbell.desk.errors import Invalid
from shopbell.desk.messages.types import Draft, MailHead

MOST_COPIES = 20
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+", re.ASCII)


def copies_of(draft: Draft, capability: Capability | None) -> MailHead | None:
    """The copies that a draft asks for, in lower case and each once; None where it asks for none.

    Raises Invalid, with words, for a channel that knows no copies and for what is no address."""
    cc = _each_once(draft.cc)
    bcc = tuple(one for one in _each_once(draft.bcc) if one not in cc)
    if not cc and not bcc:
        return None
    if capability is None or not capability.copies:
        raise Invalid("Copies go along with mails alone", "Take them out, or answer by e-mail.")
    if len(cc) + len(bcc) > MOST_COPIES:
        raise Invalid(f"At most {MOST_COPIES} copies fit on a mail", "Take some of them out.")
    wrong = next((one for one in (*cc, *bcc) if not _ADDRESS.fullmatch(one)), None)
    if wrong is not None:
        raise Invalid(f"{wrong[:80]!r} is no address", "Write it as name@shop.example.")
    return MailHead(cc=cc, bcc=bcc)


def _each_once(addresses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip().lower() for one in addresses if one.strip()))
