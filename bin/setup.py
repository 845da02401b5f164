"""Bring .venv and web/dist up to date with their sources; a second run only looks."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
NODE_AT_LEAST = 20


def main(profile: str) -> None:
    os.chdir(ROOT)
    stamps = VENV / "stamps"
    make_environment()
    if (stamps / "dev").exists():
        profile = "dev"
    lock = "requirements-dev.lock" if profile == "dev" else "requirements.lock"
    once(stamps / profile, digest([Path(lock), Path("pyproject.toml")]), lambda: install(lock))
    if Path("web/package.json").exists():
        build_web(stamps)


def make_environment() -> None:
    if BIN.joinpath("uv").exists():
        return
    say("making .venv")
    run([sys.executable, "-m", "venv", str(VENV)])
    run([str(BIN / "python"), "-m", "pip", "install", "--quiet", "uv"])


def install(lock: str) -> None:
    install_lock(lock)
    run([*uv_pip_install(), "--no-deps", "-e", "."])


def install_lock(lock: str) -> None:
    say(f"installing {lock}")
    run([*uv_pip_install(), "--require-hashes", "-r", lock])


def uv_pip_install() -> list[str]:
    return [str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(BIN / "python")]


def build_web(stamps: Path) -> None:
    packages = [Path("web/package.json"), Path("web/package-lock.json")]
    modules, built = Path("web/node_modules"), Path("web/dist")
    if not modules.exists():
        (stamps / "npm").unlink(missing_ok=True)
    if not built.exists():
        (stamps / "web").unlink(missing_ok=True)
    once(stamps / "npm", digest(packages), lambda: npm("ci", "--no-audit", "--no-fund"))
    once(stamps / "web", digest(web_sources()), lambda: npm("run", "build"))


def web_sources() -> list[Path]:
    found: list[Path] = []
    for folder, folders, names in os.walk("web"):
        folders[:] = sorted(set(folders) - {"node_modules", "dist", "test-results"})
        found += [Path(folder, name) for name in sorted(names)]
    return found


def npm(*words: str) -> None:
    say("web: npm " + " ".join(words))
    path = node_folder()
    searched = f"{path}{os.pathsep}{os.environ['PATH']}"
    run(["npm", *words], folder="web", env={**os.environ, "PATH": searched})


def node_folder() -> str:
    """The folder of a recent enough node and npm: the machine's own, else the one in the wheel."""
    node = shutil.which("node")
    if node and shutil.which("npm"):
        asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        if int(asked.stdout.strip().lstrip("v").split(".")[0] or 0) >= NODE_AT_LEAST:
            return str(Path(node).parent)
    if not BIN.joinpath("node").exists():
        say(f"no Node {NODE_AT_LEAST} or newer here, installing one into .venv")
        install_lock("requirements-node.lock")
    return str(BIN)


def digest(files: list[Path]) -> str:
    total = hashlib.sha256()
    for file in files:
        if file.is_file():
            total.update(f"{file}\0".encode() + file.read_bytes())
    return total.hexdigest()


def once(stamp: Path, state: str, work: Callable[[], None]) -> None:
    """Do the work unless the stamp says it was done for this very state."""
    if stamp.exists() and stamp.read_text() == state:
        return
    work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(state)


def run(words: list[str], folder: str = ".", env: dict[str, str] | None = None) -> None:
    done = subprocess.run(words, check=False, cwd=folder, env=env, stdout=sys.stderr)
    if done.returncode:
        sys.exit(f"shopbell: this step failed, see above: {' '.join(words)}")


def say(text: str) -> None:
    print(f"shopbell: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "run")
