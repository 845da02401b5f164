"""`shopbell parse email`: one line of JSON for each file, with every field of every fact."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from shopbell.cli.failure import Failure
from shopbell.cli.payloads import parse
from tests.mails.programs import mail

EVERY = {
    "kind",
    "external_id",
    "from",
    "at",
    "text",
    "attachments",
    "reply_to",
    "state",
    "to",
    "cc",
    "subject",
    "reply_text",
    "html",
    "message_id",
    "in_reply_to",
    "references",
    "auto_submitted",
    "bounce",
    "matched_by",
}


def parsed(files: list[Path], capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    parse("email", files, as_json=True)
    return [msgspec.json.decode(one) for one in capsys.readouterr().out.splitlines()]


def test_every_fact_has_every_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer, bounce, empty = (tmp_path / f"{one}.eml" for one in ("answer", "bounce", "empty"))
    answer.write_bytes(mail("Yes.\n\n-- \nMia\n", "<p>Yes.</p>"))
    bounce.write_bytes(
        b"From: MAILER-DAEMON@post.example\nTo: help@shop.example\nCc: Ann <A@x.example>\nSubject: Undelivered\n"
        b"Date: Tue, 18 Nov 2025 15:04:00 +0100\n"
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
        b"Final-Recipient: rfc822; mia@mail.example\nAction: failed\nStatus: 5.1.1\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <zero@shop.example>\n\nHi\n--b--\n"
    )
    empty.write_bytes(b"")

    lines = parsed([answer, bounce, empty], capsys)

    assert [one["file"] for one in lines] == [str(answer), str(bounce), str(empty)]
    assert [one["error"] for one in lines] == [None, None, None]
    assert all(set(fact) >= EVERY for one in lines for fact in one["facts"])
    (said,) = lines[0]["facts"]
    assert (said["kind"], said["from"], said["to"]) == (
        "message",
        "mia@mail.example",
        ["help@shop.example"],
    )
    assert (said["reply_text"], said["html"]) == ("Yes.", "<p>Yes.</p>")
    assert said["text"] == "Yes.\n\n-- \nMia"
    assert (said["in_reply_to"], said["matched_by"]) == ("<zero@shop.example>", "in reply to")
    message, receipt = lines[1]["facts"]
    assert (message["bounce"], message["auto_submitted"]) == (True, True)
    assert (message["cc"], message["at"]) == (["a@x.example"], "2025-11-18T14:04:00Z")
    assert (receipt["kind"], receipt["state"]) == ("receipt", "failed")
    assert receipt["external_id"] == "<zero@shop.example>"
    assert (receipt["from"], receipt["to"], receipt["bounce"]) == ("mia@mail.example", [], False)
    (nothing,) = lines[2]["facts"]
    assert (nothing["kind"], nothing["from"], nothing["at"]) == ("other", "", None)


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.eml"
    there.write_bytes(mail("Yes.\n"))

    with pytest.raises(Failure, match="1 of 2"):
        parse("email", [tmp_path / "gone.eml", there], as_json=True)

    gone, read = (msgspec.json.decode(one) for one in capsys.readouterr().out.splitlines())
    assert gone["facts"] == []
    assert gone["error"]
    assert read["facts"][0]["reply_text"] == "Yes."
