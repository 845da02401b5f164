"""Cases of tags that the assistant puts on, and that follow a merge and its undoing."""

from shopbell.desk.messages.types import Author
from shopbell.desk.tags.commands import (
    claim_to_tag,
    come_back,
    follow,
    merge_tag,
    part_tag,
    tag_by_assistant,
)
from shopbell.desk.tags.marks import mark
from shopbell.desk.tags.reads import tags
from shopbell.desk.tags.types import Tag, Why
from shopbell.desk.tickets.commands import retag
from shopbell.desk.work import work
from tests.promises.cases import Scene, Steps, of

SURE = Why(name="refund", confidence=0.9)


@of(tag_by_assistant)
async def a_tag_by_the_assistant(scene: Scene) -> Steps:
    await scene.says()
    yield
    looked = await claim_to_tag(scene.shop.desk, scene.ticket)
    assert looked is not None
    assert await tag_by_assistant(scene.shop.desk, looked, [SURE])


@of(tag_by_assistant, quiet=True)
async def a_tag_by_the_assistant_after_people_decided(scene: Scene) -> Steps:
    await scene.says()
    looked = await claim_to_tag(scene.shop.desk, scene.ticket)
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("return",), remove=())
    yield
    assert looked is not None
    assert not await tag_by_assistant(scene.shop.desk, looked, [SURE])


@of(follow)
async def a_ticket_whose_tag_was_merged(scene: Scene) -> Steps:
    await scene.says()
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("return", "refund"), remove=())
    await merge_tag(
        scene.shop.desk, (await named(scene, "return")).id, (await named(scene, "refund")).id
    )
    yield
    assert await follow(scene.shop.desk, scene.ticket)


@of(come_back)
async def a_ticket_whose_tag_was_parted_again(scene: Scene) -> Steps:
    await scene.says()
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("return",), remove=())
    gone, into = await named(scene, "return"), await named(scene, "refund")
    await merge_tag(scene.shop.desk, gone.id, into.id)
    await follow(scene.shop.desk, scene.ticket)
    await part_tag(scene.shop.desk, gone.id)
    yield
    assert await come_back(scene.shop.desk, scene.ticket, gone.id)


@of(tag_by_assistant, quiet=True)
async def a_tag_that_a_rule_put_there_before(scene: Scene) -> Steps:
    await scene.says()
    async with work(scene.shop.desk, ticket_id=scene.ticket) as unit:
        await mark(unit, Author(kind="system"), add=["refund"])
    yield
    looked = await claim_to_tag(scene.shop.desk, scene.ticket)
    assert looked is not None
    assert not await tag_by_assistant(scene.shop.desk, looked, [SURE])


async def named(scene: Scene, name: str) -> Tag:
    return next(one for one in await tags(scene.shop.desk) if one.name == name)
