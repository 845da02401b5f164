"""Figures: percentiles, rounds, what is held against a limit, and the table they make."""

import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import msgspec
import psutil
from msgspec import Struct

from bench.tally import Counts

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
LOAD_BEFORE = psutil.getloadavg()[0]
"""The load when the benchmark began: above 0.5, others were using the machine too."""
LIBRARIES = ("uvicorn", "uvloop", "websockets", "starlette", "psycopg", "redis", "msgspec")


class Spread(Struct, frozen=True, kw_only=True):
    """How long something took, in milliseconds."""

    count: int
    p50: float
    p95: float
    p99: float
    p999: float
    longest: float


class Check(Struct, frozen=True, kw_only=True):
    """One figure against its limit: the median of the rounds, and each round's own."""

    name: str
    value: float
    limit: float
    unit: str = "ms"
    at_least: bool = False
    rounds: tuple[float, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


class Figure(Struct, frozen=True, kw_only=True):
    """One figure that is told without a limit."""

    name: str
    value: float
    unit: str = "ms"
    rounds: tuple[float, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """What one benchmark found, where and with what; `details` holds every round whole."""

    name: str
    about: str
    passed: bool
    checks: tuple[Check, ...]
    figures: tuple[Figure, ...]
    details: object
    machine: dict[str, str]
    versions: dict[str, str]
    commit: str
    at: datetime


def spread(seconds: Iterable[float]) -> Spread:
    """The percentiles of durations given in seconds; at least one is needed."""
    ordered = sorted(seconds)
    assert ordered, "nothing was measured"

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 3)

    return Spread(
        count=len(ordered),
        p50=at(0.5),
        p95=at(0.95),
        p99=at(0.99),
        p999=at(0.999),
        longest=round(ordered[-1] * 1000, 3),
    )


def check(
    name: str, rounds: Sequence[float], limit: float, unit: str = "ms", *, at_least: bool = False
) -> Check:
    """The median of the rounds against a limit."""
    return Check(
        name=name,
        value=_short(median(rounds)),
        limit=limit,
        unit=unit,
        at_least=at_least,
        rounds=tuple(_short(one) for one in rounds),
    )


def figure(name: str, rounds: Sequence[float], unit: str = "ms") -> Figure:
    """The median of the rounds, told without a limit."""
    short = tuple(_short(one) for one in rounds)
    return Figure(name=name, value=_short(median(rounds)), unit=unit, rounds=short)


def wrong(rounds: Sequence[Counts]) -> list[Check]:
    """The counts that must be nought: the worst round of each. What was refused was lost too."""
    return [
        check("lost", [max(one.lost + one.refused for one in rounds)], 0, unit=""),
        check("doubled", [max(one.doubled for one in rounds)], 0, unit=""),
        check("out of order", [max(one.reordered for one in rounds)], 0, unit=""),
    ]


def report(
    name: str, about: str, checks: Sequence[Check], figures: Sequence[Figure], details: object
) -> Report:
    """The report of a benchmark that has just run."""
    return Report(
        name=name,
        about=about,
        passed=all(one.holds for one in checks),
        checks=tuple(checks),
        figures=tuple(figures),
        details=details,
        machine=machine(),
        versions={"python": platform.python_version(), **{one: version(one) for one in LIBRARIES}},
        commit=commit(),
        at=datetime.now(UTC).replace(microsecond=0),
    )


def machine() -> dict[str, str]:
    """What this ran on."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {
        "cpu": model,
        "cores": str(psutil.cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load": f"{LOAD_BEFORE:.1f}",
    }


def commit() -> str:
    """The commit that was measured, marked where files differ from it."""
    try:
        asked = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return asked.stdout.strip()


def table(done: Report) -> str:
    """The report as a Markdown table, readable on a terminal too."""
    rows = [("figure", "median", "rounds", "limit", "")]
    for one in done.checks:
        sign = "≥" if one.at_least else "≤"
        rows.append(
            (
                one.name,
                _told(one.value, one.unit),
                _range(one.rounds),
                f"{sign} {_told(one.limit, one.unit)}",
                "holds" if one.holds else "**missed**",
            )
        )
    rows.extend(
        (one.name, _told(one.value, one.unit), _range(one.rounds), "", "") for one in done.figures
    )
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    facts = done.machine
    about = (
        f"{done.at:%Y-%m-%d %H:%M} UTC · commit {done.commit} · {facts['cpu']}, {facts['cores']}"
        f" cores, {facts['memory']}, load before {facts['load']} · {facts['system']} · Python {done.versions['python']}"
    )
    return "\n".join([done.about, "", *lines, "", about])


def write_into_page(done: Report, page: Path = PAGE) -> None:
    """Put the table between the benchmark's markers in docs/benchmarks.md."""
    begin, end = f"<!-- figures: {done.name} -->", f"<!-- end: {done.name} -->"
    text = page.read_text()
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page} has no place for the figures of {done.name}")
    page.write_text(f"{before}{begin}\n{table(done)}\n{end}{after}")


def as_json(done: Report) -> str:
    """The report with every round, as JSON."""
    return msgspec.json.format(msgspec.json.encode(done)).decode()


def _short(value: float) -> float:
    return round(value, 3 if abs(value) < 10 else 1)


def _told(value: float, unit: str) -> str:
    number = f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.0f}"
    return f"{number} {unit}".strip()


def _range(rounds: Sequence[float]) -> str:
    return " · ".join(_told(one, "") for one in rounds) if len(rounds) > 1 else ""
