"""Cases of a past that is brought in while clients are open."""

from datetime import timedelta

from shopbell.desk.customers.commands import thread_of
from shopbell.desk.importing.commands import bring_in
from shopbell.desk.importing.types import PastMessage, PastThread, PastTicket
from tests.promises.cases import Scene, Steps, of

MAIL = "mia@mail.example"


@of(bring_in)
async def the_past_of_a_customer_who_writes_now(scene: Scene) -> Steps:
    scene.thread = await thread_of(scene.shop.desk, "email", MAIL, name="Mia")
    await scene.says("Are you open?")
    yield
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, MAIL, 3)])


@of(bring_in)
async def the_past_of_a_customer_who_never_wrote_here(scene: Scene) -> Steps:
    scene.thread = await thread_of(scene.shop.desk, "email", MAIL, name="Mia")
    yield
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, MAIL, 2)])


@of(bring_in)
async def the_past_of_others(scene: Scene) -> Steps:
    await scene.says()
    yield
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, "ole@mail.example", 2)])


@of(bring_in)
async def the_rest_of_a_past(scene: Scene) -> Steps:
    scene.thread = await thread_of(scene.shop.desk, "email", MAIL, name="Mia")
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, MAIL, 2)])
    yield
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, MAIL, 5)])


@of(bring_in, quiet=True)
async def the_same_past_again(scene: Scene) -> Steps:
    scene.thread = await thread_of(scene.shop.desk, "email", MAIL, name="Mia")
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, MAIL, 2)])
    yield
    await bring_in(scene.shop.desk, scene.shop.connection, [past(scene, MAIL, 2)])


def past(scene: Scene, who: str, messages: int) -> PastThread:
    """One matter of some messages, the second a note, the third by an agent."""
    then = scene.shop.desk.now() - timedelta(days=90)
    said = tuple(
        PastMessage(
            external_id=f"{who}-{at}",
            author="customer" if at % 3 == 0 else "agent",
            at=then + timedelta(minutes=at),
            text=f"Word {at}",
            note=at % 3 == 1,
        )
        for at in range(messages)
    )
    return PastThread(
        kind="email",
        value=who,
        name="Mia",
        place=who,
        tickets=(PastTicket(external_id=f"t-{who}", messages=said, subject="Sizes"),),
    )
