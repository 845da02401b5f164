from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.figures import Report, check, figure, spread, table, write_into_page, wrong
from bench.tally import Counts


def report(**changes: object) -> Report:
    told = {
        "name": "live",
        "about": "Two sockets.",
        "passed": True,
        "checks": (check("heard, p50", [12.0, 10.0, 31.0], 25),),
        "figures": (figure("memory", [64.0], "MiB"),),
        "details": None,
        "machine": {
            "cpu": "Six",
            "cores": "2",
            "memory": "4 GiB",
            "system": "Linux",
            "load": "0.1",
        },
        "versions": {"python": "3.11"},
        "commit": "abc",
        "at": datetime(2026, 11, 24, 10, tzinfo=UTC),
        **changes,
    }
    return Report(**told)  # pyright: ignore[reportArgumentType]


def test_percentiles_are_of_the_slowest_and_in_milliseconds() -> None:
    found = spread([number / 1000 for number in range(1000, 0, -1)])

    assert (found.count, found.p50, found.p95, found.p99, found.p999, found.longest) == (
        *(1000, 501.0, 951.0, 991.0),
        *(1000.0, 1000.0),
    )


def test_one_alone_is_every_percentile() -> None:
    assert {spread([0.004]).p50, spread([0.004]).p999} == {4.0}


def test_the_median_of_the_rounds_is_held_against_the_limit() -> None:
    assert check("p50", [30.0, 10.0, 12.0], 25).holds
    assert not check("p50", [30.0, 28.0, 12.0], 25).holds
    assert check("times", [1.6], 1.5, "×", at_least=True).holds
    assert not check("times", [1.4], 1.5, "×", at_least=True).holds


def test_one_lost_message_in_one_round_is_a_miss() -> None:
    fine = Counts(said=9, heard=9, lost=0, doubled=0, reordered=0)
    bad = Counts(said=9, heard=8, lost=1, doubled=0, reordered=0)

    assert all(one.holds for one in wrong([fine, fine, fine]))
    assert [one.holds for one in wrong([fine, bad, fine])] == [False, True, True]


def test_the_table_goes_between_its_markers_and_replaces_the_last_one(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("above\n<!-- figures: live -->\nstale\n<!-- end: live -->\nbelow\n")

    write_into_page(report(), page)
    write_into_page(report(about="Three sockets."), page)

    text = page.read_text()
    assert text.startswith("above\n<!-- figures: live -->\nThree sockets.")
    assert text.endswith("<!-- end: live -->\nbelow\n")
    assert "stale" not in text
    assert "Two" not in text


def test_a_page_without_the_place_is_left_as_it_is(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("nothing here\n")

    with pytest.raises(ValueError, match="no place for the figures of live"):
        write_into_page(report(), page)

    assert page.read_text() == "nothing here\n"


def test_a_miss_is_said_in_words() -> None:
    told = table(report(checks=(check("p99", [120.0, 130.0, 110.0], 100),)))

    assert "| **missed** |" in told
    assert "120 · 130 · 110" in told
