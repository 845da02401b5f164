"""What an agent held when the server died between disabling them and freeing it."""

from shopbell.desk.control.commands import take_over
from shopbell.jobs.sweeping import sweep_house
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.jobs.conftest import Mind, rows, say, worker


async def test_the_sweeper_frees_what_a_disabled_agent_still_holds(
    shop: Shop, settings: Settings, mind: Mind
) -> None:
    ticket = (await say(shop, await shop.thread())).message.ticket_id
    await take_over(shop.desk, ticket, shop.ben)
    await rows(shop.desk, "UPDATE agent SET disabled_at = now() WHERE name = 'Ben' RETURNING 1")
    async with worker(settings, mind) as room:
        await sweep_house(room)
    (left,) = await rows(shop.desk, "SELECT assignee_id, control, waiting_since FROM ticket")
    assert (left["assignee_id"], left["control"]) == (None, "agents")
    assert left["waiting_since"] is not None
