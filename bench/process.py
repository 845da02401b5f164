"""Running one part of a benchmark in a process of its own: a plan goes in, what was found comes out."""

import contextlib
import logging
import subprocess
import sys
from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import IO, Generic, TypeVar

import msgspec
import uvloop
from msgspec import Struct

Plan = TypeVar("Plan", bound=Struct)
Found = TypeVar("Found", bound=Struct)

ROOT = Path(__file__).resolve().parent.parent


def run_part(module: str, plan: Struct, found: type[Found], *, limit_s: float = 300) -> Found:
    """Run the module with this plan and wait for what it finds. Raises RuntimeError."""
    done = subprocess.run(
        [sys.executable, "-m", module],
        input=msgspec.json.encode(plan),
        capture_output=True,
        cwd=ROOT,
        timeout=limit_s,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{module} failed:\n{done.stderr.decode()[-3000:]}")
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=found)


class Beside(Generic[Found]):
    """A part that runs beside; `found` is set once its block has ended well."""

    def __init__(self) -> None:
        self.found: Found | None = None


@contextlib.contextmanager
def part_beside(module: str, plan: Struct, found: type[Found]) -> Generator[Beside[Found]]:
    """Run the module beside the block: it prints a line once it stands, and ends with the block.

    Raises RuntimeError when it does not come to stand or fails.
    """
    beside: Beside[Found] = Beside()
    with subprocess.Popen(
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        given, told = process.stdin, process.stdout
        assert given is not None
        assert told is not None
        given.write(msgspec.json.encode(plan) + b"\n")
        given.flush()
        try:
            if not told.readline():
                raise RuntimeError(f"{module} ended before it stood")
            yield beside
        finally:
            _close(given)
            last = told.read()
            process.wait(30)
        if process.returncode:
            raise RuntimeError(f"{module} failed")
        beside.found = msgspec.json.decode(last.splitlines()[-1], type=found)


def main(plan: type[Plan], work: Callable[[Plan], Awaitable[Struct]]) -> None:
    """The body of such a module: read the plan, work, write what was found."""
    quiet()
    read = msgspec.json.decode(sys.stdin.buffer.readline(), type=plan)

    async def all_of_it() -> Struct:
        return await work(read)

    result = uvloop.run(all_of_it())
    sys.stdout.buffer.write(msgspec.json.encode(result) + b"\n")


def quiet() -> None:
    """Hush aiosql, which doubts statements that return nothing; the desk runs them by their text."""
    logging.getLogger("aiosql").setLevel(logging.ERROR)


def _close(stream: IO[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        stream.close()
