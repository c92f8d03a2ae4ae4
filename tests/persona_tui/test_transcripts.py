"""What a model played is marked where it leaves, and is nobody's where it comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from persona_tui.commands.conversations import group
from persona_tui.importers.base import SYNTHETIC_LINE
from persona_tui.jobs.importing import import_path
from persona_tui.paths import Paths
from store import conversations, messages
from store.db import open_store
from store.records import Source

NAMES = {"jsonl": "chats.jsonl", "markdown": "chat.md"}


@pytest.fixture
def journal(paths: Paths) -> tuple[Paths, str]:
    """One chat of the person's, one that a model played with a title that does not tell."""
    chats: tuple[tuple[Source, str], ...] = (
        ("chat", "I feed lions."),
        ("synthetic", "I drive a zebra bus."),
    )
    with open_store(paths.database) as store:
        for source, words in chats:
            made = conversations.create(store, title=f"Title {words[7:11]}", source=source)
            messages.append(store, made.conversation_id, "user", words)
            messages.append(store, made.conversation_id, "assistant", "Good to know.")
    return paths, made.conversation_id


@pytest.mark.parametrize("form", NAMES)
def test_an_export_leaves_out_what_was_played(journal: tuple[Paths, str], form: str) -> None:
    told = CliRunner().invoke(group, ["export", "--format", form])
    assert "lions" in told.output
    assert "zebra" not in told.output
    told = CliRunner().invoke(group, ["export", "--format", form, "--synthetic"])
    assert "zebra" in told.output
    assert told.output.count("lions") == 1


@pytest.mark.parametrize("form", NAMES)
def test_what_was_played_never_comes_back_as_the_persons(
    journal: tuple[Paths, str], form: str, tmp_path: Path
) -> None:
    _, played = journal
    out = tmp_path / NAMES[form]
    told = CliRunner().invoke(group, ["export", played, "--format", form, "--out", str(out)])
    assert told.exit_code == 0, told.output
    written = out.read_text("utf-8")
    assert ('"source": "synthetic"' if form == "jsonl" else SYNTHETIC_LINE) in written
    with open_store(tmp_path / "other.db") as other:
        *_, last = import_path(other, out)
        assert last.report is not None
        (skipped,) = last.report.skipped
        assert "a model played the user" in skipped.reason
        assert conversations.list_all(other) == []
    # Nor with others in one file.
    everything = tmp_path / f"all {out.name}"
    CliRunner().invoke(group, ["export", "--format", form, "--synthetic", "--out", str(everything)])
    with open_store(tmp_path / "all.db") as other:
        *_, last = import_path(other, everything)
        assert not conversations.list_all(other, query="zebra")
    # The person's own, in the same form, is read.
    own = tmp_path / f"own {out.name}"
    CliRunner().invoke(group, ["export", "--format", form, "--out", str(own)])
    with open_store(tmp_path / "third.db") as other:
        *_, last = import_path(other, own)
        assert [one.title for one in conversations.list_all(other)] == ["Title lion"]


def test_search_finds_nobodys_words_only_when_asked(journal: tuple[Paths, str]) -> None:
    assert "Nothing found" in CliRunner().invoke(group, ["search", "zebra"]).output
    told = CliRunner().invoke(group, ["search", "zebra", "--synthetic"])
    assert "[synthetic] Title" in told.output
    assert "[synthetic]" not in CliRunner().invoke(group, ["search", "lions", "--synthetic"]).output
