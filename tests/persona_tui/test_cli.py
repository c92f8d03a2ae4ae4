"""The verbs as a person or a pipe meets them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from persona_tui.cli import VERBS, main
from persona_tui.paths import Paths
from persona_tui.state import UiState, load_state, save_state
from store import conversations, imports
from store.db import open_store
from store.records import ConversationDraft, MessageDraft
from tests.helpers import mode_of

CHAT = """## User

I moved to Lisbon in May and I am learning Portuguese.

## Assistant

Boa sorte!

## User

Thanks! I am allergic to peanuts, so what can I eat there?
"""


def run(*argv: str) -> int:
    """Run one verb in this process; the exit code."""
    with pytest.raises(SystemExit) as stop:
        main(argv)
    return int(stop.value.code or 0)


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    path = tmp_path / "lisbon.md"
    path.write_text(CHAT, encoding="utf-8")
    return path


@pytest.fixture
def imported(chat: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert run("import", str(chat), "--json") == 0
    value: dict[str, object] = json.loads(capsys.readouterr().out)
    return value


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert run("conversations", "list", "--json") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    out = capsys.readouterr().out
    for verb in VERBS:
        assert re.search(rf"^  {verb}\b", out, re.MULTILINE), verb


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["imprt", "x"], "Did you mean 'import'?"),
        (["conversations", "list", "--limit", "0"], "--limit"),
        (["conversations", "nothing"], "nothing"),
        (["--nonsense"], "--nonsense"),
        (["forget", "everything"], "--yes"),
    ],
)
def test_usage_errors_are_one_sentence_and_exit_2(
    argv: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", open(os.devnull, encoding="utf-8"))  # noqa: SIM115, PTH123
    assert run(*argv) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("group", ["donate", "foil", "forget", "prompts", "config"])
def test_a_group_without_a_verb_is_its_help(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(group) == 2
    told = capsys.readouterr()
    assert not told.out
    assert told.err.startswith(f"Usage: persona-tui {group} ")
    assert "Try '" not in told.err


def test_import_prints_the_documented_object(imported: dict[str, object]) -> None:
    assert imported["format"] == "markdown"
    assert imported["conversations"] == {"added": 1, "updated": 0, "unchanged": 0}
    assert imported["messages"] == {"added": 3}
    assert imported["skipped"] == []


def test_importing_twice_adds_nothing(
    imported: dict[str, object], chat: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", str(chat), "--json") == 0
    again = json.loads(capsys.readouterr().out)
    assert again["conversations"] == {"added": 0, "updated": 0, "unchanged": 1}
    assert again["messages"] == {"added": 0}


def test_conversations_list_show_search_rename(
    imported: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = listed(capsys)
    assert {"conversation_id", "title", "messages", "source"} <= row.keys()
    assert row["messages"] == 3
    assert row["source"] == "markdown"
    short = str(row["conversation_id"])

    assert run("conversations", "show", short) == 0
    assert "I moved to Lisbon" in capsys.readouterr().out
    assert run("conversations", "show", short, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["messages"]) == 3

    assert run("conversations", "search", "peanu", "--json") == 0
    (hit,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert hit["kind"] == "message"
    assert hit["conversation_id"] == short
    start, end = hit["marks"][0]
    assert hit["snippet"][start:end].lower().startswith("peanu")

    assert run("conversations", "rename", short, "Lisbon [bold]plans[/bold]") == 0
    assert listed(capsys)[0]["title"] == "Lisbon [bold]plans[/bold]"


def test_an_export_can_be_imported_again(
    imported: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "mine.jsonl"
    assert run("conversations", "export", "--format", "jsonl", "--out", str(out)) == 0
    assert mode_of(out) == "0600"
    assert run("conversations", "export", "--out", str(out)) == 2
    monkeypatch.setenv("PERSONA_TUI_HOME", str(tmp_path / "elsewhere"))
    capsys.readouterr()
    assert run("import", str(out), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["format"] == "openai"
    assert report["messages"] == {"added": 3}


@pytest.fixture
def large(paths: Paths) -> int:
    """Thirty conversations of a megabyte each; the size of all."""
    turns = (MessageDraft("user", "много слов 🙂 " * 40_000),)
    with open_store(paths.database) as store:
        drafts = [ConversationDraft("claude", f"{i}", "é", turns) for i in range(30)]
        for draft in drafts:
            imports.upsert(store, [draft])
    return 30 * len(turns[0].text.encode())


@pytest.mark.parametrize("format_", ["markdown", "jsonl"])
def test_an_export_needs_no_more_memory_than_its_largest_conversation(
    large: int, tmp_path: Path, format_: str
) -> None:
    out = tmp_path / "all"
    tracemalloc.start()
    try:
        assert run("conversations", "export", "--format", format_, "--out", str(out)) == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert out.stat().st_size > large
    assert peak < large / 2


def test_of_an_export_that_fails_nothing_is_left(
    imported: dict[str, object],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("persona_tui.commands.conversations.as_markdown", full)
    out = tmp_path / "mine.md"
    assert run("conversations", "export", "--out", str(out)) == 1
    assert "No space left" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_json_is_json_in_any_encoding(paths: Paths, encoding: str) -> None:
    title = "naïve 🙂 שלום"
    with open_store(paths.database) as store:
        conversations.create(store, title=title)
    for argv in (
        ["conversations", "list", "--json"],
        ["conversations", "export", "--format", "jsonl"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "persona_tui", *argv],
            env={**os.environ, "PYTHONIOENCODING": encoding},
            capture_output=True,
            timeout=60,
            check=True,
        )
        assert json.loads(done.stdout.decode(encoding))["title"] == title


def test_joined_emoji_and_letters_reach_the_terminal_whole(
    paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    title = "👩‍👩‍👧 می‌خواهم"  # both hold zero-width joiners
    with open_store(paths.database) as store:
        conversations.create(store, title=title)
    assert run("conversations", "list") == 0
    assert title in capsys.readouterr().out


def test_hostile_words_do_not_reach_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evil.md"
    path.write_text("## User\n\n\x1b]0;owned\x07 \x1b[2J I like tea.\n", encoding="utf-8")
    assert run("import", str(path)) == 0
    capsys.readouterr()
    (row,) = listed(capsys)
    assert run("conversations", "show", str(row["conversation_id"])) == 0
    out = capsys.readouterr().out
    assert "I like tea" in out
    assert "\x1b" not in out
    assert "\x07" not in out


def test_backup_and_forget(
    imported: dict[str, object], paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("backup", "--json") == 0
    copy = Path(json.loads(capsys.readouterr().out)["path"])
    assert mode_of(copy) == "0600"
    assert b"Lisbon" in copy.read_bytes()
    assert run("backup", str(copy)) == 1
    assert "never replaces a file" in capsys.readouterr().err

    (row,) = listed(capsys)
    assert run("forget", "conversation", str(row["conversation_id"]), "--yes", "--json") == 0
    gone = json.loads(capsys.readouterr().out)
    assert gone["conversations"] == 1
    assert gone["messages"] == 3
    assert gone["backups_remaining"] == [str(copy)]
    assert listed(capsys) == []
    for path in paths.data_dir.glob("persona.db*"):
        assert b"Lisbon" not in path.read_bytes()


def test_drafts_go_with_what_is_forgotten(
    imported: dict[str, object], paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = listed(capsys)
    key = str(row["conversation_id"])
    state = UiState(welcomed=True, conversation_id=key)
    state.set_draft(key, "zqxdraft one")
    state.set_draft(None, "zqxdraft two")
    save_state(paths.state, state)
    paths.state.with_name(".state.json.999999999.part").write_text("zqxdraft of a killed app")
    assert run("forget", "conversation", key, "--yes") == 0
    assert "Forgotten: 1 conversation, 3 messages, 0 attributes, 0 judgments." in (
        capsys.readouterr().out
    )
    assert load_state(paths.state) == UiState(
        welcomed=True, drafts={"": "zqxdraft two"}, forgotten=[key]
    )
    assert run("forget", "everything", "--yes") == 0
    left = load_state(paths.state)
    assert (left.welcomed, left.drafts) == (True, {})
    for path in paths.data_dir.iterdir():
        assert b"zqxdraft" not in path.read_bytes()


def test_bytes_that_may_be_left_are_told(
    imported: dict[str, object],
    paths: Paths,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(open_store.__kwdefaults__ or {}, "wait_seconds", 0.05)
    with open_store(paths.database) as other:
        other.conn.execute("BEGIN")
        assert conversations.count(other) == 1
        assert run("forget", "everything", "--yes", "--json") == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["complete"] is False
    assert "old bytes may stay" in said.err


def test_an_unknown_id_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("conversations", "show", "nope") == 1
    err = capsys.readouterr().err
    assert "nope" in err
    assert "Traceback" not in err


def test_doctor_prints_the_documented_object(
    imported: dict[str, object], paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("doctor", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert all(check.keys() == {"name", "ok", "detail"} for check in report["checks"])
    paths.config.parent.mkdir(parents=True, exist_ok=True)
    paths.config.write_text("theem = 1\n", encoding="utf-8")
    capsys.readouterr()
    assert run("doctor", "--json") == 1
    broken = json.loads(capsys.readouterr().out)
    assert broken["ok"] is False
    (config,) = [check for check in broken["checks"] if check["name"] == "config"]
    assert "theme" in config["detail"]


def test_doctor_tells_the_lexical_fallback(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("models.embeddings.missing_packages", lambda: ("onnxruntime",))
    run("doctor", "--json")
    checks = json.loads(capsys.readouterr().out)["checks"]
    (found,) = [check for check in checks if check["name"] == "sentence embeddings"]
    assert found["detail"].startswith("lexical fallback")


def test_doctor_changes_nothing(
    imported: dict[str, object], paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_store(paths.database) as store:
        store.conn.execute("PRAGMA journal_mode = DELETE")
        store.conn.execute("PRAGMA user_version = 1")
    paths.database.chmod(0o644)

    def state() -> dict[Path, tuple[bytes, int, str]]:
        return {
            path: (path.read_bytes(), path.stat().st_mtime_ns, mode_of(path))
            for path in paths.data_dir.rglob("*")
        }

    before = state()
    capsys.readouterr()
    assert run("doctor", "--json") == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert "0644" in checks["database: permissions"]["detail"]
    assert "after a backup" in checks["database: journal"]["detail"]
    assert checks["database: full_text"]["ok"]
    assert state() == before


def test_doctor_without_a_journal_makes_none(paths: Paths, home: Path) -> None:
    assert run("doctor") == 0
    assert list(home.rglob("*")) == []


def test_everything_lies_under_the_home(imported: dict[str, object], home: Path) -> None:
    """``PERSONA_TUI_HOME`` moves every file, and others cannot read any."""
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert all(path.is_relative_to(home / "persona") for path in files)
    assert {mode_of(path) for path in files} == {"0600"}
    assert {mode_of(path) for path in (home / "persona").rglob("*") if path.is_dir()} == {"0700"}


@pytest.mark.parametrize("place", ["rel/ative", "with space/ü #?%41", "~nosuchuser/x", "link"])
def test_any_home_will_do(
    place: str, chat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "link").symlink_to(real)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERSONA_TUI_HOME", place)
    before = os.umask(0)
    try:
        assert run("import", str(chat)) == 0
    finally:
        os.umask(before)
    journal = tmp_path / place / "data" / "persona.db"
    assert (mode_of(journal), mode_of(journal.parent)) == ("0600", "0700")


@pytest.mark.parametrize("argv", [["conversations", "list"], ["backup"], ["import", "CHAT"]])
def test_a_home_that_cannot_be_made_is_one_sentence(
    argv: list[str],
    chat: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PERSONA_TUI_HOME", str(tmp_path / "file" / "home"))
    assert run(*(str(chat) if word == "CHAT" else word for word in argv)) == 1
    err = capsys.readouterr().err
    assert "check its permissions" in err
    assert len(err.strip().splitlines()) == 1


def test_a_reader_that_goes_away_is_no_failure(imported: dict[str, object]) -> None:
    done = subprocess.run(
        f"{sys.executable} -m persona_tui conversations show $({sys.executable} -m persona_tui "
        "conversations list --json | head -c 60 | cut -d'\"' -f4) | head -n 1; exit ${PIPESTATUS[0]}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_the_app_needs_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "persona_tui"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("persona-tui: The app needs a terminal")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("completion", shell) == 0
    assert "_PERSONA_TUI_COMPLETE" in capsys.readouterr().out


def test_completion_really_completes() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "persona_tui"],
        env={
            **os.environ,
            "_PERSONA_TUI_COMPLETE": "bash_complete",
            "COMP_WORDS": "persona-tui conver",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "conversations" in done.stdout
