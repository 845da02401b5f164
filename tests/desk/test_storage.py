"""Where files' bytes are: the same in a folder and in a bucket."""

from collections.abc import Generator
from io import BytesIO
from pathlib import Path

import pytest

from shopbell.desk.attachments.storage import Storage, new_key, open_storage
from shopbell.desk.attachments.types import StorageAway
from tests.peers.s3_peer import S3Peer, s3_peer

BIG = bytes(range(256)) * 4 * 1024 * 12


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Generator[S3Peer]:
    with s3_peer() as peer:
        for name, value in peer.variables.items():
            monkeypatch.setenv(name, value)
        yield peer


async def read(storage: Storage, key: str) -> bytes:
    return b"".join([piece async for piece in await storage.get(key)])


async def keeps_and_lets_go(storage: Storage) -> None:
    for content in (b"small", BIG):
        key, file = new_key(), BytesIO(b"before" + content)
        file.seek(len(b"before"))
        await storage.put(key, file)
        assert await read(storage, key) == content
        await storage.delete(key)
        await storage.delete(key)
        with pytest.raises(FileNotFoundError):
            await storage.get(key)


async def test_a_folder_keeps_files_and_lets_them_go(tmp_path: Path) -> None:
    await keeps_and_lets_go(open_storage(None, tmp_path))
    assert [one for one in (tmp_path / "files").rglob("*") if one.is_file()] == []


async def test_a_bucket_keeps_files_and_lets_them_go(bucket: S3Peer, tmp_path: Path) -> None:
    storage = open_storage("s3://shop-files/help", tmp_path)
    await keeps_and_lets_go(storage)
    assert bucket.objects == {}
    assert bucket.most_parts > 1
    key = new_key()
    await storage.put(key, BytesIO(b"small"))
    assert bucket.objects == {f"/shop-files/help/{key}": b"small"}
    assert not (tmp_path / "files").exists()


async def test_a_bucket_that_says_no_is_away(bucket: S3Peer, tmp_path: Path) -> None:
    storage = open_storage("s3://shop-files/help", tmp_path)
    bucket.refusing = 403
    with pytest.raises(StorageAway):
        await storage.put(new_key(), BytesIO(b"small"))
    with pytest.raises(StorageAway):
        await storage.get(new_key())
    with pytest.raises(StorageAway):
        await storage.delete(new_key())
