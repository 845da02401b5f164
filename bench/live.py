"""The whole way of a message, beside a crowd: from a shopper's socket to an agent's, and from the
model's first sentence to the shopper's."""

import asyncio
from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg_pool import AsyncConnectionPool

from bench.crowd import Crowd, Held
from bench.figures import Report, check, figure, report, wrong
from bench.house import House, open_house, use_of
from bench.model import ARTICLE
from bench.parts import Costs, measure_parts
from bench.ports import free_port
from bench.process import part_beside, run_part
from bench.talking import Heard, Talking
from bench.tally import total
from shopbell.cli.knowledge import make_searchable
from shopbell.desk.articles.commands import save_articles
from shopbell.desk.articles.types import SourceText

P50_MS, P99_MS = 25.0, 100.0


class Scale(Struct, frozen=True, kw_only=True):
    """How many idle sockets stand beside, who speaks, and how much a second."""

    idle_shoppers: int = 900
    idle_agents: int = 100
    speakers: int = 100
    rate: float = 20.0
    ask_rate: float = 1.0
    seconds: float = 20.0
    rounds: int = 3


class Round(Struct, frozen=True, kw_only=True):
    """One round: the parts by themselves, the whole way, and what it took."""

    costs: Costs
    heard: Heard
    server_cpu_s: float
    server_memory: float
    worker_cpu_s: float
    deliveries: int


def live(scale: Scale) -> Report:
    """Run it."""
    port = free_port()
    with open_house(
        model="openai/bench", model_key="bench", model_api_base=f"http://127.0.0.1:{port}/v1"
    ) as house:
        asyncio.run(_stock(house))
        with house.serving() as server, house.working() as worker:
            crowd = Crowd(
                url=house.url,
                shoppers=house.shoppers(scale.idle_shoppers),
                agents=house.agents(scale.idle_agents),
            )
            with part_beside("bench.crowd", crowd, Held) as idle:
                rounds: list[Round] = []
                for number in range(scale.rounds):
                    costs = measure_parts(house.beside_url, house.redis_url)
                    plan = _plan(house, scale, port, number)
                    before, worked = use_of(server), use_of(worker)
                    heard = run_part("bench.talking", plan, Heard)
                    after = use_of(server)
                    rounds.append(
                        Round(
                            costs=costs,
                            heard=heard,
                            server_cpu_s=after.cpu_s - before.cpu_s,
                            server_memory=after.memory,
                            worker_cpu_s=use_of(worker).cpu_s - worked.cpu_s,
                            deliveries=heard.agent_counts.said * (scale.idle_agents + 1),
                        )
                    )
    assert idle.found is not None
    return _report(scale, rounds, idle.found)


def _plan(house: House, scale: Scale, port: int, number: int) -> Talking:
    askers = int(scale.ask_rate * scale.seconds * 2) + 10
    return Talking(
        url=house.url,
        shoppers=house.shoppers(scale.speakers),
        askers=house.shoppers(askers, chat=house.answered),
        ear=house.agents(1)[0],
        model_port=port,
        rate=scale.rate,
        ask_rate=scale.ask_rate,
        seconds=scale.seconds,
        seed=number,
    )


async def _stock(house: House) -> None:
    """One article to answer from."""
    async with AsyncConnectionPool[Any](house.database_url, min_size=1, open=False) as pool:
        await save_articles(pool, SourceText(name="Help", brand_id=house.brand), [ARTICLE])
    await make_searchable(house.database_url)


def _report(scale: Scale, rounds: Sequence[Round], idle: Held) -> Report:
    heard = [one.heard for one in rounds]
    sockets = scale.idle_shoppers + scale.idle_agents
    checks = [
        check("said → heard by an agent, p50", [one.to_agent.p50 for one in heard], P50_MS),
        check("said → heard by an agent, p99", [one.to_agent.p99 for one in heard], P99_MS),
        check("model's first sentence → shopper, p50", [one.token.p50 for one in heard], P50_MS),
        check("model's first sentence → shopper, p99", [one.token.p99 for one in heard], P99_MS),
        *wrong([total([one.agent_counts, one.ack_counts, one.token_counts]) for one in heard]),
        check("idle sockets lost", [sockets - idle.sockets], 0, unit=""),
    ]
    figures = [
        figure("limit: echo + commit + stream, p50", [one.costs.live_limit for one in rounds]),
        figure("said → heard by an agent, p99.9", [one.to_agent.p999 for one in heard]),
        figure("said → acked, p50", [one.ack.p50 for one in heard]),
        figure("said → acked, p99", [one.ack.p99 for one in heard]),
        figure("model's first sentence → shopper, p99.9", [one.token.p999 for one in heard]),
        figure("load generator behind its plan, p99", [one.late_p99_ms for one in heard]),
        figure(
            "server CPU for 1,000 deliveries",
            [one.server_cpu_s / one.deliveries * 1000 for one in rounds],
            "s",
        ),
        figure("server memory", [one.server_memory for one in rounds], "MiB"),
    ]
    about = (
        f"Beside {scale.idle_shoppers:,} shoppers' and {scale.idle_agents:,} agents' idle sockets:"
        f" {scale.rate:g} messages and {scale.ask_rate:g} questions to the assistant a second by"
        f" {scale.speakers} shoppers, open loop, {scale.seconds:g} s a round, one server, one worker."
    )
    return report("live", about, checks, figures, list(rounds))
