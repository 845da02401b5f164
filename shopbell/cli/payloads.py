"""`shopbell parse` and `shopbell replay`: what connectors read in payloads, and reading them again."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx
import msgspec

from shopbell.cli import house, prepare
from shopbell.cli.failure import Failure
from shopbell.connectors.channels.registry import CHANNELS, channels
from shopbell.connectors.channels.types import Account, Channel, Hooked, Listening
from shopbell.desk.attachments.storage import open_storage
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from shopbell.desk.inbound.types import Fact, Mail, Raw
from shopbell.jobs.intake import Intake
from shopbell.jobs.replaying import replay as read_again
from shopbell.realtime.live import Live
from shopbell.settings import Settings

NOBODY = UUID(int=0)
Which = Literal["unread", "waiting", "done", "all"]


def parse(channel: str, files: Sequence[Path], *, as_json: bool) -> None:
    """Print what the channel's connector reads in each file. Raises Failure when one cannot be
    read; what is in it never fails."""
    known = channels(httpx.AsyncClient()).get(channel)
    if not isinstance(known, Hooked | Listening):
        names = ", ".join(name for name in sorted(CHANNELS) if _reads(CHANNELS[name]))
        raise Failure(f"Nothing here reads {channel}: give one of {names}.")
    unread = 0
    for file in files:
        told: dict[str, Any] = {"file": str(file), "facts": [], "error": None}
        try:
            facts = read(known, channel, file.read_bytes())
            told["facts"] = [flat(one, mailed=channel == "email") for one in facts]
        except OSError as wrong:
            told["error"] = wrong.strerror or "cannot be read"
            unread += 1
        if as_json:
            sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        else:
            _print(told)
    if unread:
        raise Failure(f"{unread} of {len(files)} files could not be read.")


def read(channel: Hooked | Listening, name: str, body: bytes) -> list[Fact]:
    """The facts of one payload of an account that nobody connected, and that watches everything."""
    everywhere = ConnectionSettings(options={"channels": "*"})
    nobody = Connection(id=NOBODY, brand_id=NOBODY, channel=name, name="", settings=everywhere)
    return channel.normalise(Account(connection=nobody), Raw(body=body))


def flat(fact: Fact, *, mailed: bool = False) -> dict[str, Any]:
    """A fact in one level, with every field, also those that say nothing; bytes are left out.

    With `mailed` a mail's own fields stand beside the others. `matched_by` is then the first way in
    which its thread would be looked for; which one finds it is the desk's to say."""
    told: dict[str, Any] = msgspec.to_builtins(fact)
    whole = {
        "kind": fact.kind,
        "external_id": fact.external_id,
        "from": fact.sender.value if fact.sender else "",
        "from_name": fact.sender.name if fact.sender else "",
        "verified": fact.sender.verified if fact.sender else False,
        "at": told.get("at"),
        "text": fact.text,
        "attachments": [
            {
                "name": one.name,
                "media_type": one.media_type,
                "size": len(one.data) if one.data is not None else one.size,
                "ref": one.ref,
            }
            for one in fact.attachments
        ],
        "reply_to": fact.reply_to,
        "state": fact.state,
    }
    for name in ("html", "place", "code", "words", "context", "account", "key"):
        whole[name] = told.get(name, "")
    if mailed:
        mail: dict[str, Any] = msgspec.to_builtins(fact.mail) if fact.mail else {}
        whole |= {name: mail.get(name, default) for name, default in _MAIL.items()}
        whole["matched_by"] = _looked_for_by(fact.mail) if fact.mail else ""
    return whole


def _looked_for_by(mail: Mail) -> str:
    if mail.matched_by:
        return mail.matched_by
    if mail.in_reply_to:
        return "in reply to"
    if mail.references:
        return "references"
    return "sender"


_MAIL: dict[str, Any] = {
    "to": [],
    "cc": [],
    "subject": "",
    "reply_text": "",
    "message_id": "",
    "in_reply_to": "",
    "references": [],
    "auto_submitted": False,
    "bounce": False,
    "matched_by": "",
    "authentication": "",
    "warning": "",
}


def replay(*, data: Path | None, which: Which, ids: Sequence[UUID]) -> None:
    """Read kept payloads again: by id, or all of a kind. What stands already changes nothing."""
    with house.services(data=data) as found:
        prepare.migrate(found.settings)
        done, before, after = asyncio.run(_replay(found.settings, which, ids))
    print(f"read {done} payloads again; messages before {before}, after {after}")


async def _replay(settings: Settings, which: Which, ids: Sequence[UUID]) -> tuple[int, int, int]:
    assert settings.database_url is not None

    async def unseen(_: Live) -> None:
        """Nobody watches a replay."""

    async with open_desk(settings.database_url) as desk, httpx.AsyncClient() as client:
        vault = Vault(settings.secret_key, settings.old_secret_keys)
        known: dict[str, Channel] = dict(channels(client))
        files = open_storage(settings.files, settings.data)
        intake = Intake(desk, known, vault, files, unseen)
        before = await _messages(desk.pool)
        read = await read_again(intake, status=None if which == "all" else which, ids=ids)
        return read, before, await _messages(desk.pool)


async def _messages(pool: Any) -> int:
    async with pool.connection() as connection:
        row = await (await connection.execute("SELECT count(*) AS n FROM message")).fetchone()
    return row["n"]


def _reads(channel: type[Any]) -> bool:
    return hasattr(channel, "normalise")


def _print(told: dict[str, Any]) -> None:
    print(told["file"], told["error"] or "")
    for fact in told["facts"]:
        words = fact["text"] or fact["state"] or fact["words"]
        print(f"  {fact['kind']:9} {fact['external_id']} {fact['from']}: {words[:100]!r}")
