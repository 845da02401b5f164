"""Whether a mail is from the domain it says, as the shop's own receiving host found (RFC 8601).

Only results that carry the configured host's name are read: anybody can write the header, and the
receiving host takes out those that come in under its own name (section 5).
"""

import re

from msgspec import Struct

from shopbell.connectors.channels.email.charsets import unescaped
from shopbell.connectors.channels.email.headers import Head

_COMMENT = re.compile(r"\([^()]*\)")
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"?")
MOST_NESTED = 20
_RESULT = re.compile(r"^\s*([a-z][a-z0-9.-]*)\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\b(header\.(?:d|i|from)|smtp\.(?:mailfrom|helo))\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE
)
_SHOWN = ("spf", "dkim", "dmarc")


class Verdict(Struct, frozen=True, kw_only=True):
    """`proven`: the sender's domain stands behind the mail; `failed`: it does not; neither: nobody
    looked. `shown` is what people see."""

    proven: bool = False
    failed: bool = False
    shown: str = ""


def verdict(head: Head, sender: str, host: str) -> Verdict:
    """What the receiving `host` (its authserv-id, empty: none is trusted) found of the sender."""
    if not host:
        return Verdict()
    for raw in head.get_all("authentication-results") or []:
        text = _bare(" ".join(unescaped(str(raw)[:20_000]).split()))
        by, _, results = text.partition(";")
        if (by.split() or [""])[0].lower() == host.strip().lower():
            return _judged(results, sender.rpartition("@")[2])
    return Verdict(failed=True, shown="not checked by the receiving host")


def _judged(results: str, domain: str) -> Verdict:
    found: dict[str, str] = {}
    aligned = False
    for one in results.split(";"):
        result = _RESULT.match(one)
        if result is None:
            continue
        method, outcome = result.group(1).lower(), result.group(2).lower()
        stands = [value.rpartition("@")[2].lower() for _, value in _PROPERTY.findall(one)]
        if method == "dmarc" and stands and not any(_same(domain, other) for other in stands):
            outcome = "fail"
        if method not in found or (method != "dmarc" and found[method] != "pass"):
            found[method] = outcome
        if outcome == "pass" and method in ("dkim", "spf"):
            aligned = aligned or any(_same(domain, other) for other in stands)
    shown = ", ".join(f"{name}={found[name]}" for name in _SHOWN if name in found)
    dmarc = found.get("dmarc", "none")
    proven = dmarc == "pass" or (dmarc not in ("fail", "reject", "quarantine") and aligned)
    return Verdict(proven=proven, failed=not proven, shown=shown or "nothing found")


def _bare(text: str) -> str:
    """The results without comments and quoted strings: both may hold what a stranger chose, such as
    the local part of an address, and look like results (RFC 8601, 2.2)."""
    text = _STRING.sub('""', text)
    for _ in range(MOST_NESTED):
        shorter = _COMMENT.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text.partition("(")[0]


def _same(domain: str, other: str) -> bool:
    """Whether one is the other, or a part of it: relaxed alignment without a list of suffixes."""
    return bool(domain and other) and (
        domain == other or (domain.endswith(f".{other}") and "." in other)
    )
