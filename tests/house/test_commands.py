"""The commands: each takes a data folder, and what goes wrong is one line."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from shopbell.cli import app


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
    found: Any = get_command(app)
    assert set(found.commands) >= {"migrate", "seed", "serve", "work", "dev"}
    for name, command in found.commands.items():
        assert "--data" in {word for one in command.params for word in one.opts}, name


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
