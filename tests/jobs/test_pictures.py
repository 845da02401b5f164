"""Pictures and the worker: one without words goes to a person, one that was never sent goes."""

from io import BytesIO

from PIL import Image

from shopbell.assistant.turn import think
from shopbell.desk.attachments.commands import by_visitor, keep
from shopbell.desk.attachments.types import SHOPPERS
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Attachment, Draft
from shopbell.jobs.room import Room
from shopbell.jobs.sweeping import sweep_house
from shopbell.jobs.worker import working
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.jobs.conftest import cold_ports, rows, said, turn_is, until


async def test_a_message_of_a_picture_alone_is_handed_to_people(
    shop: Shop, settings: Settings
) -> None:
    uploader = by_visitor(uuid7())
    async with working(settings, ports=cold_ports, think=think) as room:
        file = await kept(room, uploader)
        draft = Draft(id=uuid7(), text="", attachments=(file.id,))
        thread = await shop.thread()
        written = await receive(shop.desk, thread, shop.connection, draft, uploader=uploader)
        assert written.message.attachments == (file,)
        await until(lambda: turn_is(shop, "handed_off"))
    assert [author for author, _ in await said(shop)] == ["customer", "assistant"]
    (ticket,) = await rows(shop.desk, "SELECT control, handoff, waiting_since FROM ticket")
    assert (ticket["control"], ticket["handoff"]["reason"]) == ("agents", "no_answer")
    assert ticket["waiting_since"] is not None


async def test_the_sweeper_lets_go_of_what_was_never_sent(shop: Shop, settings: Settings) -> None:
    async with working(settings, ports=cold_ports, think=think) as room:
        await kept(room, by_visitor(uuid7()))
        old = await kept(room, by_visitor(uuid7()))
        query = "UPDATE attachment SET created_at = now() - interval '26 hours' WHERE id = %s"
        await rows(shop.desk, query + " RETURNING 1", old.id)
        await sweep_house(room)
        left = await rows(shop.desk, "SELECT storage_key FROM attachment")
    files = [one for one in (settings.data / "files").rglob("*") if one.is_file()]
    assert ["/".join(one.parts[-2:]) for one in files] == [row["storage_key"] for row in left]
    assert len(left) == 1


async def kept(room: Room, uploader: str) -> Attachment:
    """A small picture that this uploader brought."""
    out = BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    size = len(out.getvalue())
    return await keep(
        room.desk, room.files, uploader, SHOPPERS, name="torn.png", size=size, file=out
    )
