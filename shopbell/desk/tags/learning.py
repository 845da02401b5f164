"""What taxonomies are learned from: examples by their label, and the vectors of their texts."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from shopbell.desk.tags.marks import SQL
from shopbell.desk.tags.types import Example

Pool = AsyncConnectionPool[Any]
Source = Literal["shipped", "file"]


class Learned(Struct, frozen=True, kw_only=True):
    """An example with its text's vector: both embedders' numbers, as 16-bit floats."""

    label: str | None
    text: str
    vector: bytes


class Named(Struct, frozen=True, kw_only=True):
    """A tag that the assistant may put on, and the words that stand for it."""

    name: str
    words: tuple[str, ...]


async def keep_examples(
    pool: Pool, taxonomy: str, examples: Iterable[Example], *, source: Source = "file"
) -> int:
    """Have these in place of the taxonomy's examples of this source; the number of them."""
    given = [{**msgspec.structs.asdict(one), "place": place} for place, one in enumerate(examples)]
    async with pool.connection() as db, db.transaction():
        named = {"taxonomy": taxonomy, "source": source}
        await db.execute(SQL["lock"].encode())
        await db.execute(SQL["forget_examples"].encode(), named)
        await db.execute(SQL["learn"].encode(), {**named, "examples": Jsonb(given)})
    return len(given)


async def shipped(pool: Pool) -> list[tuple[str | None, str]]:
    """Labels and texts of the examples that came with Shopbell, as they stand there."""
    return [(row[0], row[1]) for row in await _rows(pool, "shipped")]


async def name_labels(pool: Pool, labels: Iterable[str]) -> None:
    """Make those labels tags that are none yet."""
    async with pool.connection() as db:
        await db.execute(SQL["name_labels"].encode(), {"labels": list(labels)})


async def without_vector(pool: Pool, taxonomy: str, *, most: int) -> list[tuple[str, str]]:
    """Hashes and texts of examples whose vectors are missing."""
    rows = await _rows(pool, "bare", taxonomy=taxonomy, most=most)
    return [(row[0], row[1]) for row in rows]


async def keep_vectors(pool: Pool, vectors: Sequence[tuple[str, bytes]]) -> None:
    """Keep vectors by the hashes of their texts."""
    async with pool.connection() as db, db.cursor() as cursor:
        values = [{"hash": one, "vector": vector} for one, vector in vectors]
        await cursor.executemany(SQL["keep_vector"].encode(), values)


async def learned(pool: Pool, taxonomy: str) -> list[Learned]:
    """The taxonomy's examples, in an order that stays; those of agents last."""
    return [
        Learned(label=row[0], text=row[1], vector=bytes(row[2]))
        for row in await _rows(pool, "learned", taxonomy=taxonomy)
    ]


async def rules_version(pool: Pool) -> int:
    """Rises with whatever the shop's tags are told by."""
    return (await _rows(pool, "version"))[0][0]


async def names_of(pool: Pool) -> tuple[dict[str, str], tuple[Named, ...]]:
    """Which tag each name stands for now, and the tags that may be put on by the assistant."""
    rows = await _rows(pool, "named")
    by_id = {row[0]: row for row in rows}
    canonical: dict[str, str] = {}
    for tag_id, name, synonyms, merged_into, _ in rows:
        stands = by_id.get(merged_into, by_id[tag_id])[1]
        canonical |= {word: stands for word in synonyms if word not in canonical} | {name: stands}
    merged: dict[Any, list[str]] = {}
    for row in rows:
        merged.setdefault(row[3] or row[0], []).extend((row[1], *row[2]))
    named = tuple(
        Named(name=row[1], words=tuple(merged[row[0]])) for row in rows if row[4] and not row[3]
    )
    return canonical, named


async def _rows(pool: Pool, query: str, **values: Any) -> list[tuple[Any, ...]]:
    async with pool.connection() as db, db.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(SQL[query].encode(), values)
        return await cursor.fetchall()
