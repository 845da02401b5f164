"""The demo people's saved replies, as content/replies.toml has them."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from shopbell.connectors.commerce.demo.history.cast import House
from shopbell.connectors.commerce.demo.library import CONTENT, read_toml
from shopbell.connectors.commerce.demo.world import uuid7_at
from shopbell.desk.replies.types import ReplyText, SavedDraft, Step

_INSERT = """
INSERT INTO saved_reply (id, title, shortcut, texts, steps, visibility, owner_id, team_id, used,
                         last_used_at, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def drafts(house: House) -> list[tuple[str, int, SavedDraft]]:
    """Who wrote each, how often it was used, and what it says."""
    return [_draft(one, house) for one in read_toml(CONTENT / "replies.toml")["reply"]]


def _draft(one: dict[str, Any], house: House) -> tuple[str, int, SavedDraft]:
    team = house.teams.get(one["for"])
    steps = [_step(step, house) for step in one.get("steps", [])]
    draft = SavedDraft(
        title=one["title"],
        shortcut=one["shortcut"],
        texts=msgspec.convert(one.get("text", []), tuple[ReplyText, ...]),
        steps=msgspec.convert(steps, tuple[Step, ...]),
        visibility="team" if team else one["for"],
        team_id=team,
    )
    return one["by"], one["used"], draft


def _step(step: dict[str, Any], house: House) -> dict[str, Any]:
    given = dict(step)
    if team := given.pop("team", None):
        given["team_id"] = str(house.teams[team])
    return given


async def write(
    db: AsyncConnection[Any], house: House, today: dt.datetime, dice: random.Random
) -> None:
    """Put them into the desk, as if they had been used until now."""
    since = today - dt.timedelta(days=300)
    for by, used, draft in drafts(house):
        last = today - dt.timedelta(hours=dice.randint(1, 90))
        values = (
            uuid7_at(since, dice),
            draft.title,
            draft.shortcut,
            Jsonb(msgspec.to_builtins(draft.texts)),
            Jsonb(msgspec.to_builtins(draft.steps)),
            draft.visibility,
            house.staff[by].id,
            draft.team_id,
            used,
            last,
            since,
            since,
        )
        await db.execute(_INSERT, values)
