"""Durable acks: a message is acked once it is committed, by us and by what others build it with."""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict

from bench.figures import Check, Figure, Report, check, figure, report, wrong
from bench.house import House, open_house, running, use_of, wait_until
from bench.parts import Costs, measure_parts
from bench.ports import free_port
from bench.process import run_part
from bench.rows import IN_PG, Talk, new_talk
from bench.senders import Sending, Sent
from bench.served import OURS
from bench.tally import total
from shopbell.cli.embedded.children import Child
from shopbell.cli.embedded.postgres import ROLE

RATES = (100, 200, 300, 450, 650, 900, 1_300, 1_800, 2_500, 3_500, 5_000, 7_000)
NODE = Path(__file__).parent / "peers" / "node"
SHOPBELL, IN_PYTHON, IN_NODE = "Shopbell", "python-socketio + psycopg", "socket.io + pg"


class Scale(Struct, frozen=True, kw_only=True):
    """How many senders, how long each load lasts, and how many rounds."""

    senders: int = 200
    seconds: float = 3.0
    rounds: int = 3
    rates: tuple[float, ...] = RATES


class Round(Struct, frozen=True, kw_only=True):
    """One round: the parts by themselves, then each server in turn."""

    costs: Costs
    sent: dict[str, Sent]
    cpu_s: dict[str, float]


def ack(scale: Scale) -> Report:
    """Run it."""
    install_node_peers()
    with open_house() as house:
        rounds = [_round(house, scale, number) for number in range(scale.rounds)]
    return _report(scale, rounds)


def _round(house: House, scale: Scale, number: int) -> Round:
    costs = measure_parts(house.beside_url, house.redis_url)
    sent: dict[str, Sent] = {}
    cpu_s: dict[str, float] = {}

    def go(name: str, child: Child, plan: Sending) -> None:
        before = use_of(child).cpu_s
        sent[name] = run_part("bench.senders", plan, Sent, limit_s=600)
        cpu_s[name] = use_of(child).cpu_s - before

    with house.serving(OURS) as server:
        tokens = house.shoppers(scale.senders)
        plan = Sending(
            url=house.url, tokens=tokens, rates=scale.rates, seconds=scale.seconds, seed=number
        )
        go(SHOPBELL, server, plan)
    talks = asyncio.run(_talks(house, scale.senders))
    for name, peer in ((IN_PYTHON, python_peer), (IN_NODE, node_peer)):
        port = free_port()
        plan = Sending(
            url=f"http://127.0.0.1:{port}",
            talks=talks,
            rates=scale.rates,
            seconds=scale.seconds,
            seed=number,
        )
        with peer(house, port) as server:
            go(name, server, plan)
    return Round(costs=costs, sent=sent, cpu_s=cpu_s)


async def _talks(house: House, count: int) -> list[Talk]:
    async with await psycopg.AsyncConnection.connect(house.beside_url, autocommit=True) as db:
        return [await new_talk(db) for _ in range(count)]


@contextlib.contextmanager
def python_peer(house: House, port: int) -> Generator[Child]:
    """The Python peer over the copy beside."""
    own = {"DATABASE_URL": house.beside_url, "PORT": str(port)}
    child = Child(
        [sys.executable, "-m", "bench.peers.python_socketio"],
        log=house.settings.data / "logs" / "python_socketio.log",
        env={**os.environ, **own},
        folder=Path(__file__).parent.parent,
    )
    with _listening(child, port):
        yield child


@contextlib.contextmanager
def node_peer(house: House, port: int) -> Generator[Child]:
    """The Node peer over the copy beside."""
    found = conninfo_to_dict(house.beside_url)
    own = {
        "PORT": str(port),
        "PG_SOCKET": str(found["host"]),
        "PG_USER": ROLE,
        "PG_DATABASE": str(found["dbname"]),
        "SAME_ROWS": IN_PG,
    }
    child = Child(
        [node_program("node"), str(NODE / "server.js")],
        log=house.settings.data / "logs" / "socketio.log",
        env={**os.environ, **own},
    )
    with _listening(child, port):
        yield child


@contextlib.contextmanager
def _listening(child: Child, port: int) -> Generator[None]:
    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    with running(child):
        wait_until(listens, child)
        yield


def install_node_peers() -> None:
    """Install the locked packages of the Node peer where they are missing."""
    lock, installed = NODE / "package-lock.json", NODE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([node_program("npm"), "ci"], cwd=NODE, check=True)


def node_program(name: str) -> str:
    """The machine's own Node program, else the one that setup put beside Python."""
    return shutil.which(name) or str(Path(sys.executable).parent / name)


def _report(scale: Scale, rounds: Sequence[Round]) -> Report:
    def most(name: str) -> list[float]:
        return [one.sent[name].most for one in rounds]

    ours = [one.sent[SHOPBELL].steps[0] for one in rounds]
    limits = [one.costs.ack_limit for one in rounds]
    against = [
        check(
            f"acks a second: Shopbell ÷ {peer}",
            [mine / theirs for mine, theirs in zip(most(SHOPBELL), most(peer), strict=True)],
            goal,
            "×",
            at_least=True,
        )
        for peer, goal in ((IN_PYTHON, 1.5), (IN_NODE, 0.8))
    ]
    checks: list[Check] = [
        check(
            f"ack at {scale.rates[0]:g} a second, p50 ÷ limit",
            [step.ack.p50 / limit for step, limit in zip(ours, limits, strict=True)],
            2,
            "×",
        ),
        *against,
        *wrong([total([step.counts for step in one.sent[SHOPBELL].steps]) for one in rounds]),
    ]
    figures: list[Figure] = [figure("limit: echo + commit, p50", limits)]
    for name in (SHOPBELL, IN_PYTHON, IN_NODE):
        first = [one.sent[name].steps[0].ack for one in rounds]
        figures += [
            figure(f"{name}: acks a second at most", most(name), ""),
            figure(f"{name}: ack at {scale.rates[0]:g} a second, p50", [one.p50 for one in first]),
            figure(f"{name}: ack at {scale.rates[0]:g} a second, p99", [one.p99 for one in first]),
            figure(
                f"{name}: CPU for 1,000 acks",
                [
                    one.cpu_s[name] / sum(step.counts.heard for step in one.sent[name].steps) * 1000
                    for one in rounds
                ],
                "s",
            ),
        ]
    about = (
        f"{scale.senders} senders, open loop, from {scale.rates[0]:g} messages a second upwards,"
        f" {scale.seconds:g} s each, until fewer than nine in ten are acked in time. The peers write"
        " the same rows by one prepared statement, over as many connections."
    )
    return report("ack", about, checks, figures, list(rounds))
