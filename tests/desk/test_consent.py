"""By which ways a customer may be written to: where they wrote, or agreed, and mails to who is known."""

from uuid import UUID

import pytest

from shopbell.connectors.channels.registry import capabilities
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.reads import contacts
from shopbell.desk.connections.vault import Vault
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.messages.types import Draft
from shopbell.desk.verification.commands import ask_code, hear
from tests.desk.conftest import Shop

NUMBER = "+491701234567"


async def known(shop: Shop, thread: UUID) -> dict[str, str]:
    """Why each channel may be used."""
    return {one.channel: one.consent for one in await contacts(shop.desk, [thread])}


async def test_a_number_is_texted_once_its_owner_agreed_and_not_before(shop: Shop) -> None:
    shop.desk.capabilities = capabilities()
    brand, vault = shop.connection.brand_id, Vault("key")
    texts = await connect(shop.desk, vault, brand, "sms", "Our number", {"auth_token": "x"})
    await connect(shop.desk, vault, brand, "email", "Post", {"password": "x"})
    thread = await thread_of(shop.desk, "visitor", str(uuid7()))
    for kind, value in (("phone", NUMBER), ("email", "mia@mail.example")):
        await shop.desk.run(
            "INSERT INTO identity (id, customer_id, kind, value, verified_at, verified_by)"
            " SELECT %(id)s, customer_id, %(kind)s, %(value)s, now(), 'shop' FROM thread WHERE id = %(thread)s",
            id=uuid7(),
            kind=kind,
            value=value,
            thread=thread,
        )
    draft = Draft(id=uuid7(), text="Hello?")
    ticket = (await receive(shop.desk, thread, shop.connection, draft)).ticket.id
    assert await known(shop, thread) == {"email": "known", "sms": "known", "webchat": "known"}
    with pytest.raises(Unreachable, match="not agreed"):
        await reply(shop.desk, ticket, shop.ben, Draft(id=uuid7(), text="Hi"), by=texts.id)

    await shop.desk.run("DELETE FROM identity WHERE kind = 'phone'")
    address = Address(kind="phone", value=NUMBER)
    await ask_code(shop.desk, thread, shop.connection, address, message_id=uuid7())
    (row,) = await shop.desk.run("SELECT id FROM verification")
    code = shop.desk.codes.code_of(row["id"])
    await hear(shop.desk, thread, shop.connection, Draft(id=uuid7(), text=code))
    assert (await known(shop, thread))["sms"] == "agreed"
    sent = await reply(shop.desk, ticket, shop.ben, Draft(id=uuid7(), text="Hi"), by=texts.id)
    assert sent.message.channel == "sms"
    assert (await known(shop, thread))["sms"] == "wrote"
