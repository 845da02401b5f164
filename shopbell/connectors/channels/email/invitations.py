"""What an invitation says in words, where a mail has no other (RFC 5545, RFC 6047)."""

import re

from shopbell.connectors.channels.email.parts import Part, every, text_of

LONGEST = 100_000
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"^(SUMMARY|DTSTART|DTEND|LOCATION|METHOD)((?:;[^:\n]{0,200})?):(.*)$", re.MULTILINE
)
_ZONE = re.compile(r"TZID=\"?([^;:\"]{1,60})")
_TIME = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ESCAPED = re.compile(r"\\([\\;,nN])")
_METHODS = {
    "REQUEST": "Invitation",
    "PUBLISH": "Event",
    "CANCEL": "Cancelled",
    "REPLY": "Answer to an invitation",
    "COUNTER": "Another time is proposed",
}


def invitation_in(root: Part) -> str:
    """Method, title, times and place, a line each; empty where there is no invitation."""
    part = next((one for one in every(root) if one.kind == "text/calendar"), None)
    if part is None:
        return ""
    told: dict[str, str] = {}
    for name, more, value in _LINE.findall(_FOLD.sub("", text_of(part)[:LONGEST])):
        zone = _ZONE.search(more)
        told.setdefault(
            name, f"{_words(name, value.strip())}{f' ({zone.group(1)})' if zone else ''}"
        )
    method = _METHODS.get(told.pop("METHOD", "").upper(), "Event")
    title = told.get("SUMMARY", "")
    times = " - ".join(told[one] for one in ("DTSTART", "DTEND") if told.get(one))
    lines = (f"{method}: {title}" if title else method, times, told.get("LOCATION", ""))
    return "\n".join(one for one in lines if one) if told else ""


def is_answer(root: Part) -> bool:
    """Whether a calendar answers an invitation by this mail."""
    return any(
        re.search(r"^METHOD:\s*REPLY\b", text_of(one)[:LONGEST], re.MULTILINE | re.IGNORECASE)
        for one in every(root)
        if one.kind == "text/calendar"
    )


def _words(name: str, value: str) -> str:
    if name.startswith("DT"):
        found = _TIME.match(value)
        if found is None:
            return ""
        year, month, day, hour, minute, utc = found.groups()
        clock = f" {hour}:{minute}{' UTC' if utc else ''}" if hour else ""
        return f"{year}-{month}-{day}{clock}"
    plain = _ESCAPED.sub(lambda one: " " if one.group(1) in "nN" else one.group(1), value)
    return " ".join(plain.split())[:500]
