"""Each action on the embedded shop: what it changes, what it needs, and that it is done once."""

import asyncio
from typing import Any

import pytest

from shopbell.connectors.commerce.acting import Impossible
from shopbell.connectors.commerce.facts import name_of
from shopbell.connectors.commerce.types import Identity, OrderState, PaymentState, ReturnState
from shopbell.desk.actions.asking import cents, read_action
from shopbell.desk.actions.types import NAMES, Refund, Sum
from shopbell.desk.errors import Invalid
from tests.actions.conftest import ANN, Counter

WHO = Identity(kind="email", value=ANN)


async def test_looking_up_shows_the_order_and_its_parcels(counter: Counter) -> None:
    done = await counter.ask("look_up_order", order="#w200")
    assert done.state == "done"
    assert done.result is not None
    assert done.result.order is not None
    assert done.result.order["number"] == "W200"
    assert [one["state"] for one in done.result.order["fulfilments"]] == ["delivered"]


async def test_an_address_changes_until_the_order_is_packed(counter: Counter) -> None:
    address = {"line1": "9 Hill", "city": "Sligo", "postcode": "F91", "country": "Ireland"}
    done = await counter.ask("change_address", order="W100", address=address)
    assert (done.state, done.changes[0].before) == ("done", "1 Quay, T12 Cork, Ireland")
    told = (await counter.order("W100")).shipping_address
    assert (told.line1, told.name) == ("9 Hill", "Ann Lee")
    late = await counter.ask("change_address", order="W200", address=address)
    assert (late.decision, late.rule) == ("refuse", "impossible")
    assert (await counter.order("W200")).shipping_address.line1 == "1 Quay"


async def test_cancelling_gives_back_money_and_goods(counter: Counter) -> None:
    before = await counter.stock("LAMP-W")
    done = await counter.ask("cancel", order="W100")
    assert done.result is not None
    assert done.result.refunded == Sum(amount=8000, currency="EUR")
    order = await counter.order("W100")
    assert (order.state, order.payments[0].state) == (OrderState.CANCELLED, PaymentState.REFUNDED)
    assert await counter.stock("LAMP-W") == before + 2
    assert (await counter.ask("cancel", order="W100")).decision == "refuse"
    assert await counter.stock("LAMP-W") == before + 2


async def test_an_exchange_sends_a_variant_and_takes_the_other_back(counter: Counter) -> None:
    swap = [{"sku": "LAMP-W", "to_sku": "LAMP-B"}]
    done = await counter.ask("exchange", order="W200", items=swap)
    assert done.result is not None
    assert (done.result.new_order, done.result.return_number) == ("W200-1", "RW200-1")
    sent = await counter.order("W200-1")
    assert ([one.sku for one in sent.lines], sent.total.amount) == (["LAMP-B"], 0)
    assert (await counter.order("W200")).returns[0].exchange_order == "W200-1"
    assert await counter.stock("LAMP-B") == 0
    again = await counter.ask("exchange", order="W200", items=swap)
    assert "out of stock" in again.reason
    dearer = [{"sku": "LAMP-W", "to_sku": "LAMP-G"}]
    assert "costs more" in (await counter.ask("exchange", order="W200", items=dearer)).reason
    other = [{"sku": "LAMP-W", "to_sku": "RUG"}]
    assert "no other variant" in (await counter.ask("exchange", order="W200", items=other)).reason


async def test_a_return_gets_a_label_for_what_arrived_and_is_not_coming_back(
    counter: Counter,
) -> None:
    items = [{"sku": "LAMP-W", "quantity": 2}]
    done = await counter.ask("start_return", order="W200", items=items)
    assert done.result is not None
    assert done.result.label_url.startswith("http://shop/demo/orders/W200")
    (back,) = (await counter.order("W200")).returns
    assert (back.state, back.refund.amount) == (ReturnState.LABEL_SENT, 8000)
    again = await counter.ask("start_return", order="W200", items=items)
    assert (again.decision, again.rule) == ("refuse", "impossible")
    unsent = await counter.ask("start_return", order="W100", items=items)
    assert unsent.decision == "refuse"


async def test_a_full_refund_gives_back_what_is_left_and_no_more(counter: Counter) -> None:
    done = await counter.ask("refund", order="W200", kind="full")
    assert (done.state, await counter.refunded("W200")) == ("done", 8000)
    assert (await counter.order("W200")).state is OrderState.REFUNDED
    again = await counter.ask("refund", order="W200", kind="full", by="admin")
    assert again.reason == "Nothing of this order is left to refund."


async def test_pieces_are_refunded_once_even_by_an_admin(counter: Counter) -> None:
    for _ in range(2):
        done = await counter.ask(
            "refund", order="W200", kind="part", items=[{"sku": "LAMP-W"}], by="admin"
        )
        assert done.state == "done"
    third = await counter.ask(
        "refund", order="W200", kind="part", items=[{"sku": "LAMP-W"}], by="admin"
    )
    assert (third.decision, await counter.refunded("W200")) == ("refuse", 8000)


async def test_more_than_is_left_is_never_given_back(counter: Counter) -> None:
    asked = await counter.ask("refund", order="W200", kind="goodwill", amount="80.01", by="admin")
    assert (asked.decision, asked.rule) == ("refuse", "impossible")
    assert await counter.refunded("W200") == 0


async def test_resending_takes_goods_off_the_shelf_at_no_charge(counter: Counter) -> None:
    before = await counter.stock("LAMP-W")
    done = await counter.ask("resend", order="W200", items=[{"sku": "LAMP-W"}], by="agent")
    assert done.result is not None
    assert (await counter.order(done.result.new_order)).total.amount == 0
    assert await counter.stock("LAMP-W") == before - 1
    empty = await counter.ask("resend", order="W202", by="agent")
    assert (empty.state, empty.problem) == ("failed", "Rug is out of stock.")


async def test_a_code_is_the_customers_and_a_notice_is_kept_once(counter: Counter) -> None:
    done = await counter.ask("discount_code", percent=10, by="agent")
    assert done.result is not None
    rows = await counter.rows("SELECT code, percent FROM shop_discount")
    assert rows == [{"code": done.result.code, "percent": 10}]
    for _ in range(2):
        assert (await counter.ask("restock_notice", sku="RUG")).state == "done"
    assert len(await counter.rows("SELECT * FROM shop_restock_notice")) == 1
    there = await counter.ask("restock_notice", sku="LAMP-W")
    assert there.reason == "Desk lamp is in stock now."


async def test_one_key_at_once_ten_times_is_done_once(counter: Counter) -> None:
    action = read_action("refund", '{"order": "W200", "kind": "part", "amount": "10.00"}')
    results = await asyncio.gather(
        *(counter.shop.perform("a-key-of-one", action, WHO) for _ in range(10))
    )
    assert len({one.refunded.amount for one in results if one.refunded}) == 1
    assert await counter.refunded("W200") == 1000


async def test_a_settled_key_is_never_done_afterwards(counter: Counter) -> None:
    assert await counter.shop.settle("a-late-call") is None
    action = read_action("cancel", '{"order": "W100"}')
    with pytest.raises(Impossible, match="given up"):
        await counter.shop.perform("a-late-call", action, WHO)
    assert (await counter.order("W100")).state is OrderState.PAID


async def test_two_full_refunds_at_once_by_two_keys_give_back_once(counter: Counter) -> None:
    action = read_action("refund", '{"order": "W200", "kind": "full"}')
    found = await asyncio.gather(
        *(counter.shop.perform(f"key-number-{n}", action, WHO) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(not isinstance(one, Impossible) for one in found) == 1
    assert await counter.refunded("W200") == 8000


EXAMPLES: dict[str, Any] = {
    "look_up_order": '{"order": "W1"}',
    "change_address": '{"order": "W1", "address": {"line1": "a", "city": "b", "postcode": "c", "country": "d"}}',
    "cancel": '{"order": "W1", "reason": "late"}',
    "exchange": '{"order": "W1", "items": [{"sku": "A", "to_sku": "B"}]}',
    "start_return": '{"order": "W1", "items": [{"sku": "A", "quantity": 2}]}',
    "refund": '{"order": "W1", "kind": "part", "amount": 12.5}',
    "resend": '{"order": "W1"}',
    "discount_code": '{"percent": 10}',
    "restock_notice": '{"sku": "A"}',
}


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_read_from_its_arguments(name: str) -> None:
    assert name_of(read_action(name, EXAMPLES[name])) == name


@pytest.mark.parametrize("amount", ["0.29", "40.1", "1000000", '"12.50"', "0.01"])
def test_an_amount_is_read_to_the_cent(amount: str) -> None:
    action = read_action("refund", f'{{"order": "W1", "kind": "part", "amount": {amount}}}')
    assert isinstance(action, Refund)
    assert action.amount is not None
    assert cents(action.amount) == round(float(amount.strip('"')) * 100)


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("pay_out", "{}", "There is no action pay_out"),
        ("cancel", "{", "not JSON"),
        ("cancel", "[]", "no JSON object"),
        ("cancel", "{}", "do not fit cancel"),
        ("cancel", '{"order": "W1", "action": "refund"}', "hold a field action"),
        ("cancel", '{"order": "W1", "force": true}', "do not fit cancel"),
        ("cancel", '{"order": "W1\\u0000"}', "NUL"),
        ("cancel", b'{"order": "\xff"}', "UTF-8"),
        ("refund", '{"order": "W1", "kind": "part", "amount": "NaN"}', "The amount is none"),
        ("refund", '{"order": "W1", "kind": "part", "amount": -5}', "The amount is none"),
        ("refund", '{"order": "W1", "kind": "part", "amount": 0.001}', "The amount is none"),
        ("refund", '{"order": "W1", "kind": "part", "amount": 1e99}', "The amount is none"),
        ("refund", '{"order": "W1", "kind": "everything"}', "do not fit refund"),
        ("cancel", '{"order": "W1", "reason": "' + "x" * 20_000 + '"}', "longer than"),
    ],
)  # fmt: skip
def test_arguments_that_do_not_fit_are_named(name: str, args: bytes | str, says: str) -> None:
    with pytest.raises(Invalid) as wrong:
        read_action(name, args)
    assert says in wrong.value.title
