"""The same application served by uvicorn, in each of its ways, and by Granian."""

from msgspec import Struct

from bench.fanout import Fanned, Fanning
from bench.figures import Figure, Report, check, figure, report, wrong
from bench.house import House, open_house, use_of
from bench.manners import Asking, Manners
from bench.process import run_part
from bench.senders import Sending, Sent
from bench.served import OURS, SERVERS
from bench.tally import total


class Scale(Struct, frozen=True, kw_only=True):
    """The loads: acks of 200 senders, and every message to many agents."""

    senders: int = 200
    rates: tuple[float, ...] = (100, 200, 300, 450, 650, 900, 1_300, 1_800)
    ears: int = 400
    fan_rate: float = 25.0
    seconds: float = 4.0
    rounds: int = 3
    patient: bool = True


class Round(Struct, frozen=True, kw_only=True):
    """One server, once."""

    sent: Sent
    fanned: Fanned
    memory: float
    ack_cpu_s: float
    fan_cpu_s: float


def servers(scale: Scale) -> Report:
    """Run it."""
    rounds: dict[str, list[Round]] = {name: [] for name in SERVERS}
    manners: dict[str, Manners] = {}
    with open_house() as house:
        for number in range(scale.rounds):
            for name in SERVERS:
                rounds[name].append(_round(house, scale, name, number))
        for name in SERVERS:
            with house.serving(name):
                plan = Asking(
                    url=house.url,
                    shopper=house.shoppers(1)[0],
                    agent=house.agents(1)[0],
                    patient=scale.patient,
                )
                manners[name] = run_part("bench.manners", plan, Manners)
    return _report(scale, rounds, manners)


def _round(house: House, scale: Scale, name: str, number: int) -> Round:
    with house.serving(name) as server:
        before = use_of(server).cpu_s
        sending = Sending(
            url=house.url,
            tokens=house.shoppers(scale.senders),
            rates=scale.rates,
            seconds=scale.seconds,
            seed=number,
        )
        sent = run_part("bench.senders", sending, Sent)
        acked = use_of(server).cpu_s
        fanning = Fanning(
            url=house.url,
            speakers=house.shoppers(10),
            ears=house.agents(scale.ears),
            rate=scale.fan_rate,
            seconds=scale.seconds * 2,
        )
        fanned = run_part("bench.fanout", fanning, Fanned)
        after = use_of(server)
        return Round(
            sent=sent,
            fanned=fanned,
            memory=after.memory,
            ack_cpu_s=acked - before,
            fan_cpu_s=after.cpu_s - acked,
        )


def _report(scale: Scale, rounds: dict[str, list[Round]], manners: dict[str, Manners]) -> Report:
    figures: list[Figure] = []
    for name, found in rounds.items():
        figures += [
            figure(f"{name}: acks a second at most", [one.sent.most for one in found], ""),
            figure(f"{name}: ack, p50", [one.sent.steps[0].ack.p50 for one in found]),
            figure(f"{name}: ack, p99", [one.sent.steps[0].ack.p99 for one in found]),
            figure(
                f"{name}: CPU for 1,000 acks",
                [
                    one.ack_cpu_s / sum(step.counts.heard for step in one.sent.steps) * 1000
                    for one in found
                ],
                "s",
            ),
            figure(
                f"{name}: last of {scale.ears} ears, p50", [one.fanned.last.p50 for one in found]
            ),
            figure(
                f"{name}: last of {scale.ears} ears, p99", [one.fanned.last.p99 for one in found]
            ),
            figure(
                f"{name}: CPU for 1,000 deliveries",
                [one.fan_cpu_s / one.fanned.counts.heard * 1000 for one in found],
                "s",
            ),
            figure(f"{name}: memory", [one.memory for one in found], "MiB"),
        ]
    ours = rounds[OURS]
    checks = [
        *wrong([total([one.fanned.counts]) for one in ours]),
        check(
            "acks lost", [sum(step.counts.wrong for one in ours for step in one.sent.steps)], 0, ""
        ),
    ]
    about = (
        f"The same application and load: {scale.senders} senders under a rising load, then"
        f" {scale.fan_rate:g} messages a second to {scale.ears} agents' sockets. Ack figures are those"
        f" at {scale.rates[0]:g} a second. What each answers when it is asked: "
        + "; ".join(f"{name}: {_told(one)}" for name, one in manners.items())
        + "."
    )
    return report("servers", about, checks, figures, {"rounds": rounds, "manners": manners})


def _told(one: Manners) -> str:
    return (
        f"foreign origin {one.refuses_before_the_upgrade}, bad hello"
        f" {one.close_code_of_a_bad_hello}, frame too big {one.close_code_of_a_big_frame},"
        f" dead socket found {one.finds_a_dead_socket}"
    )
