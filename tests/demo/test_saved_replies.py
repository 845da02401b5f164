"""The demo's saved replies are such as an agent could have saved."""

import datetime as dt
import random
from typing import Any

import psycopg

from shopbell.connectors.commerce.demo.replies import drafts
from shopbell.connectors.commerce.demo.seed import STAFF, house_of, seed
from shopbell.desk.people.types import Agent, Role
from shopbell.desk.replies.checking import check_saved
from shopbell.desk.replies.commands import whole_text
from shopbell.desk.replies.filling import fill, marks
from shopbell.settings import Settings

TODAY = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
ALWAYS_KNOWN = {"agent.first_name": "Ben", "ticket.number": "#7", "shop.name": "Wetherfold"}
ORDERS = {"order number", "order state"}


def test_each_could_have_been_saved_and_says_what_can_be_known() -> None:
    house = house_of(TODAY, random.Random(1))
    roles: dict[str, tuple[Role, tuple[str, ...]]] = {
        name.split(" ")[0].lower(): (role, teams) for _, name, role, teams in STAFF
    }
    found = drafts(house)
    assert len(found) >= 15
    assert sum(bool(draft.steps) for _, _, draft in found) == 3
    for by, _, draft in found:
        role, teams = roles[by]
        agent = Agent(
            id=house.staff[by].id,
            email="x",
            name=by,
            role=role,
            teams=tuple(house.teams[one] for one in teams),
        )
        assert check_saved(agent, draft) == draft
        for text in draft.texts:
            assert set(marks(fill(whole_text(text), ALWAYS_KNOWN))) <= ORDERS, draft.title
            assert "!" not in whole_text(text)
    shortcuts = [draft.shortcut for _, _, draft in found]
    assert len(set(shortcuts)) == len(shortcuts)


async def test_the_demo_shop_has_them(database_url: str, settings: Settings) -> None:
    await seed(database_url, settings)
    async with await psycopg.AsyncConnection[Any].connect(database_url) as db:
        row = await (await db.execute("SELECT count(*), min(used) FROM saved_reply")).fetchone()
    assert row is not None
    assert row[0] == len(drafts(house_of(TODAY, random.Random(1))))
    assert row[1] > 0
