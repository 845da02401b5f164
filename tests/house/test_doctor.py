"""`shopbell doctor` against a house with one part broken: that part, and what to do, is named."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import msgspec
import psycopg
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shopbell.cli.doctor import look
from shopbell.realtime.relay import LEAD
from shopbell.settings import Settings
from tests.server.live import until
from tests.stack import Stack, free_port

PARTS = ["database", "stream", "server", "websocket", "jobs", "files", "web build", "knowledge"]
PATIENCE_S = 3.0


class Findings:
    """The doctor's lines by part."""

    def __init__(self, printed: str) -> None:
        lines = [line.split(": ", 1) for line in printed.splitlines()]
        self.said = {name.split(maxsplit=1)[1]: rest for name, rest in lines}
        self.failed = [name.split(maxsplit=1)[1] for name, _ in lines if name.startswith("FAILED")]
        assert list(self.said) == PARTS


async def found(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Findings:
    capsys.readouterr()
    code = await look(settings, patience_s=PATIENCE_S)
    findings = Findings(capsys.readouterr().out)
    assert code == bool(findings.failed)
    return findings


async def test_no_web_build(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = await found(msgspec.structs.replace(stack.settings, web_dist=tmp_path), capsys)
    assert findings.failed == ["web build"], findings.said
    assert "run bin/setup" in findings.said["web build"]


async def test_a_worker_that_stands_still(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.pause("worker")
    findings = await found(stack.settings, capsys)
    assert "jobs" in findings.failed
    assert not {"database", "server", "websocket", "web build"} & set(findings.failed)


async def test_no_relay(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    with no_relay(stack):
        findings = await found(stack.settings, capsys)
    assert findings.failed == ["stream"], findings.said
    assert "no answer within 3 s" in findings.said["stream"]


async def test_a_server_that_is_gone(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.kill("server")
    findings = await found(stack.settings, capsys)
    assert set(findings.failed) >= {"server", "websocket", "web build"}
    assert not {"database", "jobs"} & set(findings.failed)


async def test_a_proxy_that_passes_pages_but_no_websockets(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    async with proxy_of_pages(stack) as address:
        findings = await found(msgspec.structs.replace(stack.settings, public_url=address), capsys)
    assert findings.failed == ["websocket"], findings.said
    assert "a proxy in front must pass websockets on" in findings.said["websocket"]


async def test_files_that_cannot_be_kept(
    stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "files").write_text("no folder")
    findings = await found(msgspec.structs.replace(stack.settings, data=tmp_path), capsys)
    assert findings.failed == ["files"], findings.said


@pytest.mark.parametrize(("extension", "told"), [("vector", "pgvector"), ("pg_trgm", "pg_trgm")])
async def test_an_extension_that_is_missing(
    stack: Stack,
    database_url: str,
    extension: str,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with psycopg.connect(database_url) as db:
        db.execute(f"DROP EXTENSION {extension} CASCADE".encode())
    settings = msgspec.structs.replace(stack.settings, database_url=database_url)
    findings = await found(settings, capsys)
    assert "database" in findings.failed
    assert findings.said["database"].startswith(f"{told} is missing: run CREATE EXTENSION")


async def test_articles_that_are_not_searchable(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.pause("worker")
    with psycopg.connect(stack.database_url, autocommit=True) as db:
        row = db.execute("SELECT id, e5::text FROM chunk LIMIT 1").fetchone()
        assert row is not None
        db.execute("UPDATE chunk SET e5 = NULL WHERE id = %s", [row[0]])
        try:
            findings = await found(stack.settings, capsys)
        finally:
            db.execute("UPDATE chunk SET e5 = %s WHERE id = %s", [row[1], row[0]])
    assert "knowledge" in findings.failed
    assert findings.said["knowledge"].startswith("1 of ")


@contextmanager
def no_relay(stack: Stack) -> Generator[None]:
    """Hold the relay's lock, so that no process can lead."""
    with psycopg.connect(stack.database_url, autocommit=True) as db:
        leading = False
        while not leading:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name LIKE 'shopbell relay %'"
            )
            row = db.execute(LEAD).fetchone()
            leading = row is not None and row[0]
        yield


@asynccontextmanager
async def proxy_of_pages(stack: Stack) -> AsyncGenerator[str]:
    """The address of a proxy before the stack's server that knows no upgrades."""
    async with httpx.AsyncClient(base_url=stack.base_url) as behind:

        async def forward(request: Request) -> Response:
            answer = await behind.get(request.url.path)
            return Response(answer.content, answer.status_code)

        app = Starlette(routes=[Route("/{path:path}", forward)])
        port = free_port()
        config = uvicorn.Config(app, port=port, ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())

        async def started() -> bool:
            return server.started

        await until(started)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await serving
