"""Cases of what platforms tell: by facts, and by files that come after their message."""

import dataclasses
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from shopbell.desk.deliveries import commands as deliveries
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound import files
from shopbell.desk.inbound.facts import hand_over, take_in, write_message
from shopbell.desk.inbound.files import Expected, arrived, missing
from shopbell.desk.inbound.parts import TooEarly
from shopbell.desk.inbound.types import Fact, FactKind, File, Mail, Sender
from shopbell.desk.messages.types import Attachment
from tests.promises.cases import Scene, Steps, of


@of(write_message)
async def a_message_of_a_platform(scene: Scene) -> Steps:
    await _platform(scene)
    yield
    await write_message(scene.shop.desk, scene.shop.connection, await _fact(scene))


@of(write_message)
async def a_mail_about_another_matter(scene: Scene) -> Steps:
    await _mailed(scene, "m1", "Wool coat")
    yield
    await _mailed(scene, "m2", "My invoice")


@of(write_message)
async def a_mail_about_an_older_matter(scene: Scene) -> Steps:
    await _mailed(scene, "m1", "Wool coat")
    await _mailed(scene, "m2", "My invoice")
    yield
    await _mailed(scene, "m3", "Re: Wool coat")


@of(write_message)
async def a_mail_about_another_matter_beside_a_chat(scene: Scene) -> Steps:
    await scene.says()
    yield
    await _mailed(scene, "m1", "My invoice")


@of(take_in, quiet=True)
async def a_message_of_a_platform_come_again(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await _tell(scene)


@of(take_in)
async def an_edit(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await _tell(scene, kind="edit", text="Does it run LARGE?")


@of(take_in, quiet=True)
async def an_edit_before_its_message(scene: Scene) -> Steps:
    await _platform(scene)
    yield
    with pytest.raises(TooEarly):
        await _tell(scene, kind="edit", text="Does it run LARGE?")


@of(take_in)
async def a_removal(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await _tell(scene, kind="deletion")


@of(take_in)
async def a_reaction(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await _tell(scene, kind="reaction", state="❤️")


@of(take_in)
async def a_reply_from_the_platforms_own_app(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await _tell(scene, kind="echo", external_id="e1", text="Take M.")


@of(take_in)
async def a_receipt(scene: Scene) -> Steps:
    await _sent(scene)
    yield
    await _tell(scene, kind="receipt", external_id="wamid.1", state="delivered")


@of(take_in, quiet=True)
async def a_receipt_that_would_sink(scene: Scene) -> Steps:
    await _sent(scene)
    await _tell(scene, kind="receipt", external_id="wamid.1", state="read")
    yield
    await _tell(scene, kind="receipt", external_id="wamid.1", state="delivered")


@of(take_in)
async def a_receipt_for_all_up_to_a_time(scene: Scene) -> Steps:
    await _sent(scene)
    yield
    at = scene.shop.desk.now() + timedelta(seconds=1)
    await _tell(scene, kind="receipt", external_id="", state="read", at=at)


@of(take_in)
async def a_copy_that_did_not_arrive(scene: Scene) -> Steps:
    await _sent(scene)
    told = """UPDATE message SET version = version + 1, extra = extra || '{"mail": {"cc": ["ann@mail.example"]}}'"""
    await scene.run(f"{told} WHERE author_kind = 'agent'")
    ann = Sender(kind="email", value="ann@mail.example")
    back = Fact(kind="receipt", external_id="wamid.1", state="failed", sender=ann, words="No such.")
    yield
    await take_in(scene.shop.desk, scene.shop.connection, back)


@of(take_in)
async def an_opt_out(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await _tell(scene, kind="opt_out", external_id="", state="out")


@of(hand_over)
async def a_message_handed_to_people(scene: Scene) -> Steps:
    await _wrote(scene)
    yield
    await hand_over(scene.shop.desk, scene.shop.connection, await _fact(scene))


@of(arrived)
async def a_file_that_arrives(scene: Scene) -> Steps:
    expected = await _expected(scene)
    yield
    kept = Attachment(
        id=uuid7(), name="hole.png", media_type="image/png", size=70, width=2, height=2
    )
    await arrived(scene.shop.desk, expected, kept)


@of(missing)
async def a_file_that_cannot_be_had(scene: Scene) -> Steps:
    expected = await _expected(scene)
    yield
    await missing(scene.shop.desk, expected, "The platform has it no more.")


async def _platform(scene: Scene) -> None:
    await scene.run(
        "UPDATE connection SET channel = 'http' WHERE id = %s", scene.shop.connection.id
    )
    platform = msgspec.structs.replace(scene.shop.connection, channel="http")
    scene.shop = dataclasses.replace(scene.shop, connection=platform)


async def _mailed(scene: Scene, name: str, subject: str) -> None:
    fact = await _fact(scene, external_id=name, mail=Mail(subject=subject, message_id=name))
    mailbox = msgspec.structs.replace(scene.shop.connection, channel="email")
    await write_message(scene.shop.desk, mailbox, fact)


async def _fact(scene: Scene, kind: FactKind = "message", **told: Any) -> Fact:
    async with scene.shop.desk.pool.connection() as connection:
        found = await connection.execute(
            "SELECT i.kind, i.value FROM identity i JOIN thread t USING (customer_id)"
            " WHERE t.id = %s",
            (scene.thread,),
        )
        row = await found.fetchone()
    assert row is not None
    sender = Sender(kind=row["kind"], value=row["value"], name="Mia")
    first: dict[str, Any] = {"external_id": "m1", "text": "Does it run small?"}
    return Fact(kind=kind, sender=sender, **(first | told))


async def _tell(scene: Scene, **told: Any) -> None:
    await take_in(scene.shop.desk, scene.shop.connection, await _fact(scene, **told))


async def _wrote(scene: Scene, **told: Any) -> None:
    await _platform(scene)
    fact = await _fact(scene, **told)
    written = await write_message(scene.shop.desk, scene.shop.connection, fact)
    scene.ticket = written.message.ticket_id


async def _sent(scene: Scene) -> None:
    """A reply of Ben's that the platform took."""
    await _wrote(scene)
    await scene.replies(scene.ben)
    outgoing = await deliveries.claim(
        scene.shop.desk, scene.thread, "w1", timedelta(seconds=8), repeatable=lambda _: False
    )
    assert outgoing is not None
    await deliveries.sent(scene.shop.desk, outgoing, "w1", "wamid.1")


async def _expected(scene: Scene) -> Expected:
    await _wrote(scene, attachments=(File(name="hole.png", media_type="image/png", ref="media-1"),))
    expected = await files.claim(scene.shop.desk)
    assert expected is not None
    return expected
