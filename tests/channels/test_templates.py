"""Templates of WhatsApp: read and kept, filled in and checked, sent after the window shut."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopbell.demo.peers.graph import SECRETS, Graph, graph
from shopbell.desk.connections.templates import templates
from shopbell.desk.connections.types import (
    Blank,
    ConnectionSettings,
    FilledBlank,
    Filling,
    Template,
    TemplateButton,
)
from shopbell.desk.deliveries.commands import retry
from shopbell.desk.errors import DeskError, Invalid
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import Written, reply
from shopbell.desk.messages.filling import fill
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.messages.types import Attachment, Draft
from shopbell.jobs.canary import check_now
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.meta import is_state, shut_window, ticket_of
from tests.channels.test_whatsapp import MIA, NUMBER, change, text
from tests.desk.conftest import Shop
from tests.jobs.conftest import rows

HELLO = {"type": "BODY", "text": "Hello {{1}}, your order {{2}} is on its way."}
WHOLE = [
    {"type": "HEADER", "format": "TEXT", "text": "About {{subject}}"},
    {
        "type": "BODY",
        "text": "Hello {{first_name}}, it is ready.",
        "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Pia"}]},
    },
    {"type": "FOOTER", "text": "The shop"},
    {
        "type": "BUTTONS",
        "buttons": [
            {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}"},
            {"type": "COPY_CODE", "text": "Copy"},
            {"type": "QUICK_REPLY", "text": "Thanks"},
        ],
    },
]


def template(name: str, status: str = "APPROVED", **more: Any) -> dict[str, Any]:
    """One as Meta lists it."""
    return {
        "id": f"t-{name}",
        "name": name,
        "language": "en_US",
        "status": status,
        "category": "UTILITY",
        "components": [HELLO],
        **more,
    }


@pytest.fixture
async def peer() -> AsyncIterator[Graph]:
    async with graph() as peer:
        peer.people.add(MIA)
        peer.templates = [
            template("sent"),
            template("late", "PENDING"),
            template("whole", components=WHOLE),
            template(
                "dress",
                components=[
                    {"type": "HEADER", "format": "IMAGE"},
                    {"type": "BODY", "text": "Look"},
                ],
            ),
            template("odd", "REJECTED", rejected_reason="ABUSIVE_CONTENT"),
            template("code", category="AUTHENTICATION"),
            template("news", category="MARKETING"),
        ]
        yield peer


@pytest.fixture
async def wa(settings: Settings, shop: Shop, peer: Graph) -> AsyncIterator[Line]:
    async with line(
        settings,
        shop,
        "whatsapp",
        {**SECRETS, "phone_number_id": NUMBER, "business_account_id": "waba"},
        account=NUMBER,
        connection_settings=ConnectionSettings(base_url=peer.url),
    ) as wa:
        await check_now(wa.room.intake, wa.connection.id)
        yield wa


async def known(wa: Line) -> dict[str, Template]:
    return {one.name: one for one in (await templates(wa.desk, wa.connection.id)).templates}


def filling(name: str = "sent", **values: str) -> Filling:
    given = {key.replace("_", ".", 1): value for key, value in values.items()}
    return Filling(name=name, language="en_US", values=given)


async def send(wa: Line, shop: Shop, how: Filling, files: tuple[UUID, ...] = ()) -> Written:
    """As Ben, whatever is asked of him."""
    ticket = await ticket_of(wa)
    draft = Draft(id=uuid7(), text="", attachments=files)
    return await reply(wa.room.desk, ticket["id"], shop.ben, draft, template=how)


async def test_they_are_read_whole_and_their_state_moves(wa: Line, peer: Graph) -> None:
    found = await known(wa)

    assert {name: one.status for name, one in found.items()} == {
        "sent": "APPROVED",
        "late": "PENDING",
        "whole": "APPROVED",
        "dress": "APPROVED",
        "odd": "REJECTED",
        "code": "APPROVED",
        "news": "APPROVED",
    }
    assert [one.key for one in found["sent"].blanks] == ["body.1", "body.2"]
    assert [(one.key, one.kind, one.example) for one in found["whole"].blanks] == [
        ("header.subject", "text", ""),
        ("body.first_name", "text", "Pia"),
        ("button.0", "url", ""),
        ("button.1", "code", ""),
    ]
    assert found["whole"].footer == "The shop"
    assert found["dress"].blanks[0].kind == "image"
    assert found["odd"].reason == "ABUSIVE_CONTENT"
    assert "one-time codes" in found["code"].unfit

    moved = {
        "event": "APPROVED",
        "message_template_id": 1,
        "message_template_name": "late",
        "message_template_language": "en_US",
        "reason": "NONE",
    }
    await peer.tell(wa.hook, change(moved, "message_template_status_update"))
    assert (await known(wa))["late"].status == "APPROVED"
    (row,) = await rows(wa.desk, "SELECT health FROM connection WHERE channel = 'whatsapp'")
    assert row["health"] == "ok"


async def test_they_are_read_anew_once_they_are_old_or_somebody_asks(
    wa: Line, peer: Graph, shop: Shop
) -> None:
    peer.templates = [template("sent"), template("new")]
    await check_now(wa.room.intake, wa.connection.id)
    assert "new" not in await known(wa)

    cookie = await wa.served.cookie("ben@demo.shop")
    path = f"/api/connections/{wa.connection.id}/templates"
    async with httpx.AsyncClient(
        base_url=wa.served.url,
        headers={"origin": wa.served.url, "cookie": f"shopbell_session={cookie}"},
    ) as http:
        asked = await http.post(path)
        assert asked.status_code == 200, asked.text
        assert [one["name"] for one in asked.json()["templates"]] == ["new", "sent"]
        assert (await http.get(path)).json() == asked.json()

        peer.templates = [template("newer")]
        await rows(
            wa.desk,
            "UPDATE connection SET templates_at = %s WHERE id = %s RETURNING id",
            *(wa.desk.now() - timedelta(hours=2), wa.connection.id),
        )
        await check_now(wa.room.intake, wa.connection.id)
        assert list(await known(wa)) == ["newer"]

        peer.token = "another"
        refused = await http.post(path)
        assert (refused.status_code, refused.json()["type"]) == (409, "templates_away")
        assert list(await known(wa)) == ["newer"]


async def test_after_the_window_a_template_goes_out_and_the_answer_opens_it_again(
    wa: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(wa.hook, text())
    await shut_window(wa)
    peer.shut.add(MIA)
    ticket = await ticket_of(wa)
    with pytest.raises(Unreachable):
        await reply(wa.room.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="It is."))

    written = await send(wa, shop, filling(body_1="Mia", body_2="WF-1001"))

    assert written.message.text == "Hello Mia, your order WF-1001 is on its way."
    assert (written.ticket.control, written.ticket.assignee_id) == ("agents", shop.ben.id)
    await is_state(wa, "sent")
    (sent,) = peer.taken
    assert (sent.to, sent.body["type"]) == (MIA, "template")
    assert sent.body["biz_opaque_callback_data"]
    assert sent.body["template"] == {
        "name": "sent",
        "language": {"code": "en_US"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "Mia"},
                    {"type": "text", "text": "WF-1001"},
                ],
            }
        ],
    }

    peer.shut.clear()
    await peer.tell(wa.hook, text("Thank you!", "wamid.in2"))
    await reply(wa.room.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="You are welcome."))
    await is_state(wa, "sent")
    assert [one["text"] for one in await wa.messages()] == [
        "Does it run small?",
        "Hello Mia, your order WF-1001 is on its way.",
        "Thank you!",
        "You are welcome.",
    ]


async def test_header_buttons_and_names_go_where_they_belong(
    wa: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(wa.hook, text())

    written = await send(
        wa,
        shop,
        filling(
            "whole",
            header_subject="your coat",
            body_first_name="Mia",
            button_0="7f",
            button_1="WOOL10",
        ),
    )

    assert written.message.text == (
        "About your coat\n\nHello Mia, it is ready.\n\nThe shop\n\n"
        "[Track] https://shop.example/t/7f\n[Copy] WOOL10\n[Thanks]"
    )
    await is_state(wa, "sent")
    (sent,) = peer.taken
    assert sent.body["template"]["components"] == [
        {
            "type": "header",
            "parameters": [{"type": "text", "parameter_name": "subject", "text": "your coat"}],
        },
        {
            "type": "body",
            "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Mia"}],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "0",
            "parameters": [{"type": "text", "text": "7f"}],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "1",
            "parameters": [{"type": "coupon_code", "coupon_code": "WOOL10"}],
        },
    ]


async def test_what_cannot_be_sent_is_said_before_anything_is_written(
    wa: Line, peer: Graph, shop: Shop
) -> None:
    await peer.tell(wa.hook, text())
    before = len(await wa.messages())
    told: list[str] = []
    for how in (
        filling("late", body_1="Mia", body_2="1"),
        filling("code", body_1="Mia", body_2="1"),
        filling("gone"),
        filling(body_1="Mia"),
        filling("dress"),
    ):
        with pytest.raises(DeskError) as refused:
            await send(wa, shop, how)
        told.append(refused.value.title)
    assert told == [
        "This template cannot be sent: it is pending",
        "This template cannot be sent from here",
        "This template is no longer there",
        "Blank 2 of the text is empty",
        "This template needs one picture",
    ]
    await rows(wa.desk, "UPDATE contact SET no_marketing_at = now() RETURNING 1")
    with pytest.raises(Unreachable, match="no advertising"):
        await send(wa, shop, filling("news", body_1="Mia", body_2="1"))
    await rows(wa.desk, "UPDATE contact SET opted_out_at = now() RETURNING 1")
    with pytest.raises(Unreachable, match="no more messages"):
        await send(wa, shop, filling(body_1="Mia", body_2="1"))
    assert len(await wa.messages()) == before
    assert peer.taken == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("PAUSED", "paused for its quality"),
        ("REJECTED", "no such template in this language"),
        ("changed", "other blanks now"),
    ],
)
async def test_what_whatsapp_refuses_all_the_same_is_told_in_words_and_can_be_sent_again(
    wa: Line, peer: Graph, shop: Shop, status: str, words: str
) -> None:
    await peer.tell(wa.hook, text())
    await shut_window(wa)
    peer.shut.add(MIA)
    changed = template("sent", components=[{"type": "BODY", "text": "Hello {{1}}."}])
    peer.templates = [changed if status == "changed" else template("sent", status)]

    written = await send(wa, shop, filling(body_1="Mia", body_2="WF-1001"))

    await is_state(wa, "failed")
    assert words in (await wa.messages())[-1]["error"]
    await check_now(wa.room.intake, wa.connection.id)
    assert [one.status for one in (await known(wa)).values()] == [peer.templates[0]["status"]]
    peer.templates = [template("sent")]
    await retry(wa.room.desk, written.message.id, shop.ben)
    await is_state(wa, "sent")
    assert [one.body["type"] for one in peer.taken] == ["template"]


BODY = Template(
    name="t",
    language="en",
    status="APPROVED",
    header="{{1}}",
    body="{{1}} x",
    buttons=(
        TemplateButton(label="Go", leads="https://a.example/{{1}}"),
        TemplateButton(label="Copy"),
    ),
    blanks=(
        Blank(part="header", name="1", most=60),
        Blank(part="body", name="1", most=1024),
        Blank(part="button", name="0", kind="url", most=2000),
        Blank(part="button", name="1", kind="code", most=15),
    ),
)
FITS = {"header.1": "a", "body.1": "b", "button.0": "c", "button.1": "D1"}
PICTURE = Attachment(id=uuid7(), name="a.png", media_type="image/png", size=9)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"body.1": "two\nlines"}, "Blank 1 of the text has a line break"),
        ({"body.1": "a\ttab"}, "Blank 1 of the text has a line break"),
        ({"body.1": "far     apart"}, "Blank 1 of the text has a line break"),
        ({"body.1": "   "}, "Blank 1 of the text is empty"),
        ({"body.1": "b" * 1025}, "Blank 1 of the text has 1,025 characters; 1,024 fit"),
        ({"body.1": "b" * 1023}, "The template's text has 1,025 characters; 1,024 fit"),
        ({"header.1": "h" * 61}, "Blank 1 of the header has 61 characters; 60 fit"),
        ({"button.0": "a b"}, "What button 1 leads to has a space in it"),
        ({"button.0": "a" * 1999}, "The address of Go is too long"),
        ({"button.1": "WOOL-10"}, "The code takes letters and digits alone"),
        ({"body.2": "more"}, "The template has no blank body.2"),
    ],
)
def test_a_blank_is_checked_before_whatsapp_is_asked(values: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid) as refused:
        fill(BODY, Filling(name="t", language="en", values=FITS | values), ())
    assert refused.value.title.startswith(words)


def test_what_is_filled_in_is_masked_and_a_file_is_none_of_most_templates() -> None:
    filled, said = fill(
        BODY, Filling(name="t", language="en", values=FITS | {"body.1": "4111 1111 1111 1111"}), ()
    )
    assert "4111 1111 1111" not in said
    assert FilledBlank(part="button", name="1", kind="code", value="D1") in filled.blanks
    with pytest.raises(Invalid, match="no file"):
        fill(BODY, Filling(name="t", language="en", values=FITS), (PICTURE,))
