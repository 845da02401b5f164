"""What is promised runs down before the agents' eyes, and opens like a bill."""

from typing import Any

from playwright.async_api import Browser, expect

from shopbell.desk.ids import uuid7
from tests.browser.inbox import ADA, BEN, Inbox, customer_of, enter
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.stack import Stack

TWO_SECONDS = {
    "id": str(uuid7()),
    "name": "Clockwork",
    "conditions": [{"field": "tag", "any_of": ["clockwork"]}],
    "targets": [
        {"kind": "pickup", "seconds": 2, "hours": "always"},
        {"kind": "resolution", "seconds": 86_400, "hours": "always", "pauses": ["customer"]},
    ],
}


async def promise(stack: Stack, browser: Browser) -> Inbox:
    """An admin puts a policy before the others."""
    admin = await enter(browser, stack, ADA, "/?view=open")
    api = admin.page.request
    others = [one for one in await policies_of(admin) if one["name"] != "Clockwork"]
    put = await api.put(
        "/api/sla/policies",
        data={"policies": [TWO_SECONDS, *others]},
        headers={"origin": stack.base_url},
    )
    assert put.status == 200, await put.text()
    return admin


async def test_a_promise_runs_out_is_told_and_its_bill_says_who_held_it(
    stack: Stack, browser: Browser
) -> None:
    await promise(stack, browser)
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Is the brass compass waterproof?")
        await customer.ask_person()
        await inbox.open("Is the brass compass waterproof?")
        await expect(inbox.thread).to_contain_text("Waiting for a person")
        tag = inbox.details.get_by_role("combobox", name="Add a tag")
        await tag.fill("clockwork")
        await tag.press("Enter")

        pickup = inbox.details.locator("details.clock").filter(has_text="Pick-up")
        await expect(pickup.locator("summary")).to_contain_text("late")
        await expect(inbox.row("Is the brass compass waterproof?")).to_contain_text("late")
        await inbox.view("Due soon").click()
        await inbox.open("Is the brass compass waterproof?")

        await inbox.button("Take over").click()
        await expect(pickup.locator("summary")).to_contain_text("missed")
        await pickup.locator("summary").click()
        await expect(pickup).to_contain_text("With nobody yet")
        await expect(pickup).to_contain_text("Clockwork: 2 s")
        await inbox.rest()
        await expect(inbox.row("Is the brass compass waterproof?")).to_have_count(0)


async def test_an_admin_changes_what_is_promised_and_a_refusal_keeps_what_was_typed(
    stack: Stack, browser: Browser
) -> None:
    admin = await enter(browser, stack, ADA, "/?view=open")
    before = await policies_of(admin)
    await admin.page.goto("/settings/targets")
    page = admin.page.get_by_role("main", name="Targets")
    await page.get_by_role("button", name="Add a policy").click()
    await page.get_by_role("button", name="Save targets").click()
    await expect(page.get_by_role("alert")).to_contain_text("needs a name")
    fresh = page.get_by_role("region", name="New policy")
    await fresh.get_by_role("textbox", name="Name of the policy").fill("Wholesale")
    mine = page.get_by_role("region", name="Wholesale")
    await mine.get_by_role("textbox", name="Tags").fill("Wholesale, bulk")
    await mine.get_by_role("spinbutton", name="First answer: within").fill("45")
    await mine.get_by_role("combobox", name="First answer: within, unit").select_option("min")
    await mine.get_by_role("combobox", name="First answer: counted in").select_option("always")
    await page.get_by_role("button", name="Save targets").click()
    await expect(page.get_by_role("button", name="Save targets")).to_have_count(0)

    added, *others = await policies_of(admin)
    assert added["conditions"] == [{"field": "tag", "any_of": ["wholesale", "bulk"]}]
    assert (added["targets"][0]["seconds"], added["targets"][0]["hours"]) == (2_700, "always")
    assert others == before
    await mine.get_by_role("button", name="Remove Wholesale").click()
    await page.get_by_role("button", name="Save targets").click()
    await expect(page.get_by_role("button", name="Save targets")).to_have_count(0)
    assert await policies_of(admin) == before
    await admin.page.evaluate(AXE.read_text("utf-8"))
    assert await faults(admin) == []


async def test_others_read_the_targets_and_cannot_change_them(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/settings/targets")
    page = inbox.page.get_by_role("main", name="Targets")
    await expect(page.get_by_role("region", name="E-mail")).to_be_visible()
    await expect(page.get_by_role("spinbutton", name="First answer: within").first).to_be_disabled()
    await expect(page.get_by_role("button", name="Add a policy")).to_have_count(0)


async def policies_of(inbox: Inbox) -> list[dict[str, Any]]:
    answer = await inbox.page.request.get("/api/sla/policies")
    return (await answer.json())["policies"]
