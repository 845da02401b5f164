"""`shopbell shop load` and `shopbell act`: any catalogue, and any action on it."""

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shopbell.cli import house, prepare
from shopbell.cli.failure import Failure
from shopbell.connectors.commerce.demo.acting import ActingDemoShop
from shopbell.connectors.commerce.demo.file import LoadProblem, ShopFile, read_shop_file
from shopbell.connectors.commerce.demo.loading import Loaded, load_shop
from shopbell.connectors.commerce.types import ShopUnavailable
from shopbell.desk.actions.asking import read_action
from shopbell.desk.actions.commands import UnderWay
from shopbell.desk.actions.types import Action, Asking, Decision, Entry, Result
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.errors import DeskError, Invalid
from shopbell.jobs.acting import act, fresh_key, settle_lost
from shopbell.settings import Settings


class Acted(Struct, frozen=True, kw_only=True):
    """What `shopbell act --json` prints. `state` is the ledger's: an allowed action may still have
    failed, or be uncertain; `tell` is the sentence for the customer."""

    decision: Decision
    reason: str
    ledger_id: str
    result: Result | None
    state: str
    tell: str
    problem: str


class BadInput(Failure):
    """What was typed or is in the file cannot be taken: exit code 2."""

    code = 2


def load(file: Path, *, data: Path | None) -> None:
    """Fill the embedded shop from a file, and print how much it was. Raises BadInput."""
    try:
        parts = read_shop_file(file.read_bytes())
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.") from None
    except LoadProblem as problem:
        raise BadInput(f"{file} cannot be loaded: {problem}.") from None
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        try:
            loaded = asyncio.run(_load(found.settings, parts))
        except LoadProblem as problem:
            raise BadInput(f"{file} cannot be loaded: {problem}.") from None
    print(
        f"loaded {loaded.products} products ({loaded.variants} variants),"
        f" {loaded.customers} customers, {loaded.orders} orders"
    )


def run_action(
    name: str,
    args: str,
    customer: str,
    *,
    verified: bool,
    by: str,
    saying: str,
    key: str,
    data: Path | None,
    as_json: bool,
) -> None:
    """Do one action as a customer, and print what became of it. Raises BadInput."""
    try:
        action = read_action(name, args)
    except Invalid as wrong:
        raise BadInput(f"{wrong.title}. {wrong.detail}") from None
    if by not in ("assistant", "agent", "admin"):
        raise BadInput(f"--by is {by}: give assistant, agent or admin.")
    if not customer.strip() or len(customer) > 254 or "\0" in customer:
        raise BadInput("--as names nobody: give an e-mail address or a phone number with its +.")
    if key and not 8 <= len(key) <= 200:
        raise BadInput("--key needs 8 to 200 characters.")
    asking = Asking(
        key=key or fresh_key(),
        customer=customer.strip().casefold(),
        asked_by=by,  # pyright: ignore[reportArgumentType]
        verified=verified,
        channel="cli",
        saying=saying,
    )
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        acted = asyncio.run(_act(found.settings, action, asking))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(acted)).decode() + "\n")
    else:
        print(readable(acted))


def readable(acted: Acted) -> str:
    """The outcome as lines for a person."""
    lines = [f"{acted.decision}: {acted.reason}", f"tell: {acted.tell}", f"state: {acted.state}"]
    if acted.problem:
        lines.append(f"problem: {acted.problem}")
    for change in acted.result.changes if acted.result else ():
        before = f"{change.before} → " if change.before else ""
        lines.append(f"{change.what}: {before}{change.after}")
    return "\n".join([*lines, f"ledger: {acted.ledger_id}"])


async def _load(settings: Settings, file: ShopFile) -> Loaded:
    async with _desk(settings) as desk:
        return await load_shop(desk.pool, file)


async def _act(settings: Settings, action: Action, asking: Asking) -> Acted:
    async with _desk(settings) as desk:
        shop = ActingDemoShop(desk.pool, settings.public_url)
        try:
            await settle_lost(desk, shop)
            entry = await act(desk, shop, action, asking)
        except UnderWay as standing:
            return _acted(standing.standing, reason=f"{standing.title}. {standing.detail}")
        except DeskError as wrong:
            raise BadInput(f"{wrong.title}. {wrong.detail}") from None
        except ShopUnavailable as away:
            raise Failure(f"Nothing was begun: {away}. Try again.") from None
        return _acted(entry)


def _acted(entry: Entry, *, reason: str = "") -> Acted:
    """What is printed of a row; with a `reason`, of one that stood already."""
    return Acted(
        decision="refuse" if reason and entry.state != "waiting" else entry.decision,
        reason=reason or entry.reason,
        ledger_id=str(entry.id),
        result=None if reason else entry.result,
        state=entry.state,
        tell=entry.tell,
        problem=entry.problem,
    )


@asynccontextmanager
async def _desk(settings: Settings) -> AsyncGenerator[Desk, Any]:
    assert settings.database_url is not None
    async with open_desk(settings.database_url, size=4) as desk:
        yield desk
