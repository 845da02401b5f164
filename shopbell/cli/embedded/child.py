"""Become another program that dies with its parent, as another user where root must not run it.

Run by path in a bare interpreter: `child.py PARENT_PID DEATH_SIGNAL USER SEARCH PROGRAM ARGS...`.
USER is a name or `-`; SEARCH `1` keeps the right to pass through folders closed to USER.
"""

import ctypes
import os
import struct
import sys

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522


def main(parent: int, death_signal: int, user: str, search: bool, argv: list[str]) -> None:
    linux = sys.platform == "linux"
    libc = ctypes.CDLL(None, use_errno=True) if linux else None
    if user != "-":
        become(user, libc if search else None)
    if libc is not None:
        # After the change of user, which clears it.
        libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended before its child began")
    os.execv(argv[0], argv)


def become(user: str, libc: "ctypes.CDLL | None") -> None:
    import pwd

    entry = pwd.getpwnam(user)
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)
    os.environ["HOME"] = "/"
    os.umask(0o077)
    if libc is not None:
        keep_search(libc)


def keep_search(libc: "ctypes.CDLL") -> None:
    """Keep only the capability to pass through closed folders, across the exec to come."""
    header = struct.pack("=Ii", CAPABILITY_VERSION_3, 0)
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        bit = 1 << capability
        sets = struct.pack("=6I", bit, bit, bit, 0, 0, 0)
        if libc.capset(header, sets) == 0:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
            return


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "1", sys.argv[5:])
