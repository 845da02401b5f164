"""Frames that are none, too big, too many or never end: their socket is closed, nobody else's."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.frames import Frame, Opcode

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import MAX_TEXT
from shopbell.realtime.listeners import QUEUE
from shopbell.server.sockets import protocol, wire
from shopbell.server.sockets.crowd import Crowd
from tests.attacks.written import everything
from tests.desk.conftest import Shop
from tests.server.live import Served, Socket, until

PING = b'{"type":"ping"}'
MANY = protocol.MAX_FRAGMENTS


def raw(socket: Socket, *frames: Frame, mask: bool = True) -> None:
    """Send these frames as they are, whatever the protocol says of them."""
    socket.connection.transport.write(
        b"".join(one.serialize(mask=mask, extensions=()) for one in frames)
    )


async def text(socket: Socket, data: str) -> None:
    await socket.connection.send(data)


async def binary(socket: Socket) -> None:
    await socket.connection.send(PING)


async def compressed(socket: Socket) -> None:
    header = bytes((0xC1, 0x80 | len(PING))) + b"\x00" * 4
    socket.connection.transport.write(header + PING)


async def unmasked(socket: Socket) -> None:
    raw(socket, Frame(Opcode.TEXT, PING), mask=False)


async def unknown_opcode(socket: Socket) -> None:
    socket.connection.transport.write(b"\x83\x80\x00\x00\x00\x00")


async def out_of_nowhere(socket: Socket) -> None:
    raw(socket, Frame(Opcode.CONT, PING))


async def two_at_once(socket: Socket) -> None:
    raw(socket, Frame(Opcode.TEXT, b"{", fin=False), Frame(Opcode.TEXT, PING))


async def big_ping(socket: Socket) -> None:
    socket.connection.transport.write(b"\x89\xfe\x01\x00\x00\x00\x00\x00" + b"x" * 256)


async def promised_without_end(socket: Socket) -> None:
    socket.connection.transport.write(b"\x81\xff\x3f" + b"\xff" * 7 + b"\x00" * 4)


async def big_by_fragments(socket: Socket) -> None:
    part = b"x" * (wire.MAX_FRAME // 3)
    raw(socket, Frame(Opcode.TEXT, part, fin=False))
    raw(socket, *[Frame(Opcode.CONT, part, fin=False)] * 3)


async def empty_fragments(socket: Socket) -> None:
    raw(socket, Frame(Opcode.TEXT, b"", fin=False))
    raw(socket, *[Frame(Opcode.CONT, b"", fin=False)] * (MANY + 1))


async def broken_utf8_by_fragments(socket: Socket) -> None:
    raw(socket, Frame(Opcode.TEXT, b'{"type":"\xe2', fin=False), Frame(Opcode.CONT, b'"}'))


def saying(data: str) -> Callable[[Socket], Awaitable[None]]:
    return lambda socket: text(socket, data)


WRONG: dict[str, tuple[Callable[[Socket], Awaitable[None]], int]] = {
    "binary": (binary, 4402),
    "compressed": (compressed, 1002),
    "unmasked": (unmasked, 1002),
    "an opcode that is none": (unknown_opcode, 1002),
    "a continuation of nothing": (out_of_nowhere, 1002),
    "a message inside another": (two_at_once, 1002),
    "a ping too long": (big_ping, 1002),
    "a length without end": (promised_without_end, 1009),
    "big by fragments": (big_by_fragments, 1009),
    "fragments without end": (empty_fragments, 1009),
    "broken characters": (broken_utf8_by_fragments, 1007),
    "a lone surrogate": (saying('{"type":"\\ud800"}'), 4402),
    "nothing": (saying(""), 4402),
    "null": (saying("null"), 4402),
    "a list": (saying("[]"), 4402),
    "a type that is a list": (saying('{"type":["ping"]}'), 4402),
    "two documents": (saying('{"type":"ping"}{"type":"ping"}'), 4402),
    "deep lists": (saying("[" * 60_000), 4402),
    "deep maps": (saying('{"a":' * 12_000), 4402),
    "deep inside a known frame": (saying('{"type":"ping","x":' + "[" * 50_000), 4402),
    "a number beyond all": (saying('{"type":"read","seq":1e999}'), 4402),
    "an answer of the server": (saying('{"type":"welcome"}'), 4402),
    "a second hello": (saying('{"type":"hello","token":""}'), 4400),
    "too big": (saying('{"type":"ping","x":"' + "x" * wire.MAX_FRAME + '"}'), 1009),
    "too big in characters of four bytes": (saying('{"x":"' + "\U0001f514" * 66_000 + '"}'), 1009),
}


async def test_a_wrong_frame_closes_its_own_socket_with_the_right_code(
    served: Served, shop: Shop
) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as other:
        await served.say(other, "Hello?")
        before = await everything(shop.desk)
        for what, (attack, code) in WRONG.items():
            async with served.shopper(visitor["token"]) as shopper, served.agent(cookie) as agent:
                for socket in (shopper, agent):
                    await attack(socket)
                    assert (what, await socket.closed()) == (what, code)
        assert await everything(shop.desk) == before
        await served.say(other, "Still here")
    assert served.state.hub.agents_listening() == ()


@pytest.mark.parametrize("escaped", [False, True])
async def test_the_longest_text_fits_a_frame_however_it_is_written(
    served: Served, escaped: bool
) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    longest = "\U0001f514" * MAX_TEXT
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        said = {"type": "send", "draft": {"id": str(uuid7()), "text": longest}}
        await text(mia, json.dumps(said, ensure_ascii=escaped))
        assert (await mia.hear("ack"))["message"]["text"] == longest
        await ben.event(lambda one: one.get("message", {}).get("text") == longest)


async def test_a_frame_may_be_as_long_as_the_limit_and_no_longer(served: Served) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        for socket in (mia, ben):
            longest = '{"type":"ping"}'.ljust(wire.MAX_FRAME)
            await text(socket, longest)
            await socket.hear("pong")
            await text(socket, longest + " ")
            assert await socket.closed() == 1009


async def test_a_frame_in_fragments_is_one_frame(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia:
        parts = [Frame(Opcode.CONT, PING[at : at + 1], fin=False) for at in range(1, len(PING))]
        raw(mia, Frame(Opcode.TEXT, PING[:1], fin=False), *parts, Frame(Opcode.CONT, b""))
        await mia.hear("pong")


async def test_numbers_beyond_all_numbers_do_not_close_or_move_anything(
    served: Served, shop: Shop
) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    async with served.shopper(visitor["token"]) as mia, served.agent(cookie) as ben:
        await served.say(mia, "Hello?")
        thread = (await ben.event(lambda one: "ticket" in one))["thread_id"]
        before = await everything(shop.desk)
        for seq in (0, -1, -(2**63), -(10**40)):
            await mia.tell(type="read", seq=seq)
            await text(ben, f'{{"type":"read","thread_id":"{thread}","seq":{seq}}}')
        for socket in (mia, ben):
            await socket.tell(type="ping")
            await socket.hear("pong")
        assert await everything(shop.desk) == before
    for position in (-1, 10**40):
        resume = {"epoch": str(served.state.hub.epoch), "position": position}
        async with served.open("/ws/shopper") as socket:
            await text(
                socket,
                f'{{"type":"hello","token":"{visitor["token"]}","resume":'
                f'{{"epoch":"{resume["epoch"]}","position":{position}}}}}',
            )
            assert (await socket.hear("welcome"))["resumed"] is False


async def test_each_socket_has_its_own_bucket(served: Served, shop: Shop) -> None:
    visitor, tom = await served.visitor(), await served.visitor()
    async with (
        served.shopper(visitor["token"]) as flooding,
        served.shopper(visitor["token"]) as tab,
        served.shopper(tom["token"]) as other,
    ):
        flood = asyncio.gather(*(text(flooding, '{"type":"typing","on":true}') for _ in range(300)))
        await served.say(other, "Meanwhile")
        await asyncio.gather(flood, return_exceptions=True)
        assert await flooding.closed() == 4429
        for socket in (tab, other):
            await served.say(socket, "Still here")
    assert await shop.count("message") == 3


async def test_a_hello_that_comes_drop_by_drop_is_not_waited_for(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HELLO_S", 0.3)
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    headers = {"cookie": f"shopbell_session={cookie}"}

    async def drip(socket: Socket) -> None:
        raw(socket, Frame(Opcode.TEXT, b"{", fin=False))
        while socket.connection.close_code is None:
            raw(socket, Frame(Opcode.CONT, b" ", fin=False))
            await asyncio.sleep(0.02)

    async with (
        served.open("/ws/shopper") as shopper,
        served.open("/ws/agent", origin=served.url, headers=headers) as agent,
        served.shopper(visitor["token"]) as other,
    ):
        drips = [asyncio.create_task(drip(socket)) for socket in (shopper, agent)]
        assert [await socket.closed() for socket in (shopper, agent)] == [4400, 4400]
        await asyncio.gather(*drips)
        await served.say(other, "Still here")


async def test_one_address_holds_so_many_sockets_and_no_more(served: Served) -> None:
    assert inspect.signature(Crowd).parameters["address"].default < 10_000
    served.state.crowd = Crowd(address=4)
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    async with AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(served.open("/ws/shopper")) for _ in range(2)]
        mia = await stack.enter_async_context(served.shopper(visitor["token"]))
        ben = await stack.enter_async_context(served.agent(cookie))
        one_more = await stack.enter_async_context(served.open("/ws/shopper"))
        assert await one_more.closed() == 4429
        headers = {"cookie": f"shopbell_session={cookie}"}
        async with served.open("/ws/agent", origin=served.url, headers=headers) as agent:
            assert await agent.closed() == 4429
        async with httpx.AsyncClient(base_url=served.url) as http:
            at = {"epoch": str(served.state.hub.epoch), "position": "0"}
            bearer = {"authorization": f"Bearer {visitor['token']}"}
            polled = await http.get("/api/widget/poll", params=at, headers=bearer)
            assert (polled.status_code, polled.headers["retry-after"]) == (429, "2")
        await served.say(mia, "Still here")
        await ben.event(lambda one: one.get("message", {}).get("text") == "Still here")
        await silent[0].connection.close()

        async def room() -> bool:
            async with served.open("/ws/shopper") as socket:
                await socket.tell(type="hello", token=visitor["token"])
                with_room: Any = await socket.connection.recv()
                return "welcome" in str(with_room)

        await until(room)


async def test_pings_whose_pongs_nobody_reads_end_the_connection(served: Served) -> None:
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia, served.shopper(visitor["token"]) as other:
        full = [one for one in served.server.server_state.connections if hasattr(one, "writable")]
        mine = next(one for one in full if peer(one) == mia.connection.local_address)
        mine.pause_writing()
        raw(mia, Frame(Opcode.PING, b"x" * 125))
        assert await mia.closed() == 1006
        await served.say(other, "Still here")


def peer(connection: Any) -> Any:
    return connection.transport.get_extra_info("peername")


async def test_who_reads_nothing_costs_a_bounded_queue_and_is_let_go(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LINGER_S", 0.2)
    monkeypatch.setattr(wire, "CLOSE_S", 0.2)
    cookies = [await served.cookie(f"{name}@demo.shop") for name in ("ben", "cleo")]
    async with served.agent(cookies[0]) as slow, served.agent(cookies[1]) as quick:
        slow.connection.transport.pause_reading()
        event = f'"{"x" * 20_000}"'
        listeners = {one.agent_id: one for one in served.state.hub.agents_listening()}
        stuck = listeners[served.shop.ben.id]
        (mine,) = (
            one
            for one in served.server.server_state.connections
            if peer(one) == slow.connection.local_address
        )
        highest = 0
        for position in range(QUEUE * 3):
            stuck.event(position + 1, event)
            if position % 50 == 0:
                await asyncio.sleep(0)
                highest = max(highest, mine.transport.get_write_buffer_size())
        assert stuck.ended == 4001
        assert stuck.waiting() == []
        assert highest < 201 * len(event)

        async def gone() -> bool:
            return mine not in served.server.server_state.connections

        await until(gone)
        assert served.state.hub.agents_listening() == (listeners[served.shop.cleo.id],)
        await quick.tell(type="ping")
        await quick.hear("pong")
        slow.connection.transport.abort()
