"""`bin/dev`: what it prints, what it survives, and that it leaves nothing behind.

The tests share one folder with the demo shop and run in order of the file where that saves a start.
"""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.house.running import DEV, Running, left
from tests.stack import free_port

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder in which `bin/dev` has run once, with the demo shop; as open as most are."""
    with tempfile.TemporaryDirectory(prefix="shopbell-dev-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """`bin/dev` itself, with the demo shop."""
    with Running(folder, command=DEV) as started:
        yield started.until_ready()


def test_the_lines_name_inbox_demo_and_log_ins_and_ready_comes_last(running: Running) -> None:
    assert running.lines[0] == f"inbox {running.address}/"
    assert running.lines[1] == f"demo {running.address}/demo"
    logins = [line.split(" ") for line in running.lines[2:-1]]
    assert [word[0] for word in logins] == ["login"] * 4
    assert [word[3] for word in logins] == ["admin", "agent", "agent", "viewer"]
    for path in ("/healthz", "/readyz", "/", "/demo", "/widget.js"):
        assert httpx.get(running.address + path, follow_redirects=True).status_code == 200, path
    for _, email, password, _ in logins:
        signed_in = httpx.post(
            f"{running.address}/api/session",
            json={"email": email, "password": password},
            headers={"Origin": running.address},
        )
        assert signed_in.status_code == 200, signed_in.text


def test_the_assistant_answers_at_the_ready_line(running: Running, folder: Path) -> None:
    words = ["ask", "How long do I have to send something back?", "--json", "--data", str(folder)]
    done = shopbell(*words)
    assert done.returncode == 0, done.stderr
    thought = json.loads(done.stdout)
    assert thought["decision"] == "answer"
    assert thought["citations"][0]["title"]
    assert thought["cost_usd"] == 0
    assert done.stderr == ""
    product = json.loads(shopbell("ask", "How do I wash the Heron roll neck?", *words[2:]).stdout)
    assert product["citations"][0]["title"] == "Heron roll neck"
    assert running.process.poll() is None


def test_the_doctor_finds_every_part_of_a_running_house_well(
    running: Running, folder: Path
) -> None:
    done = shopbell("doctor", "--data", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{running.address} is ready" in done.stdout
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ok"] * 8, done.stdout


def test_other_commands_find_the_address_by_the_folder(running: Running, folder: Path) -> None:
    made = shopbell("admin", "create", "dora@demo.shop", "--data", str(folder))
    assert made.stdout.startswith(f"{running.address}/invitation#"), made.stderr
    played = shopbell("demo", "traffic", "--seconds", "0.1", "--data", str(folder))
    assert f"shoppers come to {running.address}/demo" in played.stderr


def test_a_second_run_on_the_same_folder_is_told_so(running: Running) -> None:
    done = shopbell("dev", "--data", str(running.data), "--port", str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")
    assert "already runs on" in done.stderr
    assert "--data" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["serve", "work"])
def test_a_child_that_dies_is_started_again_and_that_is_said(running: Running, name: str) -> None:
    old = running.pid_of(name)
    psutil.Process(old).kill()
    said = running.until_said(f"{name} ended (SIGKILL)")
    assert said.endswith("starting it again.")
    wait_until(lambda: running.pid_of(name) != old)
    wait_until(lambda: answers(running.address))


def test_two_runs_live_side_by_side(running: Running, tmp_path: Path) -> None:
    with Running(tmp_path / "other", "--empty") as other:
        other.until_ready()
        assert answers(running.address)
        assert answers(other.address)
        assert other.lines[1].startswith(f"first admin: open {other.address}/invitation?first#")
        assert other.end(signal.SIGTERM) == 0
        assert other.left() == []
        assert answers(running.address)


def test_what_a_killed_run_left_does_not_hinder_the_next(running: Running, folder: Path) -> None:
    """Frozen children cannot follow their parent's death, so they are still there."""
    for name in ("serve", "work"):
        psutil.Process(running.pid_of(name)).suspend()
    running.end(signal.SIGKILL)
    assert left(folder)
    with Running(folder, port=running.port) as second:
        second.until_ready()
        assert second.lines[:-1] == running.lines[:-1]
        # Less than five seconds on two processors that have nothing else to do.
        assert second.processor_s() < 10
        assert second.end(signal.SIGINT) == 0
        assert second.left() == []
    kept = {one.name for one in (folder / "run").iterdir()}
    assert kept <= {"dev.lock", "services.lock"}


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as begun:
        wait_until(lambda: (tmp_path / "data" / "postgres.new").exists())
        begun.end(signal.SIGINT)
        assert begun.left() == []
        assert begun.lines == []


def shopbell(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shopbell.cli", *words],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until, "it did not come true within 30 s"
        time.sleep(0.05)
