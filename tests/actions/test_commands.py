"""`shopbell shop load` and `shopbell act`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shopbell.connectors.commerce.demo.file import LoadProblem, read_shop_file
from shopbell.connectors.commerce.demo.loading import load_shop
from shopbell.connectors.commerce.types import OrderState
from tests.actions.conftest import ANN, Counter, shop_file

DOCS = Path(__file__).resolve().parents[2] / "docs"


def shopbell(*words: str, database: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": "/usr/bin:/bin", "DATABASE_URL": database, "REDIS_URL": "redis://-"}
    return subprocess.run(
        [sys.executable, "-m", "shopbell.cli", *words],
        capture_output=True, text=True, timeout=120, check=False, env=variables,
    )  # fmt: skip


def test_a_shop_is_loaded_and_acted_on(database_url: str, tmp_path: Path) -> None:
    file, data = tmp_path / "shop.json", str(tmp_path / "data")
    file.write_text(json.dumps(shop_file()), "utf-8")
    loaded = shopbell("shop", "load", str(file), "--data", data, database=database_url)
    told = "loaded 2 products (4 variants), 2 customers, 7 orders\n"
    assert (loaded.returncode, loaded.stdout) == (0, told), loaded.stderr

    def act(action: str, args: str, *more: str) -> subprocess.CompletedProcess[str]:
        words = ("act", action, "--args", args, "--as", ANN.upper(), *more, "--json")
        return shopbell(*words, "--data", data, database=database_url)

    refused = json.loads(act("cancel", '{"order": "W100"}').stdout)
    assert (refused["decision"], refused["result"]) == ("refuse", None)
    done = act("cancel", '{"order": "W100"}', "--verified", "--key", "cancel-w100")
    again = act("cancel", '{"order": "W100"}', "--verified", "--key", "cancel-w100")
    assert json.loads(done.stdout) == json.loads(again.stdout)
    assert json.loads(done.stdout)["result"]["refunded"] == {"amount": 8000, "currency": "EUR"}
    grave = act("refund", '{"order": "W200", "kind": "full"}', "--verified", "--saying", "My lawyer will sue you")  # fmt: skip
    assert json.loads(grave.stdout)["decision"] == "needs_approval"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("act", "cancel", "--args", "{", "--as", "a@b.example"), "not JSON"),
        (("act", "fly", "--args", "{}", "--as", "a@b.example"), "There is no action fly"),
        (("act", "cancel", "--args", '{"order": "1"}', "--as", " "), "--as names nobody"),
        (("act", "cancel", "--args", '{"order": "1"}', "--as", "a@b.example", "--by", "me"), "--by is me"),
        (("shop", "load", "/nowhere/shop.json"), "cannot be read"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_line_and_exit_code_2(words: tuple[str, ...], says: str) -> None:
    ended = shopbell(*words, database="postgresql://never-asked")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert says in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def changed(**parts: Any) -> bytes:
    return json.dumps(shop_file() | parts).encode()


def order(**more: Any) -> list[dict[str, Any]]:
    return [shop_file()["orders"][0] | more]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"{", "truncated"),
        (b"\xff", "malformed"),
        (b'{"goods": []}', "unknown field `goods`"),
        (changed(currency="JPY"), "no hundredths"),
        (changed(orders=order(number="a b")), "$.orders[0].number"),
        (changed(customers=[{"email": "ann", "name": "Ann"}]), "$.customers[0].email"),
        (changed(orders=order(note="a\0b")), "NUL"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(raw: bytes, says: str) -> None:
    with pytest.raises(LoadProblem) as wrong:
        read_shop_file(raw)
    assert says in str(wrong.value)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"orders": order(customer="eve@mail.example")}, "whom the shop does not know"),
        ({"orders": order(lines=[{"sku": "NOPE"}])}, "which no product has"),
        ({"orders": order(discount="999")}, "discount above"),
        ({"orders": order(shipping="0.001")}, "an amount that is none"),
        ({"orders": order(placed_at="2026-01-01T10:00:00")}, "without its zone"),
        ({"orders": order(payments=[{"method": "Visa", "refunded": "90"}])}, "more refunded than paid"),
        ({"orders": order(fulfilments=[{"state": "delivered"}])}, "without delivered_at"),
        ({"orders": order(fulfilments=[{"state": "shipped", "lines": {"LAMP-W": 3}}])}, "more of LAMP-W"),
        ({"orders": order(lines=[{"sku": "LAMP-W", "returned": 1}])}, "sent or returned"),
    ],
)  # fmt: skip
async def test_parts_that_do_not_fit_together_leave_the_shop_as_it_was(
    counter: Counter, parts: dict[str, Any], says: str
) -> None:
    await counter.ask("cancel", order="W100")
    with pytest.raises(LoadProblem) as wrong:
        await load_shop(counter.desk.pool, read_shop_file(changed(**parts)))
    assert says in str(wrong.value)
    assert (await counter.order("W100")).state is OrderState.CANCELLED


async def test_loading_again_puts_orders_back_and_doubles_nothing(counter: Counter) -> None:
    await counter.ask("cancel", order="W100")
    await load_shop(counter.desk.pool, read_shop_file(changed()))
    assert (await counter.order("W100")).state is OrderState.PAID
    assert len(await counter.rows("SELECT 1 FROM shop_order")) == 7
    assert len(await counter.rows("SELECT 1 FROM shop_customer")) == 2


async def test_the_example_of_the_docs_can_be_loaded(counter: Counter) -> None:
    text = (DOCS / "actions.md").read_text("utf-8")
    example = text.split("```json\n")[1].split("```")[0]
    loaded = await load_shop(counter.desk.pool, read_shop_file(example.encode()))
    assert (loaded.products, loaded.orders) == (1, 1)
    found = await counter.shop.order("#W1001")
    assert found is not None
    assert found.lines[0].shipped == 1
