"""How Meta proves itself at a hook: a challenge once, a signature over the raw bytes always.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started: a GET with `hub.mode`,
`hub.verify_token` and `hub.challenge`, then POSTs with `X-Hub-Signature-256: sha256=<hex>`, HMAC of
the body under the app's secret. There is no time in it: what comes twice is known by its id.
"""

import hashlib
import hmac

import httpx

from shopbell.connectors.channels.types import Account, Field, Reply
from shopbell.desk.inbound.types import Raw, Unverified

LONGEST_CHALLENGE = 200
APP_SECRET = Field(
    name="app_secret",
    label="App secret",
    help="In Meta's app settings: App settings, Basic. Proves that messages are Meta's.",
    secret=True,
)
VERIFY_TOKEN = Field(
    name="verify_token",
    label="Verify token",
    help="Enter it at Meta beside the webhook address; Shopbell makes one when left empty.",
    secret=True,
    required=False,
    made="token",
)


class Proven:
    """A channel of Meta's: made of the HTTP client that all share, and asked and told at its hook alike."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    def greet(self, account: Account, raw: Raw) -> Reply | None:
        """The challenge back, for whoever knows the verify token. Raises Unverified."""
        if raw.method != "GET":
            return None
        ours = account.credentials.get("verify_token", "")
        theirs, challenge = (
            raw.query.get("hub.verify_token", ""),
            raw.query.get("hub.challenge", ""),
        )
        if raw.query.get("hub.mode") != "subscribe" or not ours:
            raise Unverified("no subscription is asked for")
        if not hmac.compare_digest(ours.encode(), theirs.encode(errors="replace")):
            raise Unverified("another verify token")
        if not challenge.isalnum() or len(challenge) > LONGEST_CHALLENGE:
            raise Unverified("no challenge")
        return Reply(body=challenge.encode())

    def verify(self, account: Account, raw: Raw) -> None:
        """Raises Unverified unless the body is signed with the app's secret."""
        secret = account.credentials.get("app_secret", "")
        if not secret:
            raise Unverified("no app secret is set")
        scheme, _, given = raw.headers.get("x-hub-signature-256", "").partition("=")
        if scheme != "sha256":
            raise Unverified("no signature")
        right = hmac.new(secret.encode(), raw.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), given.strip().lower().encode(errors="replace")):
            raise Unverified("another signature")
