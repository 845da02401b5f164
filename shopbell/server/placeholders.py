"""What the placeholders of saved replies are filled with, from a ticket, its customer and the shop."""

from datetime import datetime

import structlog

from shopbell.assistant.orders import look_up
from shopbell.assistant.types import CustomerFacts, Identity
from shopbell.assistant.words.templates import languages, state_name
from shopbell.connectors.commerce.types import Order, Shop, ShopUnavailable
from shopbell.desk.connections.types import Brand
from shopbell.desk.control.words import told_time
from shopbell.desk.people.types import Agent
from shopbell.desk.replies.types import Facts
from shopbell.desk.tickets.types import TicketOpen

log = structlog.get_logger()
LONGEST = 120


async def facts_of(
    opened: TicketOpen, brand: Brand, agent: Agent, shop: Shop, at: datetime
) -> Facts:
    """What is known of a ticket at this moment. An order's facts are there only for a customer who is
    verified for it, and where nobody else reads the answer."""
    ticket = opened.ticket
    order = await _order(opened, shop)
    values = {
        "customer.first_name": _first(opened.customer.name),
        "agent.first_name": _first(agent.name),
        "ticket.number": f"#{ticket.number}",
        "shop.name": brand.name,
        "order.number": order.number if order else "",
        "product.title": _product(opened, order),
    }
    told: dict[str, dict[str, str]] = {}
    promised = ticket.handoff.promised_by if ticket.handoff else None
    for language in languages():
        words = {}
        if order:
            words["order.state"] = state_name(order.state.value, language)
        if promised and promised > at:
            words["promise.time"] = told_time(promised, brand.settings.time_zone, language, at)
        told[language] = words
    return Facts(values={name: one[:LONGEST] for name, one in values.items() if one}, told=told)


def _first(name: str) -> str:
    return name.split()[0] if name.strip() else ""


async def _order(opened: TicketOpen, shop: Shop) -> Order | None:
    """The one order it is about: the last that was named, else the only one on its way or the newest."""
    ticket = opened.ticket
    here = next((one for one in opened.contacts if one.connection_id == ticket.connection_id), None)
    if here and (here.community or here.claimed):
        return None
    said = [one.text for one in opened.messages if one.ticket_id == ticket.id]
    numbers = [number for text in (ticket.subject, *said) for number in shop.order_numbers_in(text)]
    verified = tuple(
        Identity(kind=one.kind, value=one.value)
        for one in opened.customer.identities
        if one.verified
    )
    customer = CustomerFacts(id=opened.customer.id, name=None, verified=verified)
    try:
        found = await look_up(shop, customer, numbers[-1:])
    except ShopUnavailable as away:
        log.warning("placeholders without shop", error=str(away))
        return None
    return found.orders[0] if len(found.orders) == 1 else None


def _product(opened: TicketOpen, order: Order | None) -> str:
    """What they looked at when they wrote last, else the order's only piece."""
    pages = [
        one.page
        for one in opened.messages
        if one.ticket_id == opened.ticket.id and one.author.kind == "customer" and one.page
    ]
    shown = pages[-1].product if pages else ""
    if shown:
        return " ".join(shown.split())
    return order.lines[0].title if order and len(order.lines) == 1 else ""
