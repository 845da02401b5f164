"""A picture without words: the assistant cannot read it, so a person gets it at once."""

from io import BytesIO

from PIL import Image

from shopbell.assistant.turn import think
from shopbell.desk.attachments.commands import by_visitor, keep
from shopbell.desk.attachments.types import SHOPPERS
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.jobs.worker import working
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.jobs.conftest import cold_ports, rows, said, turn_is, until


async def test_a_message_of_a_picture_alone_is_handed_to_people(
    shop: Shop, settings: Settings
) -> None:
    out, uploader = BytesIO(), by_visitor(uuid7())
    Image.new("RGB", (40, 30)).save(out, "PNG")
    async with working(settings, ports=cold_ports, think=think) as room:
        file = await keep(
            shop.desk,
            room.files,
            uploader,
            SHOPPERS,
            name="torn.png",
            size=len(out.getvalue()),
            file=out,
        )
        draft = Draft(id=uuid7(), text="", attachments=(file.id,))
        thread = await shop.thread()
        written = await receive(shop.desk, thread, shop.connection, draft, uploader=uploader)
        assert written.message.attachments == (file,)
        await until(lambda: turn_is(shop, "handed_off"))
    assert [author for author, _ in await said(shop)] == ["customer", "assistant"]
    (ticket,) = await rows(shop.desk, "SELECT control, handoff, waiting_since FROM ticket")
    assert (ticket["control"], ticket["handoff"]["reason"]) == ("agents", "no_answer")
    assert ticket["waiting_since"] is not None
