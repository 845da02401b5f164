"""`shopbell ask`: what the assistant would say, and why."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import msgspec
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.ask import AskResult
from shopbell.assistant.ask import ask as ask_assistant
from shopbell.cli import house, prepare
from shopbell.cli.failure import Failure
from shopbell.settings import Settings


def ask(question: str, *, data: Path | None, as_json: bool) -> None:
    """Print the assistant's thought about one question of an unknown visitor.

    Raises Failure where there are no words to answer.
    """
    if not question.strip():
        raise Failure('Give the question in quotes: shopbell ask "Do you ship to Norway?"')
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        prepare.index(found.settings)
        result = asyncio.run(_ask(found.settings, question))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(result)).decode() + "\n")
    else:
        print(readable(result))


def readable(result: AskResult) -> str:
    """The thought as lines for a person: words first, then where they come from and why."""
    lines = [result.answer, ""]
    for citation in result.citations:
        section = f", {citation.section}" if citation.section else ""
        score = f" (score {citation.score:.2f})" if citation.score is not None else ""
        lines.append(f"from: {citation.title}{section}{score}")
    reason = f", {result.reason}" if result.reason else ""
    cost = f"{result.model}, {result.cost_usd:.6f} USD" if result.model else "no model, no cost"
    lines += [
        f"decision: {result.decision}{reason} (confidence {result.confidence:.2f})",
        f"why: {result.why}",
        f"took: {result.latency_ms:.0f} ms, {cost}",
    ]
    return "\n".join(lines)


async def _ask(settings: Settings, question: str) -> AskResult:
    assert settings.database_url is not None
    async with AsyncConnectionPool[Any](
        settings.database_url, min_size=1, max_size=4, open=False
    ) as pool:
        shop = prepare.shop_of(settings, pool)
        return await ask_assistant(pool, question, settings=settings, shop=shop)
