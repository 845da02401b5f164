"""Keep the base searchable: cut changed articles, embed their pieces."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg_pool import AsyncConnectionPool

from shopbell.assistant.knowledge.chunks import Chunk, cut
from shopbell.assistant.knowledge.embed import Embedder, literal
from shopbell.assistant.knowledge.words import config_of, searchable
from shopbell.desk.articles import commands, reads
from shopbell.desk.articles.types import Article, ArticleText, Piece, Saved, Sentence, SourceText

Pool = AsyncConnectionPool[Any]
HELP_CENTRE = SourceText(name="Help centre")


async def import_articles(
    pool: Pool,
    articles: Iterable[ArticleText],
    *,
    source: SourceText = HELP_CENTRE,
    embedder: Embedder | None = None,
    whole: bool = False,
) -> Saved:
    """Store articles and cut them, so that text search finds them when this returns.

    With an embedder they are found by meaning too; without one, `embed_pending` sees to it.
    Importing the same again changes nothing.
    """
    saved = await commands.save_articles(pool, source, articles, whole=whole)
    await index_pending(pool, embedder)
    return saved


async def index_pending(pool: Pool, embedder: Embedder | None = None) -> int:
    """Cut every article whose pieces are out of date; the number cut."""
    done = 0
    while waiting := await reads.unindexed(pool):
        cuts = [(article, cut(article.title, article.body)) for article in waiting]
        vectors = await _quick_vectors(embedder, cuts)
        moved = 0
        for article, chunks in cuts:
            pieces = [_piece(article, chunk, vectors) for chunk in chunks]
            async with pool.connection() as db, db.transaction():
                moved += await commands.replace_pieces(db, article.id, article.hash, pieces)
        done += moved
        if not moved:
            break
    if done:
        await commands.count_lexemes(pool)
    return done


async def embed_pending(pool: Pool, embedder: Embedder, *, batch: int = 4) -> int:
    """Give every chunk that lacks them its vectors, a few at a time; the number given."""
    done = await _quick_pending(pool, embedder)
    while waiting := await reads.unembedded(pool, count=batch):
        vectors = await embedder.passages([one.text for one in waiting])
        pairs = zip(waiting, vectors, strict=True)
        await commands.save_long_vectors(pool, [(one.id, literal(vec)) for one, vec in pairs])
        done += len(waiting)
    return done


async def _quick_pending(pool: Pool, embedder: Embedder) -> int:
    done = 0
    while waiting := await reads.without_quick(pool):
        vectors = await embedder.quick([one.text for one in waiting])
        pairs = zip(waiting, vectors, strict=True)
        await commands.save_quick_vectors(pool, [(one, literal(vec)) for one, vec in pairs])
        done += len(waiting)
    return done


async def _quick_vectors(
    embedder: Embedder | None, cuts: Sequence[tuple[Article, list[Chunk]]]
) -> dict[str, str]:
    if embedder is None:
        return {}
    texts = {
        text
        for article, chunks in cuts
        for chunk in chunks
        for text in (reads.heading(article.title, chunk.section), *chunk.sentences)
    }
    ordered = sorted(texts)
    if not ordered:
        return {}
    rows = await embedder.quick(ordered)
    return {text: literal(row) for text, row in zip(ordered, rows, strict=True)}


def _piece(article: Article, chunk: Chunk, vectors: dict[str, str]) -> Piece:
    heading = reads.heading(article.title, chunk.section)
    return Piece(
        section=chunk.section,
        text=chunk.text,
        hash=chunk.hash,
        config=config_of(article.language),
        heading_words=searchable(heading),
        body_words=searchable(chunk.text),
        sentences=[Sentence(text=one, use=vectors.get(one)) for one in chunk.sentences],
        use=vectors.get(heading),
    )
