"""Write articles and their pieces; nothing else does."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import aiosql
import msgspec
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from shopbell.desk.articles.types import ArticleText, Bare, Piece, Saved, SourceText
from shopbell.desk.ids import uuid7

Pool = AsyncConnectionPool[Any]
queries: Any = aiosql.from_path(Path(__file__).with_name("queries.sql"), "apsycopg", mandatory_parameters=False)


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
        await queries.lock_knowledge(db)
        row = await queries.save_source(
            db,
            id=uuid7(),
            kind=source.kind,
            name=source.name,
            brand_id=source.brand_id,
            url=source.url,
        )
        source_id: UUID = row[0]
        before = {(key, language): was async for key, language, was in _hashes(db, source_id)}
        seen: set[tuple[str, str]] = set()
        for article in articles:
            name = (article.key, article.language)
            now = fingerprint(article)
            seen.add(name)
            if before.get(name) == now:
                unchanged += 1
                continue
            added, changed = (added, changed + 1) if name in before else (added + 1, changed)
            await queries.save_article(
                db,
                id=uuid7(),
                source_id=source_id,
                brand_id=source.brand_id,
                hash=now,
                **msgspec.structs.asdict(article),
            )
        if whole:
            for key, language in before.keys() - seen:
                await queries.remove_article(
                    db, source_id=source_id, key=key, language=language
                )
                removed += 1
        await queries.relate_translations(
            db, source_id=source_id, default_language=default_language
        )
        if removed:
            await queries.count_lexemes(db)
    return Saved(added=added, changed=changed, unchanged=unchanged, removed=removed)


async def replace_pieces(
    db: AsyncConnection[Any], article_id: UUID, article_hash: str, pieces: Sequence[Piece]
) -> bool:
    """Put an article's pieces in place of its old ones, inside the caller's transaction.

    Long-text vectors of pieces that did not change are kept. False, and nothing written, when the
    article changed meanwhile or another worker was first.
    """
    if await queries.take_article(db, id=article_id, hash=article_hash) is None:
        return False
    kept = {row[0]: row[1] async for row in queries.known_vectors(db, article_id=article_id)}
    await queries.drop_pieces(db, article_id=article_id)
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
        sentences += (
            {"id": uuid7(), "chunk_id": chunk_id, "ordinal": at, "text": one.text, "use": one.use}
            for at, one in enumerate(piece.sentences)
        )
    if chunks:
        await queries.add_chunk(db, chunks)
        await queries.add_sentence(db, sentences)
    await queries.mark_indexed(db, article_id=article_id, hash=article_hash)
    return True


async def count_lexemes(pool: Pool) -> None:
    """Bring the table of word frequencies up to date after pieces changed."""
    async with pool.connection() as db, db.transaction():
        await queries.lock_knowledge(db)
        await queries.count_lexemes(db)


async def save_long_vectors(pool: Pool, vectors: Sequence[tuple[UUID, str]]) -> None:
    """Store long-text vectors (pgvector literals) by chunk id and move the base's centre."""
    async with pool.connection() as db, db.transaction():
        await queries.lock_knowledge(db)
        await queries.save_e5(db, [{"id": one, "e5": vector} for one, vector in vectors])
        await queries.move_centre(db)


async def save_quick_vectors(pool: Pool, vectors: Sequence[tuple[Bare, str]]) -> None:
    """Store short-text vectors (pgvector literals) of headings and sentences."""
    chunks = [{"id": one.id, "use": vec} for one, vec in vectors if one.kind == "chunk"]
    sentences = [{"id": one.id, "use": vec} for one, vec in vectors if one.kind == "sentence"]
    async with pool.connection() as db, db.transaction():
        if chunks:
            await queries.save_chunk_use(db, chunks)
        if sentences:
            await queries.save_sentence_use(db, sentences)


def _hashes(db: AsyncConnection[Any], source_id: UUID) -> Any:
    return queries.hashes_of(db, source_id=source_id)
