"""`shopbell tags learn` and `shopbell tags evaluate`, on a taxonomy of their own."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbell.cli import app
from shopbell.cli.failure import Failure

LABELS = {
    "lost-card": ("I lost my card", "My bank card is gone", "Somebody stole my card", "Card lost"),
    "new-pin": ("I forgot my PIN", "I need a new PIN", "My PIN does not work", "Change my PIN"),
    "balance": ("How much money is left?", "What is my balance?", "Show my balance", "Am I broke?"),
}
STRANGE = ("Will it rain?", "Play some jazz", "Who painted this?", "Tell me a joke", "Set an alarm")


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> list[str]:
    monkeypatch.setitem(os.environ, "DATABASE_URL", database_url)
    return ["--data", str(tmp_path / "data"), "--set", "bank"]


def written(file: Path, lines: Sequence[tuple[str, str | None]]) -> str:
    file.write_text(
        "\n".join(json.dumps({"text": text, "label": label}) for text, label in lines), "utf-8"
    )
    return str(file)


def test_a_set_is_learned_and_measured(house: list[str], tmp_path: Path) -> None:
    taught = [(text, label) for label, texts in LABELS.items() for text in texts]
    taught += [(text, None) for text in STRANGE]
    file = written(tmp_path / "train.jsonl", taught)
    learned = CliRunner().invoke(app, ["tags", "learn", file, *house])
    assert learned.exit_code == 0, learned.exception
    assert "learned 17 lines, 3 labels, set bank" in learned.stdout
    asked = [
        ("My credit card was stolen", "lost-card"),
        ("Give me another PIN please", "new-pin"),
        ("What's my account balance", "balance"),
        ("Sing me a song", None),
        ("Is it going to snow?", None),
    ]
    file = written(tmp_path / "test.jsonl", asked)
    told = CliRunner().invoke(app, ["tags", "evaluate", file, "--json", *house])
    assert told.exit_code == 0, told.exception
    figures = json.loads(told.stdout)
    assert figures["n"] == 5
    assert figures["in_scope_accuracy"] == 1.0
    assert figures["out_of_scope_auc"] == 1.0
    assert set(figures["confusion"]) == {*LABELS, "(none)"}
    assert {"precision", "recall"} <= set(figures)
    shown = CliRunner().invoke(app, ["tags", "evaluate", file, *house])
    assert "accuracy" in shown.stdout


def test_what_cannot_be_read_or_was_never_taught_is_one_line(
    house: list[str], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"text": 3}\n', "utf-8")
    empty = written(tmp_path / "empty.jsonl", [])
    fine = written(tmp_path / "fine.jsonl", [("Hello", None)])
    for words, said in (
        (["learn", str(bad)], "A line is"),
        (["learn", empty], "holds no lines"),
        (["learn", str(tmp_path / "none.jsonl")], "cannot be read"),
        (["evaluate", fine], "was taught nothing"),
    ):
        result = CliRunner().invoke(app, ["tags", *words, *house])
        assert isinstance(result.exception, Failure), result.exception
        assert said in str(result.exception)
