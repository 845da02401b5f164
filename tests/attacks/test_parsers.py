"""Whatever bytes a platform, or somebody in its name, hands in: every channel reads facts, and none raises."""

import ast
import inspect
import json
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shopbell.cli.payloads import flat, parse, read
from shopbell.connectors.channels.registry import CHANNELS, channels
from shopbell.connectors.channels.types import Account, Channel, Hooked, Listening
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.inbound.types import Fact, Raw, Unverified

EVERY: dict[str, Channel] = dict(channels(httpx.AsyncClient()))
READING = sorted(name for name, one in EVERY.items() if isinstance(one, Hooked | Listening))
HOOKED = sorted(name for name, one in EVERY.items() if isinstance(one, Hooked))
NOBODY = UUID(int=0)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def account(channel: str, secret: str = "") -> Account:
    told = ConnectionSettings(options={"channels": "*"})
    connection = Connection(
        id=NOBODY, brand_id=NOBODY, channel=channel, name="", settings=told, account="1"
    )
    entered = {field.name: secret for field in CHANNELS[channel].form} if secret else {}
    return Account(connection=connection, credentials=entered)


@cache
def words_of(channel: str) -> tuple[str, ...]:
    """Every string in the channel's own code: the names and values that it looks for."""
    folder = Path(inspect.getfile(CHANNELS[channel])).parent
    found: set[str] = set()
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value[:60])
    return tuple(sorted(found))


ODD = st.sampled_from(
    ["", "\x00", "\ud800", "\u202e", "9" * 400, "-1", "1e999", "NaN", "1700000000", "😀" * 20]
)


def values_of(channel: str) -> st.SearchStrategy[Any]:
    """JSON of any shape, in the names that the channel knows."""
    name = st.sampled_from(words_of(channel))
    leaf = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(min_value=-(10**40), max_value=10**40),
        st.floats(),
        st.text(max_size=20),
        name,
        ODD,
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(name, inner, max_size=7)
        ),
        max_leaves=40,
    )


def check(channel: str, facts: list[Fact]) -> None:
    """Facts that can be kept: Postgres takes no NUL, and no half of a surrogate pair."""
    for fact in facts:
        told = flat(fact, mailed=channel == "email")
        assert msgspec.json.encode(told)
        assert "\x00" not in strings_in(told)


def strings_in(told: Any) -> str:
    """All the strings in it, one after the other."""
    if isinstance(told, dict | list):
        parts: list[Any] = list(told.values()) if isinstance(told, dict) else told  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        return "".join(strings_in(one) for one in parts)
    return told if isinstance(told, str) else ""


def hear(channel: str, raw: Raw) -> None:
    known = EVERY[channel]
    assert isinstance(known, Hooked | Listening)
    check(channel, known.normalise(account(channel), raw))


@pytest.mark.parametrize("channel", READING)
def test_no_bytes_are_a_fault(channel: str) -> None:
    @given(st.binary(max_size=400), st.sampled_from(words_of(channel)))
    @FEW
    def of(body: bytes, kind: str) -> None:
        hear(channel, Raw(body=body))
        hear(channel, Raw(body=body, headers={"content-type": kind}, query={"key": kind}))

    of()


@pytest.mark.parametrize("channel", READING)
def test_no_json_in_the_channels_own_words_is_a_fault(channel: str) -> None:
    kinds = ["application/json", "text/plain", ""]

    @given(values_of(channel), st.sampled_from(kinds))
    @FEW
    def of(told: Any, kind: str) -> None:
        body = json.dumps(told).encode("utf-8", "surrogatepass")
        hear(channel, Raw(body=body, headers={"content-type": kind}))

    of()


@pytest.mark.parametrize("channel", READING)
def test_no_form_in_the_channels_own_words_is_a_fault(channel: str) -> None:
    text = st.one_of(st.text(max_size=20), st.sampled_from(words_of(channel)), ODD)
    forms = st.dictionaries(st.sampled_from(words_of(channel)), text, max_size=12)

    @given(forms)
    @FEW
    def of(form: dict[str, str]) -> None:
        body = urlencode(form, errors="surrogatepass").encode()
        kind = {"content-type": "application/x-www-form-urlencoded"}
        hear(channel, Raw(body=body, headers=kind))

    of()


@pytest.mark.parametrize("channel", HOOKED)
def test_nothing_unsigned_is_more_than_unverified(channel: str) -> None:
    known = EVERY[channel]
    assert isinstance(known, Hooked)
    named = [one.lower() for one in words_of(channel)]
    text = st.one_of(st.text(max_size=40), ODD, st.sampled_from(words_of(channel)))
    heads = st.dictionaries(st.sampled_from(named), text, max_size=8)

    @given(heads, heads, st.binary(max_size=60), st.sampled_from(["GET", "POST", "HEAD"]))
    @FEW
    def of(headers: dict[str, str], query: dict[str, str], body: bytes, method: str) -> None:
        raw = Raw(body=body, headers=headers, query=query, method=method, url="https://x.example/h")
        for secret in ("", "a-secret-that-nobody-guesses"):
            opened = account(channel, secret)
            with pytest.raises(Unverified):
                known.verify(opened, raw)
            with suppress(Unverified):
                known.greet(opened, raw)

    of()


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=3), st.sampled_from(READING))
@FEW
def test_parse_prints_a_line_for_each_file_whatever_is_in_it(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes], channel: str
) -> None:
    folder = tmp_path_factory.mktemp("payloads")
    files = [folder / f"{number}.eml" for number in range(len(bodies))]
    for file, body in zip(files, bodies, strict=True):
        file.write_bytes(body)
    parse(channel, files, as_json=True)
    parse(channel, files, as_json=False)
    known = EVERY[channel]
    assert isinstance(known, Hooked | Listening)
    assert isinstance(read(known, channel, bodies[0]), list)
