"""The commands: each takes a data folder, and what goes wrong is one line."""

import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from typer.main import get_command

from shopbell.cli import app
from shopbell.cli.embedded.postgres import Postgres
from shopbell.cli.failure import Failure
from shopbell.cli.room import check_room

SETUP = Path(__file__).resolve().parents[2] / "bin" / "setup"


def shopbell(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopbell.cli", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", **variables},
    )


def test_every_command_takes_a_data_folder() -> None:
    found = commands(get_command(app))
    assert set(found) == {
        *("dev", "serve", "work", "migrate", "seed", "ask", "doctor", "evaluate"),
        *("admin create", "demo channels", "demo traffic", "knowledge add", "parse", "replay"),
        *("act", "shop load"),
        *("tags learn", "tags evaluate"),
    }
    for name, command in found.items():
        assert "--data" in {word for one in command.params for word in one.opts}, name


def commands(group: Any) -> dict[str, Any]:
    """The commands by what one types, those of groups too."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = commands(command) if hasattr(command, "commands") else {}
        found |= {f"{name} {word}": one for word, one in inner.items()} or {name: command}
    return found


def test_migrating_twice_finds_nothing_to_do(database_url: str, tmp_path: Path) -> None:
    done = shopbell(
        "migrate", "--data", str(tmp_path), DATABASE_URL=database_url, REDIS_URL="redis://-"
    )
    assert (done.returncode, done.stdout) == (0, "nothing to migrate\n"), done.stderr


@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": "postgresql://who:hidden@127.0.0.1:1/shop", "REDIS_URL": "redis://-"},
        {"SHOPBELL_SECRET_KEY": "hidden"},
        {"SHOPBELL_PORT": "http"},
    ],
)
def test_an_error_is_one_line_without_secrets(tmp_path: Path, variables: dict[str, str]) -> None:
    done = shopbell("migrate", "--data", str(tmp_path), **variables)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("shopbell: ")
    assert done.stderr.count("\n") == 1
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_busy_port_is_one_line_that_names_the_flag(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        done = shopbell(command, "--data", str(tmp_path), "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} " in done.stderr
    assert "--port" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_command_leaves_no_service_of_its_own_behind(tmp_path: Path) -> None:
    assert shopbell("migrate", "--data", str(tmp_path)).stdout.startswith("migrated ")
    again = shopbell("migrate", "--data", str(tmp_path))
    assert again.stdout == "nothing to migrate\n", again.stderr
    mark = str(tmp_path)
    left = [one.pid for one in psutil.process_iter(["cmdline"]) if mark in str(one.info["cmdline"])]
    assert left == []


def test_a_full_disk_is_named_with_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearly_full(_: Path) -> Any:
        return SimpleNamespace(free=60_000_000)

    monkeypatch.setattr("shutil.disk_usage", nearly_full)
    with pytest.raises(Failure, match=r"has 60 MB free and needs 250 MB\. Free some space, or"):
        check_room(tmp_path, embedded_database=True)
    check_room(tmp_path, embedded_database=False)


def test_a_disk_that_fills_while_the_database_is_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def aborted(*_: Any, **__: Any) -> None:
        raise Failure("initdb failed: Aborted")

    monkeypatch.setattr("shopbell.cli.embedded.postgres.run_once", aborted)

    def full(_: Path) -> Any:
        return SimpleNamespace(free=0)

    monkeypatch.setattr("shutil.disk_usage", full)
    with pytest.raises(Failure, match="The disk is full: "):
        Postgres(tmp_path).start()


def test_a_question_without_words_is_one_line(tmp_path: Path) -> None:
    done = shopbell("ask", " ", "--data", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("shopbell: Give the question in quotes")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("variable", "address", "told"),
    [
        ("DATABASE_URL", "postgresql://who:hidden@127.0.0.1:1/shop", "Nobody answers as Postgres"),
        ("DATABASE_URL", "postgresql://who:hidden@shop.invalid/shop", "No machine is called"),
        ("REDIS_URL", "redis://:hidden@127.0.0.1:1/0", "Nobody answers as Redis"),
    ],
)
def test_a_wrong_address_is_one_line_before_anything_starts(
    tmp_path: Path, variable: str, address: str, told: str
) -> None:
    done = shopbell("dev", "--data", str(tmp_path), **{variable: address})
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert variable in done.stderr
    assert done.stderr.count("\n") == 1
    assert "hidden" not in done.stderr
    assert not (tmp_path / "postgres").exists()


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", Path("/proc/shopbell")):
        done = shopbell("dev", "--data", str(folder))
        assert (done.returncode, done.stdout) == (1, "")
        assert "--data" in done.stderr
        assert done.stderr.count("\n") == 1


def test_an_old_python_is_named_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit\nexit 1\n')
    old.chmod(0o755)
    done = subprocess.run(
        [str(SETUP)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(old)},
    )
    assert done.returncode == 1
    assert "Python 3.9.2" in done.stderr
    assert "3.11 or newer" in done.stderr
    assert done.stderr.count("\n") == 1
