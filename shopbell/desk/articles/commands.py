"""Write articles and their pieces; nothing else does."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool

from shopbell.desk.articles.types import ArticleText, Bare, Piece, Saved, SourceText
from shopbell.desk.database import load_queries
from shopbell.desk.ids import uuid7

Pool = AsyncConnectionPool[Any]
Many = Sequence[Mapping[str, object]]
SQL = load_queries(__file__)


def fingerprint(article: ArticleText) -> str:
    """What must stay the same for an article to need no work."""
    return hashlib.sha256(msgspec.json.encode(article)).hexdigest()[:32]


async def save_articles(
    pool: Pool,
    source: SourceText,
    articles: Iterable[ArticleText],
    *,
    whole: bool = False,
    default_language: str = "en",
) -> Saved:
    """Store the articles of a source, in one transaction; unchanged ones are left alone.

    With `whole` the articles are all there are, and others of this source are removed. They are
    found by the assistant once their pieces are cut (`replace_pieces`).
    """
    added = changed = unchanged = removed = 0
    async with pool.connection() as db, db.transaction():
        await _run(db, SQL["lock_knowledge"])
        saved = await rows(
            db,
            SQL["save_source"],
            id=uuid7(),
            kind=source.kind,
            name=source.name,
            brand_id=source.brand_id,
            url=source.url,
        )
        source_id: UUID = saved[0][0]
        hashes = await rows(db, SQL["hashes_of"], source_id=source_id)
        before: dict[tuple[str, str], str] = {(row[0], row[1]): row[2] for row in hashes}
        seen: set[tuple[str, str]] = set()
        for article in articles:
            name = (article.key, article.language)
            now = fingerprint(article)
            seen.add(name)
            if before.get(name) == now:
                unchanged += 1
                continue
            added, changed = (added, changed + 1) if name in before else (added + 1, changed)
            await _run(
                db,
                SQL["save_article"],
                id=uuid7(),
                source_id=source_id,
                brand_id=source.brand_id,
                hash=now,
                **msgspec.structs.asdict(article),
            )
        if whole:
            for key, language in before.keys() - seen:
                await _run(
                    db, SQL["remove_article"], source_id=source_id, key=key, language=language
                )
                removed += 1
        await _run(
            db, SQL["relate_translations"], source_id=source_id, default_language=default_language
        )
        if removed:
            await _run(db, SQL["count_lexemes"])
    return Saved(added=added, changed=changed, unchanged=unchanged, removed=removed)


async def replace_pieces(
    db: AsyncConnection[Any], article_id: UUID, article_hash: str, pieces: Sequence[Piece]
) -> bool:
    """Put an article's pieces in place of its old ones, inside the caller's transaction.

    Long-text vectors of pieces that did not change are kept. False, and nothing written, when the
    article changed meanwhile or another worker was first.
    """
    if not await rows(db, SQL["take_article"], id=article_id, hash=article_hash):
        return False
    known = await rows(db, SQL["known_vectors"], article_id=article_id)
    kept: dict[str, str] = {row[0]: row[1] for row in known}
    await _run(db, SQL["drop_pieces"], article_id=article_id)
    chunks: list[dict[str, object]] = []
    sentences: list[dict[str, object]] = []
    for ordinal, piece in enumerate(pieces):
        chunk_id = uuid7()
        chunks.append(
            {
                "id": chunk_id,
                "article_id": article_id,
                "ordinal": ordinal,
                "section": piece.section,
                "text": piece.text,
                "hash": piece.hash,
                "heading_words": piece.heading_words,
                "body_words": piece.body_words,
                "config": piece.config,
                "e5": kept.get(piece.hash),
                "use": piece.use,
            }
        )
        sentences.extend(
            {"id": uuid7(), "chunk_id": chunk_id, "ordinal": at, "text": one.text, "use": one.use}
            for at, one in enumerate(piece.sentences)
        )
    if chunks:
        await _many(db, SQL["add_chunk"], chunks)
        await _many(db, SQL["add_sentence"], sentences)
    await _run(db, SQL["mark_indexed"], article_id=article_id, hash=article_hash)
    return True


async def count_lexemes(pool: Pool) -> None:
    """Bring the table of word frequencies up to date after pieces changed."""
    async with pool.connection() as db, db.transaction():
        await _run(db, SQL["lock_knowledge"])
        await _run(db, SQL["count_lexemes"])


async def save_long_vectors(pool: Pool, vectors: Sequence[tuple[UUID, str]]) -> None:
    """Store long-text vectors (pgvector literals) by chunk id and move the base's centre."""
    async with pool.connection() as db, db.transaction():
        await _run(db, SQL["lock_knowledge"])
        await _many(db, SQL["save_e5"], [{"id": one, "e5": vector} for one, vector in vectors])
        await _run(db, SQL["move_centre"])


async def save_quick_vectors(pool: Pool, vectors: Sequence[tuple[Bare, str]]) -> None:
    """Store short-text vectors (pgvector literals) of headings and sentences."""
    chunks = [{"id": one.id, "use": vec} for one, vec in vectors if one.kind == "chunk"]
    sentences = [{"id": one.id, "use": vec} for one, vec in vectors if one.kind == "sentence"]
    async with pool.connection() as db, db.transaction():
        if chunks:
            await _many(db, SQL["save_chunk_use"], chunks)
        if sentences:
            await _many(db, SQL["save_sentence_use"], sentences)


async def rows(db: AsyncConnection[Any], query: str, **values: object) -> list[tuple[Any, ...]]:
    """The rows of a query as tuples, whatever the pool's own row factory."""
    async with db.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(query.encode(), values)
        return await cursor.fetchall()


async def _run(db: AsyncConnection[Any], query: str, **values: object) -> None:
    await db.execute(query.encode(), values)


async def _many(db: AsyncConnection[Any], query: str, values: Many) -> None:
    async with db.cursor() as cursor:
        await cursor.executemany(query.encode(), values)
