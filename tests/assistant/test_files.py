"""Files become sources: what is read of them, and that the same again is no work."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shopbell.assistant.knowledge.chunks import cut
from shopbell.assistant.knowledge.files import files_at, read
from shopbell.cli import app
from shopbell.cli.evaluating import Figures

PAGE = """<html><head><title>Opening hours</title><style>p {}</style></head><body>
<nav><a href="/">Home</a></nav><h2>In winter</h2><p>We open at <b>nine</b>.</p>
<ul><li><p>Monday: closed</p></li><li>Friday: until 21:00</li></ul>
<script>alert("no")</script></body></html>"""


def test_a_folder_is_one_source_a_file_by_its_relative_path(tmp_path: Path) -> None:
    (tmp_path / "care").mkdir()
    (tmp_path / "care" / "wool.md").write_text("# How to wash wool\n\nBy hand, in cold water.")
    (tmp_path / "about.txt").write_text("We are a small mill.")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / ".draft.md").write_text("# Not yet")

    found = [one for name, file in files_at(tmp_path) if (one := read(name, file))]

    assert [one.source.name for one in found] == ["about.txt", "care/wool.md"]
    assert [one.article.title for one in found] == ["about", "How to wash wool"]


def test_html_is_read_as_its_text_under_its_headings(tmp_path: Path) -> None:
    file = tmp_path / "hours.html"
    file.write_text(PAGE)

    one = read("hours.html", file)

    assert one is not None
    assert one.article.title == "Opening hours"
    (chunk,) = cut(one.article.title, one.article.body)
    assert chunk.section == "In winter"
    assert chunk.sentences == ("We open at nine.", "- Monday: closed", "- Friday: until 21:00")


def test_front_matter_gives_title_and_language_and_bad_bytes_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "x.md"
    file.write_bytes(b"---\r\ntitle: Versand\r\nlanguage: de\r\n---\r\nWir liefern \xff heute.")
    empty = tmp_path / "empty.md"
    empty.write_text("---\ntitle: Nothing\n---\n\n")

    one = read("x.md", file)

    assert one is not None
    assert (one.article.title, one.article.language) == ("Versand", "de")
    assert "Wir liefern" in one.article.body
    assert read("empty.md", empty) is None


def test_any_base_can_be_tried_by_two_commands(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    base = tmp_path / "base"
    base.mkdir()
    (base / "hours.md").write_text("# Opening hours\n\nWe are open from nine to five.")
    (base / "pets.md").write_text("# Dogs and cats\n\nDogs are welcome in our shop.")
    questions = tmp_path / "questions.jsonl"
    questions.write_text(
        '{"question": "When are you open?", "sources": ["hours.md"]}\n'
        '{"question": "May I bring my dog?", "sources": ["pets.md", "hours.md"]}\n'
        '{"question": "Do you sell bicycles?", "sources": []}\n'
    )
    data = ["--data", str(tmp_path / "data")]
    run = CliRunner().invoke

    first = run(app, ["knowledge", "add", str(base), "--wait", *data])
    again = run(app, ["knowledge", "add", str(base), *data])
    (base / "pets.md").write_text("# Dogs and cats\n\nDogs wait outside.")
    changed = run(app, ["knowledge", "add", str(base), *data])
    told = run(app, ["evaluate", str(questions), "--json", *data])

    assert "added 2, changed 0, unchanged 0" in first.output
    assert "added 0, changed 0, unchanged 2" in again.output
    assert "added 0, changed 1, unchanged 1" in changed.output
    figures = json.loads(told.stdout)
    assert set(figures) == set(Figures.__struct_fields__)
    assert figures["n"] == 2
    assert figures["hit"] == {"1": 1.0, "3": 1.0, "5": 1.0, "10": 1.0}
    assert figures["mrr"] == 1.0
    assert 0 < figures["latency_ms"]["p50"] <= figures["latency_ms"]["p95"]
    assert figures["answers"]["wrongly_answered"] == 0


@pytest.mark.parametrize("line", ["{", '{"sources": []}', '{"question": 1}', ""])
def test_questions_that_cannot_be_read_are_one_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text(line)

    told = CliRunner().invoke(app, ["evaluate", str(file), "--data", str(tmp_path)])

    assert told.exit_code == 1
    assert str(file) in str(told.exception)
