"""Where files' bytes are: a local folder, or a bucket of S3, Google Cloud Storage or Azure.

Keys are random: neither a file's name nor its id leads to its bytes.
"""

import secrets
from collections.abc import AsyncIterable, AsyncIterator, Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

import structlog
from obstore import delete_async, get_async, put_async
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from shopbell.desk.attachments.types import StorageAway

log = structlog.get_logger()

CHUNK = 256 * 1024
_TRIES = 2
_PATIENCE = timedelta(seconds=10)


def new_key() -> str:
    """A key that nobody can guess."""
    name = secrets.token_hex(24)
    return f"{name[:2]}/{name[2:]}"


class Storage:
    """Bytes by key. Each method raises StorageAway when the storage fails."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, file: IO[bytes]) -> None:
        """Keep a file's bytes, from its present place on; whole or not at all."""
        with _or_away():
            await put_async(self._store, key, file)

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """The bytes kept under a key, piece by piece. Raises FileNotFoundError at once."""
        with _or_away():
            found = await get_async(self._store, key)
        return _pieces(found.stream(min_chunk_size=CHUNK))

    async def delete(self, key: str) -> None:
        """Let go of what is kept under a key, if anything is."""
        with _or_away(), suppress(FileNotFoundError):
            await delete_async(self._store, key)


def open_storage(url: str | None, data: Path) -> Storage:
    """The storage of a URL such as `s3://bucket/prefix`; without one, `files` in the data folder.

    A bucket's keys and region come from the environment, as its own tools read them; whoever
    names an endpoint there that begins with http:// means it.
    """
    if url is None:
        return Storage(LocalStore(data / "files", mkdir=True))
    return Storage(
        from_url(
            url,
            retry_config={"max_retries": _TRIES, "retry_timeout": _PATIENCE},
            client_options={
                "allow_http": True,
                "connect_timeout": _PATIENCE,
                "read_timeout": _PATIENCE,
            },
        )
    )


async def _pieces(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    with _or_away():
        async for piece in stream:
            yield piece


@contextmanager
def _or_away() -> Generator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as failed:
        log.warning("storage failed", error=str(failed).partition("\n")[0])
        raise StorageAway from failed
