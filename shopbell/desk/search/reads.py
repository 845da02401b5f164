"""Looking for tickets by what was said in them, who wrote, and what they are.

Messages are found by their words, newest first. There are two ways to that: by the index of words,
which touches every message that fits, or back through the messages by time, which touches every
message until enough fit. How often each word was said tells which one touches fewer.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.errors import NotFound
from shopbell.desk.people.types import Agent
from shopbell.desk.search.parsing import parse
from shopbell.desk.search.types import Hit, Hits, Query, SnippetPart
from shopbell.desk.search.where import like, of_message, of_ticket
from shopbell.desk.tickets.reads import SELECT
from shopbell.desk.work import ticket_from

SQL = load_queries(__file__)
PAGE = 30
SPREAD = 3
"""How many messages are looked at for each ticket that is wanted: several may be of one."""
DEAR = 8
"""How many times dearer a message is that is reached by time and must be read, than by its words."""


async def search(desk: Desk, agent: Agent, text: str, after: UUID | None = None) -> Hits:
    """The tickets that a text means, one hit each, the newest first; `after` is a page's `next`.

    Raises Invalid for a text that cannot be meant.
    """
    if agent.disabled:
        raise NotFound("The search")
    query = parse(text)
    async with desk.pool.connection() as connection:
        if query.number is not None:
            return Hits(hits=await _by_number(connection, query.number))
        if not query.phrases:
            return await _by_filters(connection, query, agent, after)
        found = await _by_words(connection, query, agent, after)
        if found.hits or after is not None:
            return found
        mended = await _mended(connection, query)
        if mended is None:
            return found
        again = await _by_words(connection, mended[0], agent, after)
        return Hits(hits=again.hits, next=again.next, meant=mended[1]) if again.hits else found


async def _by_number(connection: Connection, number: int) -> tuple[Hit, ...]:
    found = await connection.execute(f"{SELECT} WHERE k.number = %s".encode(), (number,))
    return tuple(_of_ticket(row) for row in await found.fetchall())


async def _by_filters(
    connection: Connection, query: Query, agent: Agent, after: UUID | None
) -> Hits:
    of_k, values = of_ticket(query, agent.id)
    of_m, more = of_message(query)
    said = f"AND EXISTS (SELECT 1 FROM message m WHERE m.ticket_id = k.id AND {of_m})"  # noqa: S608 - our own words and parameters
    asked = f"{SELECT} WHERE {of_k} {said if _looks_at_messages(query) else ''}"
    page = (
        "AND (%(after)s::uuid IS NULL OR (k.updated_at, k.id) <"
        " (SELECT p.updated_at, p.id FROM ticket p WHERE p.id = %(after)s))"
        " ORDER BY k.updated_at DESC, k.id DESC LIMIT %(most)s"
    )
    values |= {**more, "after": after, "most": PAGE + 1}
    rows = await (await connection.execute(f"{asked} {page}".encode(), values)).fetchall()
    following = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
    return Hits(hits=tuple(_of_ticket(row) for row in rows[:PAGE]), next=following)


async def _by_words(connection: Connection, query: Query, agent: Agent, after: UUID | None) -> Hits:
    wanted = _tsquery(query.phrases)
    of_k, values = of_ticket(query, agent.id)
    of_m, more = of_message(query)
    values |= {**more, **wanted[1], "after": after, "most": PAGE * SPREAD}
    said = await _messages(connection, query, wanted[0], of_m, of_k, values)
    newest: dict[UUID, dict[str, Any]] = {}
    following = said[-1]["id"] if len(said) == PAGE * SPREAD else None
    for at, row in enumerate(said):
        newest.setdefault(row["ticket_id"], row)
        if len(newest) > PAGE:
            del newest[row["ticket_id"]]
            following = said[at - 1]["id"]
            break
    named: list[UUID] = []
    titled: list[UUID] = []
    if after is None and not _looks_at_messages(query):
        named = await _called(connection, query, of_k, values)
        titled = await _titled(connection, wanted[0], of_k, values)
    ids = list(dict.fromkeys([*named, *newest, *titled]))
    held = await _tickets(connection, ids)
    shown = await _snippets(connection, wanted, [row["id"] for row in newest.values()])
    hits = tuple(
        _of_message(held[one], newest[one], shown) if one in newest else _of_ticket(held[one])
        for one in ids
        if one in held
    )
    return Hits(hits=hits, next=following)


async def _messages(
    connection: Connection,
    query: Query,
    wanted: str,
    of_m: str,
    of_k: str,
    values: dict[str, Any],
) -> list[dict[str, Any]]:
    """Messages that hold the words, newest first."""
    fits = f"to_tsvector('plain_words', m.text) @@ {wanted}"
    if await _is_said_often(connection, query):
        # Hidden from the planner, so that it goes back in time rather than by the words.
        fits = f"({fits}) IS NOT FALSE AND m.text IS NOT NULL"
    asked = (
        f"SELECT m.id, m.ticket_id, m.seq, m.at FROM message m JOIN ticket k ON k.id = m.ticket_id"  # noqa: S608 - our own words and parameters
        f" WHERE {fits} AND {of_m} AND {of_k}"
        " AND (%(after)s::uuid IS NULL OR (m.at, m.id) <"
        " (SELECT p.at, p.id FROM message p WHERE p.id = %(after)s))"
        " ORDER BY m.at DESC, m.id DESC LIMIT %(most)s"
    )
    return await (await connection.execute(asked.encode(), values)).fetchall()


async def _called(
    connection: Connection, query: Query, of_k: str, values: dict[str, Any]
) -> list[UUID]:
    """Tickets of customers who are called so, or have such an address."""
    each = " AND ".join(
        f"(c.name ILIKE %(like_{at})s OR EXISTS (SELECT 1 FROM identity i"  # noqa: S608 - our own words and parameters
        f" WHERE i.customer_id = c.id AND i.kind <> 'visitor' AND i.value ILIKE %(like_{at})s))"
        for at in range(len(query.phrases))
    )
    likes = {f"like_{at}": f"%{like(one)}%" for at, one in enumerate(query.phrases)}
    longest = f"%{like(max(query.phrases, key=len))}%"
    asked = (
        "SELECT k.id FROM ticket k JOIN customer c ON c.id = k.customer_id"  # noqa: S608 - as above
        " WHERE c.id IN (SELECT id FROM customer WHERE name ILIKE %(longest)s"
        " UNION SELECT customer_id FROM identity WHERE value ILIKE %(longest)s LIMIT 1000)"
        f" AND {each} AND {of_k} ORDER BY k.updated_at DESC LIMIT 10"
    )
    found = await connection.execute(asked.encode(), {**values, **likes, "longest": longest})
    return [row["id"] for row in await found.fetchall()]


async def _titled(
    connection: Connection, wanted: str, of_k: str, values: dict[str, Any]
) -> list[UUID]:
    """Tickets whose subject holds the words, and no message of theirs does."""
    asked = (
        "SELECT k.id FROM ticket k"  # noqa: S608 - as above
        f" WHERE to_tsvector('plain_words', k.subject) @@ {wanted} AND {of_k}"
        " AND NOT EXISTS (SELECT 1 FROM message m WHERE m.ticket_id = k.id"
        f" AND to_tsvector('plain_words', m.text) @@ {wanted})"
        " ORDER BY k.updated_at DESC LIMIT 10"
    )
    found = await connection.execute(asked.encode(), values)
    return [row["id"] for row in await found.fetchall()]


async def _is_said_often(connection: Connection, query: Query) -> bool:
    """Whether so many messages hold these words that it is cheaper to go back in time."""
    found = await connection.execute(SQL["counted"].encode())
    row = await found.fetchone()
    every = row["n"] if row else 0
    if every < PAGE * SPREAD:
        return False
    share = 1.0
    for phrase in query.phrases:
        words = await _lexemes(connection, phrase)
        known = await connection.execute(SQL["known_words"].encode(), {"words": words})
        often = {one["word"]: one["n"] for one in await known.fetchall()}
        for word in words:
            share *= min(1.0, often.get(word, 0) / every)
    by_words, by_time = share * every, DEAR * PAGE * SPREAD / max(share, 1e-9)
    return by_time < by_words


async def _mended(connection: Connection, query: Query) -> tuple[Query, str] | None:
    """The query with words that nobody ever said replaced by the nearest that somebody did."""
    mended: list[str] = []
    changed = False
    for phrase in query.phrases:
        words: list[str] = []
        for word in await _lexemes(connection, phrase) or [phrase]:
            known = await connection.execute(SQL["known_words"].encode(), {"words": [word]})
            nearest = None if await known.fetchone() else await _nearest(connection, word)
            words.append(nearest or word)
            changed = changed or nearest is not None
        mended.append(" ".join(words))
    if not changed:
        return None
    meant = Query(
        phrases=tuple(mended), filters=query.filters, since=query.since, until=query.until
    )
    return meant, " ".join(mended)


async def _nearest(connection: Connection, word: str) -> str | None:
    values = {"word": word, "shortest": len(word) - 2, "longest": len(word) + 2}
    row = await (await connection.execute(SQL["nearest_word"].encode(), values)).fetchone()
    return row["word"] if row else None


async def _lexemes(connection: Connection, text: str) -> list[str]:
    found = await connection.execute(SQL["lexemes"].encode(), {"text": text})
    return [row["lexeme"] for row in await found.fetchall()]


def _tsquery(phrases: tuple[str, ...]) -> tuple[str, dict[str, str]]:
    """All phrases, as an expression of SQL with its values; the last may be the beginning of a word."""
    parts = [f"phraseto_tsquery('plain_words', %(phrase_{at})s)" for at in range(len(phrases))]
    last = len(phrases) - 1
    if " " not in phrases[last] and len(phrases[last]) > 1:
        # The quoted form of a phrase can be cast back, here with the sign for a beginning.
        parts[last] = (
            f"CASE WHEN {parts[last]}::text = '' THEN {parts[last]}"
            f" ELSE ({parts[last]}::text || ':*')::tsquery END"
        )
    return f"({' && '.join(parts)})", {f"phrase_{at}": one for at, one in enumerate(phrases)}


def _looks_at_messages(query: Query) -> bool:
    return bool(query.since or query.until or any(one.key == "in" for one in query.filters))


async def _tickets(connection: Connection, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    found = await connection.execute(f"{SELECT} WHERE k.id = ANY(%s)".encode(), (ids,))
    return {row["id"]: row for row in await found.fetchall()}


async def _snippets(
    connection: Connection, wanted: tuple[str, dict[str, str]], ids: list[UUID]
) -> dict[UUID, tuple[SnippetPart, ...]]:
    asked = SQL["highlights"].replace("(%(query)s)::tsquery", wanted[0])
    found = await connection.execute(asked.encode(), {**wanted[1], "ids": ids})
    return {row["id"]: tuple(_parts(row["snippet"])) for row in await found.fetchall()}


def _parts(marked: str) -> Iterable[SnippetPart]:
    joined = marked.replace("\x03\x02", "").replace("\x03", "\x02")
    for at, piece in enumerate(joined.split("\x02")):
        if piece:
            yield SnippetPart(text=piece, hit=at % 2 == 1)


def _of_message(
    row: dict[str, Any], said: dict[str, Any], shown: dict[UUID, tuple[SnippetPart, ...]]
) -> Hit:
    return Hit(
        ticket=ticket_from(row),
        at=said["at"],
        message_id=said["id"],
        seq=said["seq"],
        snippet=shown.get(said["id"], ()),
    )


def _of_ticket(row: dict[str, Any]) -> Hit:
    return Hit(ticket=ticket_from(row), at=row["updated_at"])
