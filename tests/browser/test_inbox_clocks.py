"""What is promised runs down before the agents' eyes, and opens like a bill."""

from playwright.async_api import Browser, expect

from shopbell.desk.ids import uuid7
from tests.browser.inbox import ADA, BEN, Inbox, customer_of, enter
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
    held = (await (await api.get("/api/sla/policies")).json())["policies"]
    others = [one for one in held if one["name"] != "Clockwork"]
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
        tag = inbox.details.get_by_role("textbox", name="Add a tag")
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
