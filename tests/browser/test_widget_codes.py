"""A shopper who sent a text before proves it in the chat, by a code."""

import psycopg
from playwright.async_api import Browser, expect

from shopbell.desk.ids import uuid7
from shopbell.desk.verification.codes import HIDDEN, Codes
from tests.browser.shopper import shop_page, tag, visit
from tests.stack import Stack


async def test_a_code_is_asked_for_and_written_back_in_the_chat(
    stack: Stack, browser: Browser
) -> None:
    way = uuid7()
    with psycopg.connect(stack.database_url, autocommit=True) as database:
        database.execute(
            "INSERT INTO connection (id, brand_id, channel, name, sealed)"
            " SELECT %s, brand_id, 'sms', 'Our number', '\\x00' FROM connection WHERE public_key = %s",
            (way, stack.widget_key),
        )
        try:
            with shop_page(tag(stack.base_url, stack.widget_key)) as address:
                shopper = await visit(browser, address)
                await shopper.open()
                await shopper.panel.get_by_role("button", name="Did you write by email").click()
                form = shopper.panel.get_by_label("Phone number")
                await form.fill("12")
                await shopper.panel.get_by_role("button", name="Send me a code").click()
                await expect(shopper.panel.get_by_role("alert").first).to_contain_text("number")
                await form.fill("+49 170 1234567")
                await shopper.panel.get_by_role("button", name="Send me a code").click()
                await expect(shopper.message("If +491701234567 is yours")).to_be_visible()
                row = database.execute(
                    "SELECT id FROM verification ORDER BY asked_at DESC"
                ).fetchone()
                assert row is not None
                code = Codes(stack.settings.secret_key).code_of(row[0])
                await shopper.box.fill(f"It is {code}")
                await shopper.box.press("Enter")
                await expect(shopper.message("Thank you, that is right.")).to_be_visible()
                await expect(shopper.message(f"It is {HIDDEN}")).to_be_visible()
                await expect(shopper.message(code)).to_have_count(0)
        finally:
            database.execute("DELETE FROM verification")
            database.execute("DELETE FROM connection WHERE id = %s", (way,))
