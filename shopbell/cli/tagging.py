"""`shopbell tags`: teach a taxonomy by labelled lines, and measure it on others."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any

import msgspec
from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.embed import LocalEmbedder
from shopbell.assistant.tagging.known import Known
from shopbell.assistant.tagging.measure import Figures, figures
from shopbell.assistant.tagging.tagger import (
    LONGEST,
    embed_examples,
    keep_shipped,
    known_from,
    read_examples,
    vectors_of,
)
from shopbell.cli import house, prepare
from shopbell.cli.failure import Failure
from shopbell.desk.tags import learning
from shopbell.desk.tags.types import SHOP, Example
from shopbell.settings import Settings

BATCH = 64
SET_NAME = re.compile(r"[\w.-]{1,60}")


def learn(file: Path, *, taxonomy: str, data: Path | None) -> None:
    """Have the file's lines in place of what the set was taught before; Failure where it cannot be."""
    lines = _lines(file, taxonomy)
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        labels = asyncio.run(_learn(found.settings, lines, taxonomy))
    print(f"learned {len(lines)} lines, {labels} labels, set {taxonomy}")


def evaluate(file: Path, *, taxonomy: str, data: Path | None, as_json: bool) -> None:
    """Print the figures; Failure where the file cannot be read or the set was taught nothing."""
    lines = _lines(file, taxonomy)
    with house.services(redis=False, data=data) as found:
        prepare.migrate(found.settings)
        told = asyncio.run(_measure(found.settings, lines, taxonomy))
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told)).decode() + "\n")
    else:
        print(readable(told))


def readable(told: Figures) -> str:
    """The figures as a table, with the labels that are most often taken for another."""
    rows = [("all", told), *told.by_language.items()]
    table = [f"{'':10}{'lines':>7}{'accuracy':>10}{'auc':>8}{'precision':>11}{'recall':>8}"]
    for name, one in rows:
        shares = (one.in_scope_accuracy, one.out_of_scope_auc, one.precision, one.recall)
        words = ["-" if share is None else f"{share:.3f}" for share in shares]
        table.append(f"{name:10}{one.n:7}{words[0]:>10}{words[1]:>8}{words[2]:>11}{words[3]:>8}")
    taken = sorted(
        (-count, true, given)
        for true, row in told.confusion.items()
        for given, count in row.items()
        if true != given
    )
    table += [f"{-count:4} × {true} taken for {given}" for count, true, given in taken[:15]]
    return "\n".join(table)


def _lines(file: Path, taxonomy: str) -> list[Example]:
    if not SET_NAME.fullmatch(taxonomy):
        raise Failure("A set's name is letters, digits, dots and dashes, at most 60.")
    try:
        lines = read_examples(file)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Failure(
            f'{file}: {error}. A line is {{"text": "…", "label": "a name, or null"}}.'
        ) from None
    if not lines:
        raise Failure(f"{file} holds no lines.")
    return lines


async def _learn(settings: Settings, lines: list[Example], taxonomy: str) -> int:
    labels = {one.label for one in lines if one.label is not None}
    async with _pool(settings) as pool:
        await learning.keep_examples(pool, taxonomy, lines)
        if taxonomy == SHOP:
            await learning.name_labels(pool, labels)
        embedder = LocalEmbedder(passage_threads=os.cpu_count() or 1)
        try:
            await embed_examples(pool, embedder, taxonomy, at_once=BATCH)
        finally:
            embedder.close()
    return len(labels)


async def _measure(settings: Settings, lines: list[Example], taxonomy: str) -> Figures:
    embedder = LocalEmbedder(passage_threads=os.cpu_count() or 1)
    try:
        async with _pool(settings) as pool:
            if taxonomy == SHOP:
                await keep_shipped(pool)
            await embed_examples(pool, embedder, taxonomy, at_once=BATCH)
            known = known_from(await learning.learned(pool, taxonomy))
        if known is None or not known.labels:
            raise Failure(
                f"The set {taxonomy} was taught nothing: run `shopbell tags learn` first."
            )
        return await _told(embedder, known, lines)
    finally:
        embedder.close()


async def _told(embedder: LocalEmbedder, known: Known, lines: list[Example]) -> Figures:
    told = [
        one
        for begin in range(0, len(lines), BATCH)
        for one in known.tell(
            await vectors_of(embedder, [x.text[:LONGEST] for x in lines[begin : begin + BATCH]])
        )
    ]
    return figures(lines, told)


def _pool(settings: Settings) -> AsyncConnectionPool[Any]:
    assert settings.database_url is not None
    return AsyncConnectionPool[Any](settings.database_url, min_size=1, max_size=2, open=False)
