"""Twilio's signature: https://www.twilio.com/docs/usage/webhooks/webhooks-security.

Base64 of HMAC-SHA1, keyed with the auth token, over the public address as Twilio called it, followed
by each parameter's name and value, sorted by name. There is no time in it: repeats are told by ids.
"""

import base64
import hmac
from urllib.parse import parse_qsl, urlsplit, urlunsplit

MOST_FIELDS = 300
Form = list[tuple[str, str]]


def form_of(body: bytes) -> Form:
    """The fields of a form, in their order. Raises ValueError for what is none."""
    return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)


def signature(token: str, url: str, form: Form) -> str:
    """What Twilio puts into X-Twilio-Signature; of a name that comes twice, each value counts once."""
    signed = url + "".join(f"{name}{value}" for name, value in sorted(set(form)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def is_signed(token: str, url: str, form: Form, given: str) -> bool:
    """Whether the signature is right for the address with its port, or without."""
    expected = [signature(token, one, form) for one in (url, *_otherwise(url))]
    return any(
        hmac.compare_digest(one.encode(), given.encode(errors="replace")) for one in expected
    )


def _otherwise(url: str) -> list[str]:
    """The address with the port it has by itself, or without: Twilio signs either."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return []
    host = parts.hostname or ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if port is None and usual:
        return [urlunsplit(parts._replace(netloc=f"{host}:{usual}"))]
    return [urlunsplit(parts._replace(netloc=host))] if port else []
