"""Whether the data folder has room for what is to come, and was made by a version we can read."""

import shutil
from pathlib import Path

from shopbell.cli.failure import Failure

FIRST_MB = 250
LATER_MB = 30


def check_room(data: Path, *, embedded_database: bool) -> None:
    """Raises Failure where the folder's disk is too full to begin, before anything is written."""
    free = shutil.disk_usage(data).free // 1_000_000
    first = embedded_database and not (data / "postgres").exists()
    needed = FIRST_MB if first else LATER_MB
    if free < needed:
        raise Failure(
            f"The disk is full: {data} has {free} MB free and needs {needed} MB."
            " Free some space, or give a folder on another disk with --data."
        )


def check_version(data: Path, ours: int) -> None:
    """Raises Failure where the folder's Postgres files are of another major version than ours."""
    file = data / "postgres" / "PG_VERSION"
    if not file.exists():
        return
    theirs = file.read_text().strip()
    if theirs != str(ours):
        made = "a newer" if theirs.isdigit() and int(theirs) > ours else "an older"
        raise Failure(
            f"{data} was made by {made} Shopbell (Postgres {theirs}, this one has {ours}):"
            " use that version, or give another folder with --data."
        )
