"""What a mail account is made of, as entered in settings, and how one proves to be its owner.

Google and Microsoft take OAuth 2 instead of a password (XOAUTH2):
https://developers.google.com/workspace/gmail/imap/xoauth2-protocol and
https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

import re
import ssl
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast

import httpx
from msgspec import Struct

from shopbell.connectors.channels.types import Field
from shopbell.desk.connections.types import Connection

TOKEN_URLS = {
    "google": "https://oauth2.googleapis.com/token",
    "microsoft": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
}
BEFORE_ITS_END = 120.0
"""Seconds before a token ends at which a new one is asked for."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PLUS_HOSTS = ("gmail.com", "office365.com", "outlook.com", "fastmail.com", "protonmail.ch")

FORM: Sequence[Field] = (
    Field(
        name="address",
        label="Address",
        help="The address that customers write to, such as help@your-shop.example.",
    ),
    Field(
        name="imap_host",
        label="IMAP server",
        help="Where mail is read, such as imap.gmail.com. Empty: a provider forwards mail instead.",
        required=False,
    ),
    Field(name="imap_port", label="IMAP port", help="993 with TLS.", default="993"),
    Field(
        name="smtp_host",
        label="SMTP server",
        help="Where mail is sent, such as smtp.gmail.com.",
    ),
    Field(
        name="smtp_port", label="SMTP port", help="465 with TLS, 587 with STARTTLS.", default="465"
    ),
    Field(
        name="tls",
        label="TLS",
        help="auto: from the start on ports 465 and 993, by STARTTLS on others. direct or starttls"
        " where your servers do it otherwise.",
        default="auto",
    ),
    Field(
        name="user",
        label="User name",
        help="What you sign in with; most often the address, then leave it empty.",
        required=False,
    ),
    Field(
        name="password",
        label="Password",
        help="An app password, where your provider has them. Empty with OAuth.",
        secret=True,
        required=False,
    ),
    Field(
        name="oauth",
        label="OAuth provider",
        help="google or microsoft, in place of a password.",
        required=False,
    ),
    Field(name="client_id", label="OAuth client id", required=False),
    Field(name="client_secret", label="OAuth client secret", secret=True, required=False),
    Field(name="refresh_token", label="OAuth refresh token", secret=True, required=False),
    Field(
        name="access_token",
        label="OAuth access token",
        help="Only to try it out: it ends within the hour.",
        secret=True,
        required=False,
    ),
    Field(
        name="receiving_host",
        label="Receiving host",
        help="The name that begins the Authentication-Results header of mail you get, such as"
        " mx.google.com. With it, forged senders are told from true ones.",
        required=False,
    ),
    Field(
        name="plus",
        label="Signed reply addresses",
        help="yes where mail to help+anything@… reaches you, no where it does not; auto: yes with"
        " providers known to do it, and where mail is forwarded.",
        default="auto",
    ),
    Field(
        name="dkim_selector",
        label="DKIM selector",
        help="Only where your mail server does not sign itself: the name before ._domainkey in your DNS.",
        required=False,
    ),
    Field(
        name="dkim_key",
        label="DKIM private key",
        help="The RSA key whose public half stands there, in PEM form.",
        secret=True,
        required=False,
    ),
    Field(
        name="secret",
        label="Secret",
        help="Signs reply addresses, and is the key in the address that a provider forwards to."
        " Shopbell makes one when left empty.",
        secret=True,
        required=False,
        made="token",
    ),
)


class MailAccount(Struct, frozen=True, kw_only=True):
    """A mail account: `address` in lower case; no `imap_host` where a provider forwards."""

    address: str
    imap_host: str
    imap_port: int
    smtp_host: str
    smtp_port: int
    tls: str
    user: str
    password: str
    oauth: str
    client_id: str
    client_secret: str
    refresh_token: str
    access_token: str
    receiving_host: str
    plus: bool
    dkim_selector: str
    dkim_key: str
    secret: str
    base_url: str

    @property
    def imap_direct(self) -> bool:
        """Whether TLS stands before the first word of IMAP."""
        return self.tls == "direct" or (self.tls != "starttls" and self.imap_port == 993)

    @property
    def smtp_direct(self) -> bool:
        """As `imap_direct`, for SMTP (RFC 8314, 3.3)."""
        return self.tls == "direct" or (self.tls != "starttls" and self.smtp_port == 465)

    @property
    def by_token(self) -> bool:
        """Whether OAuth takes the place of a password."""
        return bool(self.oauth or self.access_token)


def opened(connection: Connection, credentials: Mapping[str, str]) -> MailAccount:
    """The account of a connection; what is not entered is empty."""
    told = {**connection.settings.options, **credentials}
    address = (told.get("address") or connection.account or "").strip().lower()
    imap, smtp = told.get("imap_host", "").strip(), told.get("smtp_host", "").strip()
    return MailAccount(
        address=address,
        imap_host=imap,
        imap_port=_port(told.get("imap_port", ""), 993),
        smtp_host=smtp,
        smtp_port=_port(told.get("smtp_port", ""), 465),
        tls=told.get("tls", "auto").strip().lower(),
        user=told.get("user") or address,
        password=told.get("password", ""),
        oauth=told.get("oauth", "").strip().lower(),
        client_id=told.get("client_id", ""),
        client_secret=told.get("client_secret", ""),
        refresh_token=told.get("refresh_token", ""),
        access_token=told.get("access_token", ""),
        receiving_host=told.get("receiving_host", ""),
        plus=_plus(told.get("plus", "auto"), imap, smtp),
        dkim_selector=told.get("dkim_selector", "").strip(),
        dkim_key=_pem(told.get("dkim_key", "")),
        secret=told.get("secret", ""),
        base_url=connection.settings.base_url,
    )


def trust(host: str) -> ssl.SSLContext:
    """TLS with certificates checked, but for servers on this machine."""
    context = ssl.create_default_context()
    if host in LOOPBACK:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def untrusted(host: str, wrong: BaseException | None) -> str:
    """What to do about a server that did not prove to be who it is; empty for any other fault. No
    password was shown to it."""
    while wrong is not None:
        if isinstance(wrong, ssl.SSLCertVerificationError):
            return (
                f"The certificate of {host} is not valid ({wrong.verify_message}): check the server's"
                " name, or have the certificate renewed."
            )
        wrong = wrong.__cause__ or wrong.__context__
    return ""


class NoToken(Exception):
    """The provider gave no access token; `words` say what to do, `final` that it is no passing fault."""

    def __init__(self, words: str, *, final: bool) -> None:
        super().__init__(words)
        self.words = words
        self.final = final


class Tokens:
    """Access tokens, each until shortly before it ends."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._held: dict[str, tuple[str, float]] = {}

    async def of(self, account: MailAccount, *, fresh: bool = False) -> str:
        """A token for the account; `fresh` asks for another one. Raises NoToken."""
        if not account.refresh_token:
            return account.access_token
        key = f"{account.user} {account.refresh_token}"
        token, until = self._held.get(key, ("", 0.0))
        if token and not fresh and time.monotonic() < until:
            return token
        token, seconds = await self._ask(account)
        self._held[key] = (token, time.monotonic() + seconds - BEFORE_ITS_END)
        return token

    async def _ask(self, account: MailAccount) -> tuple[str, float]:
        url = account.base_url or TOKEN_URLS.get(account.oauth, "")
        if not url:
            raise NoToken("OAuth provider is neither google nor microsoft: set one.", final=True)
        form = {
            "grant_type": "refresh_token",
            "client_id": account.client_id,
            "client_secret": account.client_secret,
            "refresh_token": account.refresh_token,
        }
        try:
            response = await self._client.post(url, data=form, follow_redirects=False, timeout=15)
            told: Any = response.json()
        except (httpx.HTTPError, ValueError) as away:
            raise NoToken("The sign-in service does not answer.", final=False) from away
        if response.status_code in (400, 401, 403):
            raise NoToken("The provider ended our access: connect the account again.", final=True)
        if not isinstance(told, dict):
            raise NoToken("The sign-in service gave no token.", final=False)
        given = cast("dict[str, Any]", told)
        token = given.get("access_token")
        if not isinstance(token, str):
            raise NoToken("The sign-in service gave no token.", final=False)
        seconds = given.get("expires_in", 3600)
        return token, float(seconds) if isinstance(seconds, int | float) else 3600.0


def _pem(told: str) -> str:
    """A key as it is read, whatever a one-line field made of its line ends."""
    found = re.match(r"\s*(-----BEGIN [A-Z ]+-----)(.*?)(-----END [A-Z ]+-----)", told, re.DOTALL)
    if found is None:
        return told.strip()
    begin, body, end = found.groups()
    return "\n".join([begin, *re.findall(r".{1,64}", "".join(body.split())), end, ""])


def _port(told: str, default: int) -> int:
    return int(told) if told.strip().isdigit() and 0 < int(told) < 65536 else default


def _plus(told: str, imap: str, smtp: str) -> bool:
    if told.strip().lower() in ("yes", "no"):
        return told.strip().lower() == "yes"
    return not imap or any(one.lower().endswith(PLUS_HOSTS) for one in (imap, smtp))
