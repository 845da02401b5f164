"""Where sockets may lie."""

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from shopbell.cli.failure import Failure

# A socket's whole address must fit 104 bytes on macOS and 108 on Linux.
LONGEST_FOLDER = 80


def socket_folder(data: Path) -> Path:
    """A folder for sockets, closed to others: below the data folder, or short where that is long.

    The short one has a name made from the data folder, so that each start finds the same.
    """
    folder = _named(data)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owned = folder.lstat()
    if not stat.S_ISDIR(owned.st_mode) or owned.st_uid != os.geteuid():
        raise Failure(f"{folder} belongs to someone else: remove it, or use a shorter --data.")
    folder.chmod(0o700)
    return folder


def leave_socket_folder(data: Path) -> None:
    """Take away a short folder once nothing lies in it: what is below the data folder may stay."""
    folder = _named(data)
    if not folder.is_relative_to(data):
        with contextlib.suppress(OSError):
            folder.rmdir()


def _named(data: Path) -> Path:
    folder = data / "run"
    if len(os.fsencode(folder)) <= LONGEST_FOLDER:
        return folder
    mark = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    base = Path(tempfile.gettempdir())
    if len(os.fsencode(base)) > LONGEST_FOLDER - 26:
        base = Path("/tmp")  # noqa: S108 - the folder in it is checked to be ours
    return base / f"shopbell-{mark}"
