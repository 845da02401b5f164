"""An agent says something, by whichever door: at once, or after a wait in which it can be taken back."""

from uuid import UUID

from shopbell.desk.held.commands import hold
from shopbell.desk.held.types import Sending
from shopbell.desk.messages.commands import reply
from shopbell.desk.people.types import Agent
from shopbell.realtime.frames import AgentAck, AgentSend, Held
from shopbell.server.state import State
from shopbell.server.types import Reply


async def say(
    state: State, ticket_id: UUID, agent: Agent, asked: AgentSend | Reply
) -> AgentAck | Held:
    """Reply, note or hold, as it is asked; what was said before is answered as it stands."""
    draft = asked.draft
    if asked.hold_s > 0 and draft.visibility == "public":
        sending = Sending(draft=draft, by=asked.by, template=asked.template, resolve=asked.resolve)
        held = await hold(
            state.desk,
            ticket_id,
            agent,
            sending,
            seconds=asked.hold_s,
            take_on_purpose=asked.take,
        )
        if held is not None:
            return Held(id=draft.id, left_s=held.left_s)
    written = await reply(
        state.desk,
        ticket_id,
        agent,
        draft,
        take_on_purpose=asked.take,
        by=asked.by,
        template=asked.template,
        resolve=asked.resolve,
    )
    return AgentAck(id=draft.id, message=state.hub.audiences.sign(written.message))
