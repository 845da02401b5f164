"""The admins' doors to accounts of channels. Credentials go in and are never told again."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from shopbell.connectors.channels.registry import CHANNELS, capabilities
from shopbell.connectors.channels.types import (
    Account,
    Channel,
    Checked,
    Checking,
    Field,
    Hooked,
)
from shopbell.desk.connections import commands, reads
from shopbell.desk.connections.reads import Held
from shopbell.desk.connections.templates import templates as kept_templates
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.errors import DeskError, Invalid, NotFound
from shopbell.desk.ids import uuid7
from shopbell.jobs.canary import ask, check_now, read_templates_now
from shopbell.server.asked import named
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.limits import TEMPLATES
from shopbell.server.state import State
from shopbell.server.types import (
    ChangeConnection,
    ChannelKind,
    Connected,
    Connections,
    ConnectionShown,
    NewConnection,
    Templates,
)

EMBED = '<script src="{at}/widget.js" data-shopbell="{key}" async></script>'
"""The line that puts a web chat on a page."""


class NotConnected(DeskError):
    """The platform did not take what was entered; the detail is what it said, and what to do."""

    kind = "not_connected"
    status = 422


async def index(request: Request) -> Response:
    state = state_of(request)
    held = await reads.connections(state.desk)
    kinds = [
        ChannelKind(
            capability=one,
            form=tuple(CHANNELS[name].form),
            hooked=isinstance(state.channels[name], Hooked),
            checked=isinstance(state.channels[name], Checking),
        )
        for name, one in capabilities().items()
        if not one.live
    ]
    shown = tuple(_shown(state, one) for one in held)
    return answer(Connections(connections=shown, channels=tuple(kinds)))


async def create(request: Request) -> Response:
    state, body = state_of(request), await decode(request, NewConnection)
    channel = _channel(state, body.channel)
    entered, made = _filled(channel.form, _trimmed(body.entered))
    settings = _settings(channel.form, entered, ConnectionSettings())
    trial = Connection(
        id=uuid7(),
        brand_id=await _brand(state, body.brand_id),
        channel=body.channel,
        name=body.name,
        settings=settings,
    )
    found = await _approved(channel, Account(connection=trial, credentials=entered))
    connection = await commands.connect(
        state.desk,
        state.intake.vault,
        trial.brand_id,
        body.channel,
        body.name.strip() or found.name or channel.capability.label,
        {**entered, **found.credentials},
        account=found.account or None,
        settings=settings,
    )
    await commands.checked(state.desk, connection.id, found.health, found.words)
    return answer(await _connected(state, connection.id, made), 201)


async def change(request: Request) -> Response:
    state, body = state_of(request), await decode(request, ChangeConnection)
    held = await _held(request)
    connection = held.connection
    if body.entered:
        await _renew(state, held, _trimmed(body.entered))
    if body.name is not None or body.answer_mode is not None:
        name = body.name.strip() if body.name else None
        await commands.change(state.desk, connection.id, name=name, answer_mode=body.answer_mode)
    if body.paused is True:
        await commands.pause(state.desk, connection.id, request.state.agent.name)
    elif body.paused is False and connection.health == "off":
        await commands.turn_on(state.desk, connection.id)
        await check_now(state.intake, connection.id)
    return answer(await _connected(state, connection.id, {}))


async def sign(request: Request) -> Response:
    """A new secret for the shop's server to sign with, shown in this answer alone."""
    state, held = state_of(request), await _held(request)
    made = await commands.new_signing_secret(state.desk, state.intake.vault, held.connection.id)
    return answer(await _connected(state, held.connection.id, {commands.SIGNING: made}))


async def check(request: Request) -> Response:
    state, held = state_of(request), await _held(request)
    await check_now(state.intake, held.connection.id)
    return answer(await _connected(state, held.connection.id, {}))


async def templates(request: Request) -> Response:
    """What may be sent after the window shut; for whoever writes there."""
    return await _templates(request)


async def read_templates(request: Request) -> Response:
    """The same, once the platform was asked for them."""
    state, held = state_of(request), await _held(request)
    await state.limits.take(state.redis, TEMPLATES, str(held.connection.id))
    await read_templates_now(state.intake, held.connection.id)
    return await _templates(request)


async def _templates(request: Request) -> Response:
    held = await _held(request)
    found = await kept_templates(state_of(request).desk, held.connection.id)
    return answer(Templates(templates=found.templates, read_at=found.read_at))


async def _renew(state: State, held: Held, changed: Mapping[str, str]) -> None:
    """Put these credentials in the place of the old ones once the platform takes them."""
    connection = held.connection
    channel = _channel(state, connection.channel)
    _known(channel.form, changed)
    settings = _settings(channel.form, changed, connection.settings)
    before = _opened(state, held)
    trial = Account(
        connection=msgspec.structs.replace(connection, settings=settings),
        credentials={**before, **changed},
    )
    found = await _approved(channel, trial)
    await commands.reconnect(
        state.desk,
        state.intake.vault,
        connection.id,
        {**changed, **found.credentials},
        account=found.account or None,
        settings=settings,
    )
    await commands.checked(state.desk, connection.id, found.health, found.words)


async def _approved(channel: Channel, account: Account) -> Checked:
    """How the platform finds the account. Raises NotConnected where it does not take it."""
    found = await ask(channel, account)
    if found is None:
        return Checked(health="ok")
    if found.health in ("reconnect", "off"):
        label = channel.capability.label
        raise NotConnected(f"{label} did not take that", found.words)
    return found


def _channel(state: State, name: str) -> Channel:
    channel = state.channels.get(name)
    if channel is None or channel.capability.live:
        raise Invalid(f"There is no channel {name!r} to connect", "Choose one of the list.")
    return channel


def _trimmed(entered: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in entered.items() if text.strip()}


def _known(form: Sequence[Field], entered: Mapping[str, str]) -> None:
    names = {one.name for one in form}
    for name in entered:
        if name not in names:
            raise Invalid(f"There is no field {name!r}", "Fill in those of the form.")


def _filled(
    form: Sequence[Field], entered: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What was entered with its defaults, and the secrets that were made for it."""
    _known(form, entered)
    given: dict[str, str] = {}
    made: dict[str, str] = {}
    for one in form:
        value = entered.get(one.name, one.default)
        if not value and one.made:
            value = made[one.name] = _new_secret(one)
        if not value and one.required:
            raise Invalid(f"{one.label} is missing", one.help)
        if value:
            given[one.name] = value
    return given, made


def _new_secret(field: Field) -> str:
    raw = secrets.token_bytes(32)
    if field.made == "whsec":
        return f"whsec_{base64.b64encode(raw).decode()}"
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _settings(
    form: Sequence[Field],
    entered: Mapping[str, str],
    before: ConnectionSettings,
) -> ConnectionSettings:
    """What is no secret stands where people can read it again."""
    plain = {one.name: entered[one.name] for one in form if one.name in entered and not one.secret}
    own = {name: plain.pop(name) for name in ("endpoint", "base_url") if name in plain}
    return msgspec.structs.replace(before, options={**before.options, **plain}, **own)


async def _brand(state: State, wanted: UUID | None) -> UUID:
    known = [one.id for one in await reads.brands(state.desk)]
    if wanted is None and known:
        return known[0]
    if wanted is None or wanted not in known:
        raise NotFound("The brand")
    return wanted


async def _held(request: Request) -> Held:
    connection_id = named(request, "connection_id", "The connection")
    return await reads.secret_connection(state_of(request).desk, connection_id)


async def _connected(state: State, connection_id: UUID, made: dict[str, str]) -> Connected:
    held = await reads.secret_connection(state.desk, connection_id)
    return Connected(shown=_shown(state, held), made=made)


def _opened(state: State, held: Held) -> dict[str, str]:
    try:
        return state.intake.vault.open(held.connection.id, held.sealed)
    except Sealed:
        return {}


def _shown(state: State, held: Held) -> ConnectionShown:
    connection = held.connection
    hooked = isinstance(state.channels.get(connection.channel), Hooked)
    return ConnectionShown(
        connection=connection,
        kept=tuple(sorted(_opened(state, held))),
        hook=f"{state.settings.public_url}/hooks/{connection.id}" if hooked else "",
        embed=EMBED.format(at=state.settings.public_url, key=connection.public_key)
        if connection.public_key
        else "",
        heard_at=held.heard_at,
        sent_at=held.sent_at,
        checked_at=held.checked_at,
    )
