"""The verb ``donate``: every step from a shell, and what a stranger is told who does them wrongly."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from persona_tui.commands.donate import group
from persona_tui.config_file import set_value
from persona_tui.donation import consent, reading
from persona_tui.errors import UserError
from persona_tui.paths import Paths
from store import attributes, donations
from store.db import open_store, utc_now
from tests.helpers import mode_of
from tests.persona_tui.giving_data import give


@pytest.fixture
def judged(paths: Paths) -> Paths:
    """A journal with judgments of every stage; no cooling-off time, no names by model."""
    with open_store(paths.database) as store:
        give(store)
    set_value(paths, "donation.cooling_off_hours", 0.0)
    set_value(paths, "donation.names", False)
    return paths


def run(*args: str, given: str | None = None) -> Result:
    return CliRunner().invoke(group, args, input=given)


def ok(*args: str, given: str | None = None) -> str:
    done = run(*args, given=given)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.output


def refused(*args: str) -> str:
    done = run(*args)
    assert isinstance(done.exception, UserError), (done.output, done.exception)
    return str(done.exception)


def agree(level: str) -> list[str]:
    count = len(consent.statements("texts" if level == "texts" else "labels"))
    return [word for n in range(1, count + 1) for word in ("--agree", str(n))]


def test_from_the_first_choice_to_the_withdrawal(judged: Paths, tmp_path: Path) -> None:
    listed = [json.loads(line) for line in ok("choices", "--json").splitlines()]
    assert {row["kind"] for row in listed} == {"attribute", "relevance", "response"}
    assert all(row["level"] is None for row in listed)
    shown = ok("draft", "--add", "attributes", "--texts")
    assert "attributes: 7" in shown  # not the one that must never be used
    assert "with text: 7" in shown
    ok("draft", "--add", "prompts", "--add", "comparisons")
    assert "nurse" in ok("redact")
    ok("words", "--add", "-", given="nurse\nLisbon\n")
    text = ok("redact", "--changed")
    assert "[-nurse-]{+[CUSTOM_1]+}" in text
    place = next(line.split()[0] for line in text.splitlines() if line.startswith("attribute:"))
    assert "held back" not in text
    ok("redact", place, "--hide", "user")
    assert "[-user-]" in ok("redact", place)
    ok("redact", place, "--reset")
    files = ok("preview")
    for name in ("README.md", "manifest.json", "croissant.json", "data/attributes.jsonl"):
        assert name in files
    raw = ok("preview", "data/attribute_judgments.jsonl")
    assert json.loads(raw.splitlines()[0])["rater_role"] == "self"
    assert "nurse" not in ok("preview", "data/attributes.jsonl")
    assert ok("preview", "data/attributes.jsonl") == ok("preview", "data/attributes.jsonl")
    hit = ok("preview", "--find", "CUSTOM_1").splitlines()
    assert hit[0].startswith("data/attributes.jsonl:")
    row = json.loads(raw.splitlines()[0])["judgment_id"]
    again = ok("preview", "--delete-row", row)
    assert "data/attribute_judgments.jsonl" in again
    assert len(ok("preview", "data/attribute_judgments.jsonl").splitlines()) == 6
    assert "not signed" in refused("bundle", "--out", str(tmp_path / "x.zip")).lower()
    assert "were not agreed to" in refused("sign", "--agree", "1")
    assert "Signed, can be given now;" in ok("sign", *agree("texts"))
    target = tmp_path / "given.zip"
    ok("bundle", "--out", str(target))
    assert mode_of(target) == "0600"
    assert b"nurse" not in b"".join(
        zipfile.ZipFile(target).read(name) for name in zipfile.ZipFile(target).namelist()
    )
    with reading.read_bundle(target) as bundle:
        assert bundle.counts["attribute_judgments"] == 6
    (entry,) = [json.loads(line) for line in ok("ledger", "--json").splitlines()]
    assert (entry["status"], entry["destination"]) == ("given", "a file: given.zip")
    assert "token" not in entry
    assert "(given before)" in ok("choices")
    request = tmp_path / "request.json"
    # What was given before is given again only by its id: it would count twice.
    assert "attributes: 0" in ok("draft", "--add", "attributes")
    ok("draft", "--delete")
    nowhere = tmp_path / "nowhere" / "request.json"
    told = refused("withdraw", entry["donation_id"], "--out", str(nowhere), "--yes")
    assert "name another file with --out" in told
    ok("withdraw", entry["donation_id"], "--out", str(request), "--yes")
    assert json.loads(request.read_bytes())["contributor_id"]
    assert mode_of(request) == "0600"
    assert "withdrawn" in ok("ledger")


def test_what_was_signed_cools_off_and_can_be_cancelled(judged: Paths, tmp_path: Path) -> None:
    set_value(judged, "donation.cooling_off_hours", 24.0)
    ok("draft", "--add", "attributes")
    ok("preview")
    assert "until" in ok("sign", *agree("labels"))
    assert "cools off until" in refused("bundle", "--out", str(tmp_path / "x.zip"))
    assert not (tmp_path / "x.zip").exists()
    with open_store(judged.database) as store:
        (found,) = donations.list_all(store)
    assert found.release_at is not None
    assert found.release_at - utc_now() > timedelta(hours=23)
    ok("cancel")
    assert "not signed" in refused("bundle")
    ok("draft", "--delete")
    assert ok("ledger").startswith("You have given nothing")


def test_a_dry_run_opens_no_connection(judged: Paths) -> None:
    """Sockets are forbidden here: it would fail."""
    ok("draft", "--add", "attributes")
    ok("preview")
    shown = ok("publish", "--repo", "team/donations", "--dry-run")
    assert "data/attributes.jsonl" in shown
    assert "no connection was opened" in shown
    assert "OWNER/NAME" in refused("publish", "--dry-run")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("preview",), "There is no draft"),
        (("sign",), "There is no draft"),
        (("bundle", "abc"), "There is no donation 'abc'"),
        (("withdraw", "%", "--yes"), "There is no donation"),
        (("draft", "--add", "nonsense"), "names nothing that can be given"),
        (("redact", "--hide", "x"), "There is no draft"),
    ],
)
def test_wrong_steps_are_told_in_a_sentence(
    judged: Paths, args: tuple[str, ...], says: str
) -> None:
    done = run(*args)
    assert done.exit_code != 0
    assert says in f"{done.exception}{done.output}"


def test_never_goes_only_where_it_is_named(judged: Paths) -> None:
    with open_store(judged.database) as store:
        never = next(
            one for one in attributes.list_all(store)
            if one.judgment is not None and one.judgment.use == "never"
        )  # fmt: skip
    assert "attributes: 7" in ok("draft", "--add", "attributes")
    assert "attributes: 8" in ok("draft", "--add", never.attribute_id)
    assert "attributes: 0" in ok("draft", "--drop", "attributes")


def test_the_ledger_is_a_plain_verb(judged: Paths) -> None:
    """It imports neither Textual nor numpy nor a model."""
    script = (
        "import sys; from persona_tui.cli import main\n"
        "try: main(['donate', 'ledger'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'textual', 'numpy', 'llama_cpp', 'spacy', 'phonenumbers', 'pyarrow'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_forgetting_everything_warns_of_what_cannot_be_withdrawn_then(
    judged: Paths, tmp_path: Path
) -> None:
    from persona_tui.commands.forget import group as forget

    ok("draft", "--add", "attributes")
    ok("preview")
    ok("sign", *agree("labels"))
    ok("bundle", "--out", str(tmp_path / "given.zip"))
    done = CliRunner().invoke(forget, ["everything", "--yes"])
    assert done.exit_code == 0
    assert "You gave 1 donation: after this they cannot be withdrawn" in done.output
    assert ok("ledger").startswith("You have given nothing")


def test_a_file_that_cannot_be_written_leaves_the_signature(judged: Paths, tmp_path: Path) -> None:
    ok("draft", "--add", "attributes")
    ok("preview")
    ok("sign", *agree("labels"))
    target = tmp_path / "there.zip"
    target.write_bytes(b"mine")
    assert "exists already" in refused("bundle", "--out", str(target))
    assert target.read_bytes() == b"mine"
    (entry,) = [json.loads(line) for line in ok("ledger", "--json").splitlines()]
    assert (entry["status"], entry["destination"]) == ("signed", None)
    ok("bundle", "--out", str(tmp_path / "new.zip"))
    (entry,) = [json.loads(line) for line in ok("ledger", "--json").splitlines()]
    assert (entry["status"], entry["destination"]) == ("given", "a file: new.zip")


def test_what_redact_shows_is_what_is_given(judged: Paths) -> None:
    ok("draft", "--add", "attributes", "--texts")
    ok("words", "--add", "nurse", "--add", "bullet points")
    shown = re.findall(r"\[-(.+?)-\]\{\+(\[CUSTOM_\d\])\+\}", ok("redact"))
    assert {new for _, new in shown} == {"[CUSTOM_1]", "[CUSTOM_2]"}
    assert len(set(shown)) == 2  # one word, one placeholder
    data = ok("preview", "data/attributes.jsonl")
    (word,) = [new for old, new in set(shown) if old == "nurse"]
    assert f"as a {word}." in data
