"""What a killed run left behind, and how the next start takes it away."""

import contextlib
import signal
from pathlib import Path

import psutil

PATIENCE_S = 10.0


def end_leftover(pid_file: Path, program: str, mark: Path, number: signal.Signals) -> None:
    """End the program whose id is in the file's first line by signal, then remove the file.

    A number that now belongs to something else is left alone: the process's name must begin with
    `program` and one of its arguments hold `mark`. After 10 s it is ended by force.
    """
    try:
        first = pid_file.read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return
    with contextlib.suppress(psutil.Error, ValueError):
        process = psutil.Process(abs(int(first)))
        ours = any(str(mark) in word for word in process.cmdline())
        if ours and process.name().startswith(program):
            process.send_signal(number)
            process.resume()
            for slow in psutil.wait_procs([process], timeout=PATIENCE_S)[1]:
                slow.kill()
                slow.wait(PATIENCE_S)
    pid_file.unlink(missing_ok=True)
