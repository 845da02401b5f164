"""Kept payloads read again, a thousand at a time.

Most of what is replayed stands already. Whether all messages in a batch of payloads do is one
question to the database; only payloads that hold anything else are read one by one, as the first
time. So what costs is parsing, and replaying everything changes nothing.
"""

from collections.abc import Sequence
from uuid import UUID

from shopbell.connectors.channels.types import Account
from shopbell.desk.connections.vault import Sealed
from shopbell.desk.errors import DeskError
from shopbell.desk.inbound.rereading import Again, all_done, batches, read_batch, which_came
from shopbell.desk.inbound.types import Fact
from shopbell.jobs.intake import Intake


async def replay(intake: Intake, *, status: str | None = None, ids: Sequence[UUID] = ()) -> int:
    """Read these payloads again, or all of a status (None: all); how many there were."""
    read = 0
    accounts: dict[UUID, Account | None] = {}
    for batch in await batches(intake.desk, status, ids):
        payloads = await read_batch(intake.desk, batch)
        for one in payloads:
            if one.kept.connection_id not in accounts:
                accounts[one.kept.connection_id] = await _account(intake, one.kept.connection_id)
        await _reread(intake, payloads, accounts)
        read += len(payloads)
    return read


async def _account(intake: Intake, connection_id: UUID) -> Account | None:
    """None where it cannot be opened: reading such a payload by itself says why."""
    try:
        return (await intake.account(connection_id))[0]
    except (DeskError, Sealed):
        return None


async def _reread(
    intake: Intake, payloads: Sequence[Again], accounts: dict[UUID, Account | None]
) -> None:
    named = [_named(intake, one, accounts[one.kept.connection_id]) for one in payloads]
    came = await which_came(intake.desk, [name for names in named for name in names or ()])
    settled: list[UUID] = []
    for one, names in zip(payloads, named, strict=True):
        if names is None or not came.issuperset(names):
            await intake.read_kept(one.kept)
        elif not one.done:
            settled.append(one.kept.id)
    if settled:
        await all_done(intake.desk, settled)


def _named(intake: Intake, one: Again, account: Account | None) -> list[tuple[UUID, str]] | None:
    """The messages that a payload holds; None where it holds anything besides."""
    if account is None:
        return None
    try:
        facts = intake.facts(account, one.kept.raw)
    except Exception:
        return None  # and whoever reads it alone says so
    if not facts or not all(_is_message_of(account, fact) for fact in facts):
        return None
    return [(account.connection.id, fact.external_id) for fact in facts]


def _is_message_of(account: Account, fact: Fact) -> bool:
    own = not fact.account or fact.account == account.connection.account
    once = not (fact.joins or fact.to_people)
    return fact.kind == "message" and own and once and bool(fact.external_id)
