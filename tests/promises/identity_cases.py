"""Cases of who is who: joined, parted, proven by codes, and reached before their window shuts."""

from uuid import UUID

import pytest

from shopbell.connectors.channels.registry import capabilities
from shopbell.desk.connections.commands import connect
from shopbell.desk.connections.vault import Vault
from shopbell.desk.customers.commands import thread_of
from shopbell.desk.elsewhere.types import Address
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.identities.commands import join, set_language, undo
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.desk.tickets.commands import snooze
from shopbell.desk.verification import commands as verification
from shopbell.desk.windows.commands import warn_of_window
from tests.promises.cases import LATER, Scene, Steps, of

MAIL = Address(kind="email", value="mia@mail.example")


@of(join)
async def another_customer_who_joins(scene: Scene) -> Steps:
    mine, other = await _two(scene)
    yield
    await join(scene.shop.desk, mine, other, scene.ben)


@of(join)
async def a_customer_with_older_words_who_joins(scene: Scene) -> Steps:
    other = await _other(scene)
    await scene.says("Afterwards")
    mine = await _customer(scene, scene.thread)
    yield
    await join(scene.shop.desk, mine, other, scene.ben)


@of(join, quiet=True)
async def a_customer_who_joins_twice(scene: Scene) -> Steps:
    mine, other = await _two(scene)
    await join(scene.shop.desk, mine, other, scene.ben)
    yield
    with pytest.raises(NotFound):
        await join(scene.shop.desk, mine, other, scene.ben)


@of(join, quiet=True)
async def a_customer_and_themselves(scene: Scene) -> Steps:
    await scene.says()
    mine = await _customer(scene, scene.thread)
    yield
    with pytest.raises(Invalid):
        await join(scene.shop.desk, mine, mine, scene.ben)


@of(undo)
async def a_joining_that_is_undone(scene: Scene) -> Steps:
    mine, other = await _two(scene)
    await join(scene.shop.desk, mine, other, scene.ben)
    await scene.says("And since then")
    (row,) = await scene.shop.desk.run("SELECT id FROM customer_join")
    yield
    await undo(scene.shop.desk, row["id"], scene.cleo)


@of(undo, quiet=True)
async def a_joining_that_was_undone_before(scene: Scene) -> Steps:
    mine, other = await _two(scene)
    await join(scene.shop.desk, mine, other, scene.ben)
    (row,) = await scene.shop.desk.run("SELECT id FROM customer_join")
    await undo(scene.shop.desk, row["id"], scene.cleo)
    yield
    await undo(scene.shop.desk, row["id"], scene.cleo)


@of(set_language)
async def a_language_that_an_agent_names(scene: Scene) -> Steps:
    await scene.says()
    mine = await _customer(scene, scene.thread)
    yield
    await set_language(scene.shop.desk, mine, scene.ben, "de")


@of(set_language, quiet=True)
async def a_language_that_is_none(scene: Scene) -> Steps:
    await scene.says()
    mine = await _customer(scene, scene.thread)
    yield
    with pytest.raises(Invalid):
        await set_language(scene.shop.desk, mine, scene.ben, "Deutsch")


@of(verification.ask_code)
async def a_code_that_is_asked_for(scene: Scene) -> Steps:
    await _mailbox(scene)
    await scene.says()
    yield
    await _ask(scene)


@of(verification.ask_code)
async def a_code_before_any_word(scene: Scene) -> Steps:
    await _mailbox(scene)
    yield
    await _ask(scene)


@of(verification.ask_code_in_turn)
async def a_code_that_the_assistant_understands(scene: Scene) -> Steps:
    await _mailbox(scene)
    await scene.says("I also wrote by mail")
    turn = await scene.thinks()
    yield
    await verification.ask_code_in_turn(scene.shop.desk, turn, "w1", MAIL)


@of(verification.hear)
async def a_right_code(scene: Scene) -> Steps:
    await _mailbox(scene)
    await _ask(scene)
    code = await _code(scene)
    yield
    await _writes(scene, code)


@of(verification.hear)
async def a_right_code_of_somebody_who_wrote(scene: Scene) -> Steps:
    await _mailbox(scene)
    await _other(scene, "email", MAIL.value)
    await _ask(scene)
    code = await _code(scene)
    yield
    await _writes(scene, code)


@of(verification.hear)
async def a_wrong_code_while_people_answer(scene: Scene) -> Steps:
    await _mailbox(scene)
    await _ask(scene)
    (row,) = await scene.shop.desk.run("SELECT id FROM ticket")
    scene.ticket = row["id"]
    await scene.takes(scene.ben)
    code = await _code(scene)
    yield
    await _writes(scene, f"{(int(code) + 1) % 1_000_000:06}")


async def _two(scene: Scene) -> tuple[UUID, UUID]:
    await scene.says()
    mine = await _customer(scene, scene.thread)
    other = await _other(scene)
    await scene.replies(scene.ben)
    return mine, other


async def _other(scene: Scene, kind: str = "telegram", value: str = "7") -> UUID:
    """Somebody else, who wrote twice."""
    desk = scene.shop.desk
    thread = await thread_of(desk, kind, value, name="Tom")
    for text in ("By another way", "And more"):
        await receive(desk, thread, scene.shop.connection, Draft(id=uuid7(), text=text))
    scene.others.append(thread)
    return await _customer(scene, thread)


async def _customer(scene: Scene, thread: UUID) -> UUID:
    (row,) = await scene.shop.desk.run(
        "SELECT customer_id FROM thread WHERE id = %(id)s", id=thread
    )
    return row["customer_id"]


async def _mailbox(scene: Scene) -> None:
    desk = scene.shop.desk
    desk.capabilities = capabilities()
    brand = scene.shop.connection.brand_id
    await connect(desk, Vault("key"), brand, "email", "Post", {"password": "x"})


async def _ask(scene: Scene) -> None:
    desk, connection = scene.shop.desk, scene.shop.connection
    await verification.ask_code(desk, scene.thread, connection, MAIL, message_id=uuid7())


async def _code(scene: Scene) -> str:
    (row,) = await scene.shop.desk.run("SELECT id FROM verification")
    return scene.shop.desk.codes.code_of(row["id"])


async def _writes(scene: Scene, text: str) -> None:
    draft = Draft(id=uuid7(), text=text)
    await verification.hear(scene.shop.desk, scene.thread, scene.shop.connection, draft)


@of(warn_of_window)
async def a_window_that_shuts_on_a_customer_who_waits(scene: Scene) -> Steps:
    await scene.says()
    await _window(scene)
    yield
    await _warn(scene)


@of(warn_of_window)
async def a_window_that_shuts_on_a_snoozed_ticket(scene: Scene) -> Steps:
    await scene.says()
    await snooze(scene.shop.desk, scene.ticket, scene.ben, scene.shop.desk.now() + 9 * LATER)
    await _window(scene)
    yield
    await _warn(scene)


@of(warn_of_window, quiet=True)
async def a_window_that_shuts_after_an_answer(scene: Scene) -> Steps:
    await scene.says()
    await scene.replies(scene.ben)
    await _window(scene)
    yield
    await _warn(scene)


@of(warn_of_window, quiet=True)
async def a_window_of_which_was_told_before(scene: Scene) -> Steps:
    await scene.says()
    await _window(scene)
    await _warn(scene)
    yield
    await _warn(scene)


async def _window(scene: Scene) -> None:
    await scene.run(
        "INSERT INTO contact (connection_id, thread_id, place, identity, window_until, heard_at, warn_at)"
        " VALUES (%s, %s, '7', '7', now() + interval '1 hour', now() - interval '23 hours', now())",
        *(scene.shop.connection.id, scene.thread),
    )


async def _warn(scene: Scene) -> None:
    await warn_of_window(scene.shop.desk, scene.shop.connection.id, scene.thread)
