"""A hook keeps what its platform signed, once, and nothing else: not unsigned, altered, stale or another's."""

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import httpx
import msgspec
import pytest
from standardwebhooks import Webhook

from shopbell.connectors.channels.registry import CHANNELS
from shopbell.connectors.channels.types import Hooked
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.vault import Vault
from shopbell.server import limits
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop
from tests.jobs.conftest import rows
from tests.server.live import Served, serving

__all__ = ["shop"]

SECRET = "whsec_" + base64.b64encode(b"the secret of a test" * 2).decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of it" * 2).decode()
Headers = dict[str, str]
Sign = Callable[[str, bytes, str, float], Headers]


def _hex(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _meta(secret: str, body: bytes, url: str, at: float) -> Headers:
    return {"x-hub-signature-256": f"sha256={_hex(secret, body)}"}


def _line(secret: str, body: bytes, url: str, at: float) -> Headers:
    mac = hmac.digest(secret.encode(), body, "sha256")
    return {"x-line-signature": base64.b64encode(mac).decode()}


def _slack(secret: str, body: bytes, url: str, at: float) -> Headers:
    signed = _hex(secret, f"v0:{int(at)}:".encode() + body)
    return {"x-slack-request-timestamp": str(int(at)), "x-slack-signature": f"v0={signed}"}


def _tiktok(secret: str, body: bytes, url: str, at: float) -> Headers:
    return {"tiktok-signature": f"t={int(at)},s={_hex(secret, f'{int(at)}.'.encode() + body)}"}


def _twilio(secret: str, body: bytes, url: str, at: float) -> Headers:
    told = url + "".join(f"{name}{value}" for name, value in sorted(parse_qsl(body.decode())))
    mac = hmac.digest(secret.encode(), told.encode(), "sha1")
    kind = "application/x-www-form-urlencoded"
    return {"x-twilio-signature": base64.b64encode(mac).decode(), "content-type": kind}


def _standard(secret: str, body: bytes, url: str, at: float) -> Headers:
    when = datetime.fromtimestamp(at, UTC)
    signature = Webhook(secret).sign("msg_1", when, body.decode())
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(at)),
        "webhook-signature": signature,
    }


@dataclass(frozen=True)
class Platform:
    """How a platform signs. `bears`: it shows a secret and signs no body. `stale`: a time is signed."""

    sign: Sign
    secret: str
    body: bytes = b'{"object":"test","n":1}'
    bears: bool = False
    stale: bool = False


def _shown(name: str) -> Sign:
    return lambda secret, body, url, at: {name: secret}


PLATFORMS: Mapping[str, Platform] = {
    "http": Platform(_standard, "secret", b'{"type":"unheard"}', stale=True),
    "email": Platform(
        _shown("x-shopbell-key"),
        "secret",
        b"From: a@b.example\nAuto-Submitted: auto-generated\n\nhi",
        bears=True,
    ),
    "telegram": Platform(_shown("x-telegram-bot-api-secret-token"), "secret", bears=True),
    "sms": Platform(_twilio, "auth_token", b"MessageSid=SM1&From=%2B15550001&Body=hi"),
    "line": Platform(_line, "channel_secret"),
    "slack": Platform(_slack, "signing_secret", stale=True),
    "tiktok": Platform(_tiktok, "app_secret", stale=True),
    "whatsapp": Platform(_meta, "app_secret"),
    "messenger": Platform(_meta, "app_secret"),
    "instagram": Platform(_meta, "app_secret"),
}


def test_every_hooked_channel_is_asked() -> None:
    hooked = {
        name for name, one in CHANNELS.items() if isinstance(one(httpx.AsyncClient()), Hooked)
    }
    assert hooked == set(PLATFORMS)


@pytest.fixture
async def served(
    settings: Settings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Served]:
    generous = msgspec.structs.replace(limits.HOOK_REFUSED, burst=10_000)
    monkeypatch.setattr("shopbell.server.hooks.HOOK_REFUSED", generous)
    async with serving(settings, shop) as served:
        yield served


async def hooks(served: Served, settings: Settings, shop: Shop) -> dict[str, str]:
    """The hook's address of a connection of each channel."""
    found: dict[str, str] = {}
    for channel, platform in PLATFORMS.items():
        made = await connect(
            shop.desk,
            Vault(settings.secret_key),
            shop.connection.brand_id,
            channel,
            channel,
            {platform.secret: SECRET},
        )
        found[channel] = f"{served.url}/hooks/{made.id}"
    return found


def spoilt(platform: Platform, url: str) -> dict[str, tuple[bytes, Headers]]:
    """Posts that the platform never made."""
    now, body = time.time(), platform.body
    right = platform.sign(SECRET, body, url, now)
    signed = [name for name in right if name not in ("content-type", "webhook-id")]
    told: dict[str, tuple[bytes, Headers]] = {
        "without a signature": (body, {}),
        "signed with another secret": (body, platform.sign(OTHER, body, url, now)),
    }
    for name in signed:
        for what, value in {
            "empty": "",
            "cut": right[name][:-1],
            "longer": f"1{right[name]}",
            "not a signature": "=,=;{}",
            "not ASCII": "ÿ" * 20,
            "huge": "9" * 7_000,
            "twice": f"x{right[name]},{right[name]}x",
            "a list": "v1,,v1,",
        }.items():
            told[f"{name}: {what}"] = (body, {**right, name: value})
    if not platform.bears:
        told["with an altered body"] = (body.replace(b"1", b"2") + b" ", right)
        told["with a body that is more"] = (body + b"&x=1", right)
        told["with no body"] = (b"", right)
    if platform.stale:
        for seconds in (-3_600, 3_600):
            at = now + seconds
            told[f"signed {seconds} seconds away"] = (body, platform.sign(SECRET, body, url, at))
        later = platform.sign(SECRET, body, url, now - 3_600)
        fresh = platform.sign(SECRET, body, url, now)
        for name in signed:
            told[f"stale, with a fresh {name}"] = (body, {**later, name: fresh[name]})
    return {
        name: (sent, headers)
        for name, (sent, headers) in told.items()
        if headers != right or sent != body
    }


async def test_what_a_platform_did_not_sign_is_refused_and_not_kept(
    served: Served, settings: Settings, shop: Shop
) -> None:
    addresses = await hooks(served, settings, shop)
    async with httpx.AsyncClient() as http:
        for channel, url in addresses.items():
            for name, (body, headers) in spoilt(PLATFORMS[channel], url).items():
                raw = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
                got = await http.post(url, content=body, headers=raw)
                assert got.status_code == 401, f"{channel}: {name}"
    assert await rows(shop.desk, "SELECT 1 FROM inbound") == []
    assert await rows(shop.desk, "SELECT 1 FROM message") == []


async def test_another_channels_or_connections_signature_opens_nothing(
    served: Served, settings: Settings, shop: Shop
) -> None:
    addresses = await hooks(served, settings, shop)
    async with httpx.AsyncClient() as http:
        for channel, url in addresses.items():
            for other, platform in PLATFORMS.items():
                if platform.sign is PLATFORMS[channel].sign or other == channel:
                    continue
                headers = platform.sign(SECRET, platform.body, url, time.time())
                got = await http.post(url, content=platform.body, headers=headers)
                assert got.status_code == 401, f"{other} at {channel}"
        for wrong in ("0", "00000000-0000-0000-0000-000000000000", "../widget", "%00"):
            got = await http.post(f"{served.url}/hooks/{wrong}", content=b"{}")
            assert got.status_code in (404, 405), wrong
    assert await rows(shop.desk, "SELECT 1 FROM inbound") == []


async def test_one_event_a_hundred_times_at_once_is_kept_once(
    served: Served, settings: Settings, shop: Shop
) -> None:
    addresses = await hooks(served, settings, shop)
    at = time.time()
    async with httpx.AsyncClient(timeout=60) as http:
        for channel, url in addresses.items():
            platform = PLATFORMS[channel]
            headers = platform.sign(SECRET, platform.body, url, at)
            times = 100 if channel == "http" else 12
            posts = [http.post(url, content=platform.body, headers=headers) for _ in range(times)]
            given = await asyncio.gather(*posts)
            assert {one.status_code for one in given} == {200}, channel
    kept = await rows(
        shop.desk,
        "SELECT k.channel, i.seen, i.headers::text AS told FROM inbound i"
        " JOIN connection k ON k.id = i.connection_id ORDER BY 1",
    )
    assert [one["channel"] for one in kept] == sorted(PLATFORMS)
    assert {one["seen"] for one in kept} == {100, 12}
    assert not [one for one in kept if SECRET in one["told"]], "no secret is kept with a payload"
