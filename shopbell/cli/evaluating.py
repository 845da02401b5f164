"""`shopbell evaluate`: how good search and the decisions are, on labelled questions."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.evaluate import Line, Report, read_lines
from shopbell.assistant.evaluate import evaluate as evaluate_turns
from shopbell.assistant.ports import open_ports
from shopbell.assistant.retrieval import Milliseconds, Retrieval, measure
from shopbell.cli import house, prepare
from shopbell.cli.failure import Failure
from shopbell.settings import Settings


class Figures(Struct, frozen=True, kw_only=True):
    """Search's figures, and under `answers` those of whole turns without a model."""

    n: int
    hit: dict[str, float]
    mrr: float
    latency_ms: Milliseconds
    by_language: dict[str, dict[str, float]]
    answers: Report


def evaluate(file: Path, *, data: Path | None, as_json: bool) -> None:
    """Print the figures; raises Failure where the file cannot be read."""
    lines = _lines(file)
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        prepare.index(found.settings)
        figures = asyncio.run(_figures(found.settings, lines))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
    else:
        print(readable(figures))


def readable(figures: Figures) -> str:
    """The figures as a table."""
    rows = [("all", figures.hit), *figures.by_language.items()]
    table = ["language   " + "".join(f"hit@{place:<6}" for place in figures.hit)]
    table += [
        f"{name:<11}" + "".join(f"{one:<10.3f}" for one in hit.values()) for name, hit in rows
    ]
    answers, took = figures.answers, figures.latency_ms
    table += [
        f"mrr {figures.mrr:.3f} over {figures.n} questions",
        f"search p50 {took.p50} ms, p95 {took.p95} ms",
        f"answered {answers.answered} of {answers.answerable} that can be, {answers.right} right",
        f"precision {answers.precision:.3f}, recall {answers.recall:.3f}",
        f"answered though no source holds it: {answers.wrongly_answered}",
        f"led right where none does: {answers.led_right:.3f}",
        f"turn p50 {answers.p50_ms} ms, p95 {answers.p95_ms} ms",
    ]
    return "\n".join(table)


def _lines(file: Path) -> list[Line]:
    try:
        lines = read_lines(file)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise Failure(
            f'{file}: {error}. A line is {{"question": "…", "sources": ["…"]}}.'
        ) from None
    if not lines:
        raise Failure(f"{file} holds no questions.")
    return lines


async def _figures(settings: Settings, lines: list[Line]) -> Figures:
    assert settings.database_url is not None
    async with AsyncConnectionPool[Any](
        settings.database_url, min_size=1, max_size=4, open=False
    ) as pool:
        ports = await open_ports(
            pool, msgspec.structs.replace(settings, model=None), prepare.shop_of(settings, pool)
        )
        found: Retrieval = await measure(ports, lines)
        answers = (await evaluate_turns(ports, lines)).report()
    return Figures(**msgspec.structs.asdict(found), answers=answers)
