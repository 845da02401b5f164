"""Payloads by the batch, for who reads very many again."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from msgspec import Struct

from shopbell.desk.database import Desk
from shopbell.desk.inbound.commands import kept_from
from shopbell.desk.inbound.types import Kept

MOST = 1_000
MOST_BYTES = 32_000_000
"""Of bodies in one batch, save that one payload is always read whole."""


class Again(Struct, frozen=True, kw_only=True):
    """A payload that is to be read again, and whether it was done with before."""

    kept: Kept
    done: bool


async def batches(desk: Desk, status: str | None, ids: Sequence[UUID]) -> list[list[UUID]]:
    """These payloads, or all of a status, oldest first, in batches that fit into memory."""
    rows = await desk.run(
        "SELECT id, octet_length(body) AS size FROM inbound"
        " WHERE (%(every)s OR id = ANY(%(ids)s)) AND (%(status)s::text IS NULL OR status = %(status)s)"
        " ORDER BY received_at, id",
        every=not ids,
        ids=list(ids),
        status=None if ids else status,
    )
    return list(_batched((row["id"], row["size"]) for row in rows))


async def read_batch(desk: Desk, ids: Sequence[UUID]) -> list[Again]:
    """These payloads, oldest first."""
    rows = await desk.run(
        "SELECT id, connection_id, headers, body, attempts, received_at, status FROM inbound"
        " WHERE id = ANY(%(ids)s) ORDER BY received_at, id",
        ids=list(ids),
    )
    return [Again(kept=kept_from(row), done=row["status"] == "done") for row in rows]


async def which_came(desk: Desk, named: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Those of these messages, by connection and external id, that stand."""
    rows = await desk.run(
        "SELECT m.connection_id, m.external_id"
        " FROM unnest(%(connections)s::uuid[], %(names)s::text[]) AS w(connection_id, external_id)"
        " JOIN message m ON m.connection_id = w.connection_id AND m.external_id = w.external_id",
        connections=[one for one, _ in named],
        names=[name for _, name in named],
    )
    return {(row["connection_id"], row["external_id"]) for row in rows}


async def all_done(desk: Desk, ids: Sequence[UUID]) -> None:
    """Everything in these was taken in."""
    await desk.run(
        "UPDATE inbound SET status = 'done', error = NULL WHERE id = ANY(%(ids)s)", ids=list(ids)
    )


def _batched(sized: "Iterator[tuple[UUID, int]]") -> Iterator[list[UUID]]:
    batch: list[UUID] = []
    held = 0
    for name, size in sized:
        if batch and (len(batch) >= MOST or held + size > MOST_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(name)
        held += size
    if batch:
        yield batch
