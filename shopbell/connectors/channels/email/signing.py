"""DKIM signatures with a key of the shop's own (RFC 6376), for mail servers that make none.

RSA with SHA-256, both parts relaxed (3.4.2, 3.4.4), the sender's domain, and From signed once more
than it is there (8.15), so that nobody adds a second one.
"""

from importlib import import_module
from typing import Any

from shopbell.connectors.channels.email.account import MailAccount

PROBE = b"From: a@b.example\r\nSubject: probe\r\n\r\nprobe\r\n"
WORDS = (
    "The DKIM key cannot be read: enter an RSA private key in PEM form, from its BEGIN line to its END"
    " line, and its selector."
)


class Unsignable(Exception):
    """There is a key that nothing can be signed with."""


def stamped(mail: bytes, account: MailAccount) -> bytes:
    """The mail with its signature in front; as it is, where the account has no key. Raises Unsignable."""
    if not account.dkim_key:
        return mail
    domain = account.address.rpartition("@")[2]
    # It brings the whole of dnspython, which no process should load that signs nothing.
    library: Any = import_module("dkim")
    try:
        line: bytes = library.sign(
            mail,
            account.dkim_selector.encode("ascii"),
            domain.encode("idna"),
            account.dkim_key.encode("ascii"),
            canonicalize=(b"relaxed", b"relaxed"),
        )
    except (library.DKIMException, ValueError, IndexError, TypeError) as wrong:
        raise Unsignable(WORDS) from wrong
    return line + mail
