"""The commands that move clocks: what an inbox that only listened knows of them."""

from shopbell.desk.ids import uuid7
from shopbell.desk.sla.commands import recount, ring, set_policies
from shopbell.desk.sla.types import Policy, Target
from tests.promises.cases import Scene, Steps, of

URGENT = Policy(id=uuid7(), name="All", targets=(Target(kind="first_response", seconds=60),))


@of(ring)
async def an_answer_is_late(scene: Scene) -> Steps:
    await scene.says()
    scene.pass_days(1)
    yield
    assert [one.kind for one in await ring(scene.shop.desk, scene.ticket)] == [
        "first_response",
        "resolution",
    ]


@of(ring, quiet=True)
async def nothing_is_late(scene: Scene) -> Steps:
    await scene.says()
    yield
    assert await ring(scene.shop.desk, scene.ticket) == ()


@of(recount)
async def other_targets_hold(scene: Scene) -> Steps:
    await scene.says()
    await set_policies(scene.shop.desk, [URGENT])
    yield
    await recount(scene.shop.desk, scene.ticket)


@of(recount, quiet=True)
async def the_same_targets_hold(scene: Scene) -> Steps:
    await scene.says()
    yield
    await recount(scene.shop.desk, scene.ticket)
