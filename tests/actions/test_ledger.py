"""The ledger: a row before the call, its outcome after, and never twice."""

import asyncio
from datetime import timedelta

import pytest

from shopbell.connectors.commerce.demo.acting import ActingDemoShop
from shopbell.connectors.commerce.types import Identity, OrderState, ShopUnavailable
from shopbell.desk.actions.commands import ANSWERED_WITHIN, LEASE, UnderWay, expire
from shopbell.desk.actions.reads import entry
from shopbell.desk.actions.types import Action, Result
from shopbell.desk.errors import Invalid
from shopbell.jobs.acting import NEVER_DONE, settle_actions, settle_lost
from tests.actions.conftest import Counter


class Cut(BaseException):
    """The process ends here."""


class FaultyShop(ActingDemoShop):
    """Fails before or after it acted, as `fault` says."""

    fault: str = ""

    async def perform(self, key: str, action: Action, who: Identity) -> Result:
        if self.fault == "dies before":
            raise Cut
        if self.fault == "refuses the call":
            raise ShopUnavailable
        done = await super().perform(key, action, who)
        if self.fault == "dies after":
            raise Cut
        if self.fault == "times out after":
            raise ShopUnavailable
        return done

    async def settle(self, key: str) -> Result | None:
        if self.fault == "stays away":
            raise ShopUnavailable
        return await super().settle(key)


def faulty(counter: Counter, fault: str) -> tuple[Counter, FaultyShop]:
    shop = FaultyShop(counter.desk.pool)
    shop.fault = fault
    return Counter(counter.desk, shop), shop


def later(counter: Counter, by: timedelta) -> None:
    """Have the desk's clock stand this much later."""
    at = counter.desk.now() + by
    counter.desk.now = lambda: at


async def test_the_row_stands_before_the_shop_is_asked(counter: Counter) -> None:
    seen: list[str] = []

    class Watching(ActingDemoShop):
        async def perform(self, key: str, action: Action, who: Identity) -> Result:
            rows = await counter.rows("SELECT state FROM action")
            seen.extend(row["state"] for row in rows)
            return await super().perform(key, action, who)

    done = await Counter(counter.desk, Watching(counter.desk.pool)).ask("cancel", order="W100")
    assert (seen, done.state) == (["begun"], "done")


@pytest.mark.parametrize(
    ("fault", "state", "refunded"),
    [("dies before", "failed", 0), ("dies after", "done", 8000)],
)
async def test_a_crash_is_settled_by_the_key_and_nothing_is_done_twice(
    counter: Counter, fault: str, state: str, refunded: int
) -> None:
    broken, _ = faulty(counter, fault)
    later(counter, timedelta(0))
    with pytest.raises(Cut):
        await broken.ask("refund", order="W200", kind="full", key="the-same-key")
    assert await settle_lost(counter.desk, counter.shop) == 0, "its lease has not lapsed"
    later(counter, LEASE)
    assert await settle_lost(counter.desk, counter.shop) == 1
    stands = await counter.ask("refund", order="W200", kind="full", key="the-same-key")
    assert (stands.state, await counter.refunded("W200")) == (state, refunded)
    assert (stands.problem == NEVER_DONE) is (state == "failed")


async def test_a_shop_that_times_out_after_accepting_leaves_it_uncertain_till_it_is_asked(
    counter: Counter,
) -> None:
    broken, shop = faulty(counter, "times out after")
    unsure = await broken.ask("refund", order="W200", kind="full")
    assert (unsure.state, unsure.result) == ("uncertain", None)
    again = await counter.ask("refund", order="W200", kind="full")
    assert again.reason == "Nothing of this order is left to refund."
    shop.fault = "stays away"
    later(counter, timedelta(seconds=1))
    assert await settle_lost(counter.desk, shop) == 1
    assert (await entry(counter.desk, unsure.id)).state == "uncertain"
    later(counter, timedelta(minutes=10))
    await settle_actions(counter.desk)
    settled = await entry(counter.desk, unsure.id)
    assert (settled.state, await counter.refunded("W200")) == ("done", 8000)


async def test_a_shop_that_never_got_the_call_is_settled_as_not_done(counter: Counter) -> None:
    broken, _ = faulty(counter, "refuses the call")
    unsure = await broken.ask("cancel", order="W100")
    with pytest.raises(UnderWay):
        await counter.ask("cancel", order="W100")
    later(counter, timedelta(seconds=1))
    await settle_lost(counter.desk, counter.shop)
    assert (await entry(counter.desk, unsure.id)).problem == NEVER_DONE
    assert (await counter.order("W100")).state is OrderState.PAID
    assert (await counter.ask("cancel", order="W100")).state == "done"


async def test_the_same_key_eight_times_at_once_is_one_row_and_one_refund(counter: Counter) -> None:
    found = await asyncio.gather(
        *(counter.ask("refund", order="W200", kind="full", key="eight-at-once") for _ in range(8))
    )
    assert len({one.id for one in found}) == 1
    assert len(await counter.rows("SELECT 1 FROM action")) == 1
    assert await counter.refunded("W200") == 8000


async def test_eight_keys_at_once_refund_once(counter: Counter) -> None:
    found = await asyncio.gather(
        *(counter.ask("refund", order="W200", kind="full") for _ in range(8)),
        return_exceptions=True,
    )
    done = [one for one in found if not isinstance(one, BaseException) and one.state == "done"]
    assert len(done) == 1
    assert await counter.refunded("W200") == 8000


async def test_a_key_belongs_to_one_action(counter: Counter) -> None:
    await counter.ask("cancel", order="W100", key="cancel-it")
    with pytest.raises(Invalid, match="another action"):
        await counter.ask("refund", order="W200", kind="full", key="cancel-it")
    assert await counter.refunded("W200") == 0


async def test_what_waits_for_a_yes_is_asked_for_once_and_expires(counter: Counter) -> None:
    waits = await counter.ask("refund", order="W201", kind="full")
    assert (waits.decision, waits.state) == ("needs_approval", "waiting")
    with pytest.raises(UnderWay) as standing:
        await counter.ask("refund", order="W201", kind="full")
    assert standing.value.standing.id == waits.id
    later(counter, ANSWERED_WITHIN)
    assert await expire(counter.desk) == 1
    assert (await entry(counter.desk, waits.id)).state == "expired"
    assert await counter.refunded("W201") == 0


async def test_a_refusal_is_kept_with_the_facts_that_it_rests_on(counter: Counter) -> None:
    refused = await counter.ask("cancel", order="W100", verified=False)
    assert (refused.state, refused.rule, refused.result) == ("refused", "unverified", None)
    kept = await entry(counter.desk, refused.id)
    assert (kept.facts.verified, kept.policy_version) == (False, 0)
    assert (await counter.order("W100")).state is OrderState.PAID
