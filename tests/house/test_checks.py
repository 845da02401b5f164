"""Lint, format, types, import directions and the web's own check, run as tests beside the others."""

import os
import subprocess

import pytest

from tests.stack import ROOT


@pytest.mark.parametrize(
    "check",
    [
        "basedpyright --warnings",
        "ruff check",
        "ruff format --check",
        "lint-imports",
        "bin/types --check",
        "npm --prefix web run --silent check",
    ],
)
def test_nothing_is_found_by(check: str) -> None:
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        check.split(),
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
