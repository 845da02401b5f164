"""How far each side has read a thread."""

from uuid import UUID

from shopbell.desk.database import Desk
from shopbell.desk.errors import NotFound
from shopbell.desk.events.types import AgentRead
from shopbell.desk.messages.types import Author
from shopbell.desk.people.types import Agent
from shopbell.desk.work import work


async def agent_read(desk: Desk, thread_id: UUID, agent: Agent, seq: int) -> None:
    """The agent has read up to `seq`; it never goes back. Raises NotFound.

    What an agent who may answer has read, the customer sees as seen; a viewer leaves no trace.
    """
    async with work(desk, thread_id=thread_id) as unit:
        upto = min(seq, unit.thread.last_seq)
        if upto <= 0:
            return
        moved = await unit.connection.execute(
            "INSERT INTO agent_read (agent_id, thread_id, seq) VALUES (%s, %s, %s)"
            " ON CONFLICT (agent_id, thread_id) DO UPDATE SET seq = excluded.seq"
            " WHERE agent_read.seq < excluded.seq RETURNING seq",
            (agent.id, thread_id, upto),
        )
        if await moved.fetchone() is None:
            return
        author = Author(kind="agent", id=agent.id, name=agent.name)
        read = AgentRead(agent_id=agent.id, thread_id=thread_id, seq=upto)
        seen = agent.role != "viewer" and upto > unit.thread.agents_read_seq
        if seen:
            unit.change_thread(agents_read_seq=upto)
        unit.emit("thread.seen" if seen else "read.moved", author, read=read)


async def customer_read(desk: Desk, thread_id: UUID, seq: int) -> None:
    """The customer has seen the conversation up to `seq`; it never goes back. Raises NotFound."""
    async with work(desk, thread_id=thread_id) as unit:
        thread = unit.thread
        upto = min(seq, thread.last_seq)
        if upto <= thread.customer_read_seq:
            return
        found = await unit.connection.execute(
            "SELECT count(*) AS later FROM message WHERE thread_id = %s AND seq > %s"
            " AND visibility = 'public' AND author_kind <> 'customer'",
            (thread_id, upto),
        )
        row = await found.fetchone()
        if row is None:
            raise NotFound("The conversation")
        unit.change_thread(
            customer_read_seq=upto, customer_read_out=thread.out_count - row["later"]
        )
        unit.emit("thread.read", Author(kind="customer", id=thread.customer_id))
