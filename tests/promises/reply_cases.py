"""Cases of saved replies and what macros do."""

from shopbell.desk.ids import uuid7
from shopbell.desk.replies.commands import run_macro, save_reply
from shopbell.desk.replies.types import (
    AssignStep,
    Facts,
    MacroRun,
    NoteStep,
    PriorityStep,
    ReplyStep,
    ReplyText,
    ResolveStep,
    SavedDraft,
    Step,
    TagStep,
)
from shopbell.desk.tickets.commands import retag
from tests.promises.cases import Scene, Steps, of

TEXT = ReplyText(language="en", middle="It runs small: take one size up.")


@of(retag)
async def tags_that_are_put_on_and_taken_off(scene: Scene) -> Steps:
    await scene.says()
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("sizes",), remove=())
    yield
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("Late",), remove=("sizes", "none"))


@of(retag, quiet=True)
async def tags_that_are_there_already(scene: Scene) -> Steps:
    await scene.says()
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("late",), remove=())
    yield
    await retag(scene.shop.desk, scene.ticket, scene.ben, add=("late",), remove=("none",))


@of(run_macro)
async def a_macro_of_every_kind_of_step(scene: Scene) -> Steps:
    await scene.says()
    yield
    steps = (
        TagStep(add=("sizes",)),
        PriorityStep(priority="high"),
        NoteStep(text="Asked about sizes"),
        ReplyStep(),
        AssignStep(to_me=True),
        ResolveStep(),
    )
    run = await _run(scene, steps)
    assert (run.done, run.stopped, run.ticket.status) == (6, None, "resolved")


@of(run_macro)
async def a_macro_that_stops_at_a_step_that_is_refused(scene: Scene) -> Steps:
    await scene.says()
    await scene.takes(scene.cleo)
    yield
    run = await _run(scene, (TagStep(add=("sizes",)), ReplyStep(), ResolveStep()))
    assert run.stopped is not None
    assert (run.done, run.stopped.kind, run.ticket.status) == (1, "taken", "open")


async def _run(scene: Scene, steps: tuple[Step, ...]) -> MacroRun:
    """Ben runs a macro of these steps."""
    texts = (TEXT,) if any(isinstance(one, ReplyStep) for one in steps) else ()
    draft = SavedDraft(title="Sizes", texts=texts, steps=steps)
    macro = await save_reply(scene.shop.desk, scene.ben, uuid7(), draft)
    return await run_macro(
        scene.shop.desk,
        scene.ticket,
        scene.ben,
        macro,
        Facts(values={}),
        version=1,
        language="en",
        message_id=uuid7(),
        note_id=uuid7(),
    )
