"""Cases of changes of many tickets at once, and of taking them back."""

from uuid import UUID

from shopbell.desk.changes.commands import change_tickets, undo
from shopbell.desk.changes.types import (
    Assigning,
    Change,
    Ranking,
    Releasing,
    Reopening,
    Resolving,
    Snoozing,
    Tagging,
    TakingOver,
)
from shopbell.desk.ids import uuid7
from tests.promises.cases import LATER, Scene, Steps, of


async def _changed(scene: Scene, change: Change) -> UUID:
    done = await change_tickets(scene.shop.desk, [scene.ticket], scene.ben, change)
    assert done.id is not None
    return done.id


@of(change_tickets)
async def two_tickets_of_which_one_is_not_there(scene: Scene) -> Steps:
    await scene.says()
    yield
    done = await change_tickets(
        scene.shop.desk, [uuid7(), scene.ticket], scene.ben, Ranking(priority="high")
    )
    assert [one.refused is None for one in done.outcomes] == [False, True]


@of(change_tickets, quiet=True)
async def tickets_that_are_as_they_should_be(scene: Scene) -> Steps:
    await scene.says()
    await _changed(scene, Resolving())
    yield
    done = await change_tickets(scene.shop.desk, [scene.ticket], scene.ben, Resolving())
    assert done.id is None


@of(undo)
async def resolving_is_taken_back(scene: Scene) -> Steps:
    await scene.says()
    await scene.hands_off()
    change = await _changed(scene, Resolving())
    yield
    await undo(scene.shop.desk, change, scene.ben)


@of(undo)
async def reopening_is_taken_back(scene: Scene) -> Steps:
    await scene.says()
    await _changed(scene, Resolving())
    change = await _changed(scene, Reopening())
    yield
    await undo(scene.shop.desk, change, scene.ben)


@of(undo)
async def a_snooze_is_taken_back(scene: Scene) -> Steps:
    await scene.says()
    change = await _changed(scene, Snoozing(until=scene.shop.desk.now() + LATER))
    yield
    await undo(scene.shop.desk, change, scene.ben)


@of(undo)
async def assigning_and_tagging_are_taken_back(scene: Scene) -> Steps:
    await scene.says()
    first = await _changed(scene, Assigning(agent_id=scene.cleo.id))
    second = await _changed(scene, Tagging(add=("sizing",)))
    yield
    await undo(scene.shop.desk, second, scene.ben)
    await undo(scene.shop.desk, first, scene.ben)


@of(undo)
async def a_takeover_is_taken_back(scene: Scene) -> Steps:
    await scene.says()
    change = await _changed(scene, TakingOver())
    yield
    await undo(scene.shop.desk, change, scene.ben)


@of(undo)
async def a_release_is_taken_back(scene: Scene) -> Steps:
    await scene.says()
    await scene.hands_off()
    await scene.takes(scene.ben)
    change = await _changed(scene, Releasing(note="Settled"))
    yield
    await undo(scene.shop.desk, change, scene.ben)


@of(undo, quiet=True)
async def what_was_changed_meanwhile_stays(scene: Scene) -> Steps:
    await scene.says()
    change = await _changed(scene, Ranking(priority="high"))
    await change_tickets(scene.shop.desk, [scene.ticket], scene.cleo, Ranking(priority="low"))
    yield
    done = await undo(scene.shop.desk, change, scene.ben)
    assert [one.refused is None for one in done.outcomes] == [False]
