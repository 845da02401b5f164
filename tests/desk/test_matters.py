"""A mail goes on with the ticket it answers, else with that of its subject, else with a new one beside."""

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shopbell.desk.connections.types import Connection
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.errors import Fenced
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.facts import write_message
from shopbell.desk.inbound.matching import place_mail
from shopbell.desk.inbound.types import Fact, Mail, Sender
from shopbell.desk.messages.commands import Written, receive, reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.tickets.commands import resolve
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import work
from tests.desk.conftest import Shop


@dataclass
class Post:
    """Mails to a shop's address, read as far as its connector does."""

    shop: Shop
    mailbox: Connection
    sent: int = 0

    async def mail(
        self,
        subject: str,
        *,
        by: str = "mia",
        answers: str = "",
        machine: bool = False,
        proven: bool = True,
        name: str = "",
    ) -> Written:
        self.sent += 1
        name = name or f"<{self.sent}@mail.example>"
        fact = Fact(
            kind="message",
            external_id=name,
            sender=Sender(kind="email", value=f"{by}@mail.example", verified=proven),
            text=f"Mail {self.sent}",
            mail=Mail(
                subject=subject, message_id=name, in_reply_to=answers, auto_submitted=machine
            ),
        )
        matched = await place_mail(self.shop.desk, self.mailbox, fact)
        return await write_message(self.shop.desk, self.mailbox, fact, matched=matched)

    async def ticket(self, ticket_id: UUID) -> Ticket:
        async with work(self.shop.desk, ticket_id=ticket_id) as unit:
            return unit.ticket

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.shop.desk.pool.connection() as connection:
            return await (await connection.execute(query.encode())).fetchall()


@pytest.fixture
async def post(shop: Shop) -> Post:
    brand = shop.connection.brand_id
    mailbox = Connection(id=uuid7(), brand_id=brand, channel="email", name="Help")
    async with shop.desk.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO connection (id, brand_id, channel, name) VALUES (%s, %s, 'email', 'Help')",
            (mailbox.id, mailbox.brand_id),
        )
    return Post(shop, mailbox)


async def test_another_matter_is_a_ticket_of_its_own_and_the_older_one_stays_as_it_is(
    post: Post,
) -> None:
    coat = (await post.mail("Wool coat")).ticket
    await take_over(post.shop.desk, coat.id, post.shop.ben)
    before = await post.ticket(coat.id)

    other = await post.mail("My invoice")

    assert other.ticket.id != coat.id
    assert (other.ticket.subject, other.ticket.control) == ("My invoice", "assistant")
    assert other.ticket.thread_id == coat.thread_id
    assert other.thread.current_ticket_id == other.ticket.id
    assert await post.ticket(coat.id) == before
    turns = await post.rows("SELECT ticket_id, status FROM turn ORDER BY created_at")
    assert [(one["ticket_id"], one["status"]) for one in turns] == [
        (coat.id, "dropped"),
        (other.ticket.id, "due"),
    ]
    clocks = await post.rows("SELECT DISTINCT ticket_id FROM sla_clock WHERE ended_at IS NULL")
    assert {one["ticket_id"] for one in clocks} <= {coat.id, other.ticket.id}


async def test_an_answer_goes_into_its_own_ticket_and_makes_it_current_again(post: Post) -> None:
    coat = await post.mail("Wool coat")
    invoice = await post.mail("My invoice")
    waiting = await post.ticket(invoice.ticket.id)

    by_id = await post.mail("Something else", answers="<1@mail.example>")
    assert (by_id.ticket.id, by_id.thread.current_ticket_id) == (coat.ticket.id, coat.ticket.id)
    assert await post.ticket(invoice.ticket.id) == waiting

    by_subject = await post.mail("AW: my  INVOICE")
    assert by_subject.ticket.id == invoice.ticket.id
    assert by_subject.thread.current_ticket_id == invoice.ticket.id
    assert by_subject.message.mail is not None
    assert by_subject.message.mail.matched_by == "subject"
    assert {by_id.thread.id, by_subject.thread.id} == {coat.thread.id}


@pytest.mark.parametrize("subject", ["", "Re:", "Fwd: ", "(no subject)"])
async def test_a_subject_that_says_nothing_goes_on_with_the_current_ticket(
    post: Post, subject: str
) -> None:
    await post.mail("Wool coat")
    invoice = await post.mail("My invoice")
    assert (await post.mail(subject)).ticket.id == invoice.ticket.id


async def test_a_number_in_the_subject_leads_nowhere(post: Post) -> None:
    coat = (await post.mail("Wool coat")).ticket
    await post.mail("My invoice")
    assert (await post.mail(f"Ticket #{coat.number}")).ticket.id != coat.id


async def test_a_machine_opens_no_ticket_beside_and_leads_away_from_none(post: Post) -> None:
    coat = await post.mail("Wool coat")
    invoice = await post.mail("My invoice")
    away = await post.mail("Out of office", machine=True)
    assert away.ticket.id == invoice.ticket.id
    about = await post.mail("Automatic reply", machine=True, answers="<1@mail.example>")
    assert about.ticket.id == coat.ticket.id
    assert about.thread.current_ticket_id == invoice.ticket.id


async def test_a_stranger_in_an_older_ticket_leads_away_from_none(post: Post) -> None:
    coat = await post.mail("Wool coat")
    invoice = await post.mail("My invoice")
    tom = await post.mail("Wool coat", by="tom", answers="<1@mail.example>")
    assert tom.ticket.id == coat.ticket.id
    assert tom.thread.current_ticket_id == invoice.ticket.id


async def test_a_chat_goes_on_where_it_was_while_its_customer_also_mails(post: Post) -> None:
    thread = (await post.mail("Wool coat")).thread.id
    chat = await receive(post.shop.desk, thread, post.shop.connection, said("And in green?"))
    await take_over(post.shop.desk, chat.ticket.id, post.shop.ben)

    invoice = await post.mail("My invoice")
    assert invoice.ticket.id != chat.ticket.id
    assert invoice.thread.current_ticket_id == chat.ticket.id

    more = await receive(post.shop.desk, thread, post.shop.connection, said("Hello?"))
    assert (more.ticket.id, more.ticket.control) == (chat.ticket.id, "agents")
    assert (await post.mail("Re: My invoice")).ticket.id == invoice.ticket.id


async def test_a_resolved_matter_is_reopened_by_what_is_about_it_and_by_nothing_else(
    post: Post,
) -> None:
    coat = (await post.mail("Wool coat")).ticket
    await resolve(post.shop.desk, coat.id, post.shop.ben)
    assert (await post.mail("My invoice")).ticket.id != coat.id
    assert (await post.ticket(coat.id)).status == "resolved"
    again = (await post.mail("Re: Wool coat")).ticket
    assert (again.id, again.status) == (coat.id, "open")


async def test_of_two_tickets_about_one_thing_the_open_one_goes_on(post: Post) -> None:
    first = (await post.mail("Wool coat")).ticket
    await resolve(post.shop.desk, first.id, post.shop.ben)
    long_ago = timedelta(days=15)
    async with post.shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE ticket SET resolved_at = now() - %s", (long_ago,))
    second = (await post.mail("Wool coat")).ticket
    assert second.id != first.id
    late = await post.mail("Something", answers="<1@mail.example>")
    assert late.ticket.id not in (first.id, second.id), "what was over long ago is a new matter"
    assert (await post.mail("Re: Wool coat")).ticket.id == second.id


async def test_mails_about_one_new_thing_at_once_are_one_ticket(post: Post) -> None:
    await post.mail("Wool coat")
    made = await asyncio.gather(*(post.mail("My invoice") for _ in range(8)))
    assert len({one.ticket.id for one in made}) == 1


async def test_a_ticket_of_another_thread_is_never_turned_to(post: Post) -> None:
    mine, others = await post.mail("Wool coat"), await post.mail("Wool coat", by="tom")
    with pytest.raises(Fenced):
        async with work(post.shop.desk, thread_id=mine.thread.id) as unit:
            await unit.turn_to(others.ticket.id)


async def test_an_agents_answer_names_the_mails_of_its_own_ticket(post: Post) -> None:
    coat = await post.mail("Wool coat")
    invoice = await post.mail("My invoice")
    for written, subject in ((coat, "Wool coat"), (invoice, "My invoice")):
        await reply(post.shop.desk, written.ticket.id, post.shop.ben, said("Take M."))
        outgoing = await deliveries.claim(
            post.shop.desk, coat.thread.id, "w1", timedelta(seconds=8), repeatable=lambda _: False
        )
        assert outgoing is not None
        assert outgoing.threading is not None
        assert outgoing.threading.subject == subject
        name = f"<{subject[0]}@shop.example>"
        await deliveries.sent(post.shop.desk, outgoing, "w1", name)
        back = await post.mail("Thanks", answers=name)
        assert (back.ticket.id, back.thread.current_ticket_id) == (written.ticket.id,) * 2


@pytest.mark.parametrize("seed", range(4))
async def test_no_mail_lands_in_another_customers_ticket(post: Post, seed: int) -> None:
    """Three people, proven or not, with few subjects, answering whatever was ever said by anybody."""
    dice = random.Random(seed)
    owners: dict[str, UUID] = {}
    tickets: dict[str, UUID] = {}
    for number in range(50):
        by, subject = dice.choice("abc"), dice.choice(["", "Re:", "Coat", "Re: Coat", "Invoice"])
        proven, answers = dice.random() < 0.7, ""
        if owners and dice.random() < 0.4:
            answers = dice.choice(list(owners))
        name = f"<{seed}.{number}@mail.example>"
        written = await post.mail(
            subject,
            by=by,
            name=name,
            answers=answers,
            proven=proven,
            machine=dice.random() < 0.1,
        )
        if answers:
            assert written.message.thread_id == owners[answers]
            assert written.ticket.id == tickets[answers]
        owners[name], tickets[name] = written.message.thread_id, written.ticket.id
        if dice.random() < 0.1:
            await resolve(post.shop.desk, written.ticket.id, post.shop.ben)

    assert not await post.rows(
        "SELECT 1 FROM message m JOIN ticket k ON k.id = m.ticket_id JOIN thread t ON t.id = m.thread_id"
        " WHERE k.thread_id <> t.id OR k.customer_id <> t.customer_id"
    )
    assert not await post.rows(
        "SELECT 1 FROM thread t JOIN ticket k ON k.id = t.current_ticket_id WHERE k.thread_id <> t.id"
    )
    foreign = await post.rows(
        "SELECT m.extra FROM message m JOIN thread t ON t.id = m.thread_id"
        " WHERE m.author_kind = 'customer' AND NOT EXISTS (SELECT 1 FROM identity i"
        " WHERE i.customer_id = t.customer_id AND i.value = m.extra #>> '{mail,sender}')"
    )
    for one in foreign:
        assert one["extra"]["mail"]["matched_by"] == "in reply to"
        assert "is not this conversation's customer" in one["extra"]["mail"]["warning"]


def said(text: str) -> Draft:
    return Draft(id=uuid7(), text=text)
