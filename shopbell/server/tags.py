"""Doors to the tree of tags, and to who put which on a ticket."""

from starlette.requests import Request
from starlette.responses import Response

from shopbell.desk.tags import commands, reads
from shopbell.desk.tags.types import Tag
from shopbell.desk.tickets.reads import ticket_for
from shopbell.server.asked import named
from shopbell.server.doors import answer, decode, state_of
from shopbell.server.tag_types import ChangeTag, Marks, MergeTag, NewTag, Tags


async def index(request: Request) -> Response:
    return answer(Tags(tags=await reads.tags(state_of(request).desk)))


async def create(request: Request) -> Response:
    body = await decode(request, NewTag)
    return answer(await commands.add_tag(state_of(request).desk, body.tag), status=201)


async def change(request: Request) -> Response:
    known, body = await _tag(request), await decode(request, ChangeTag)
    desk = state_of(request).desk
    return answer(await commands.change_tag(desk, known.id, body.tag, body.version))


async def merge(request: Request) -> Response:
    known, body = await _tag(request), await decode(request, MergeTag)
    return answer(await commands.merge_tag(state_of(request).desk, known.id, body.into))


async def part(request: Request) -> Response:
    known = await _tag(request)
    return answer(await commands.part_tag(state_of(request).desk, known.id))


async def remove(request: Request) -> Response:
    await commands.remove_tag(state_of(request).desk, (await _tag(request)).id)
    return Response(status_code=204)


async def marks(request: Request) -> Response:
    desk, wanted = state_of(request).desk, named(request, "ticket_id", "The ticket")
    ticket = await ticket_for(desk, request.state.agent, wanted)
    return answer(Marks(marks=await reads.marks_of(desk, ticket.id)))


async def _tag(request: Request) -> Tag:
    return await reads.tag(state_of(request).desk, named(request, "tag_id", "The tag"))
