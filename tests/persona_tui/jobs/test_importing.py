"""The import job and the verb: what goes into the journal, and what the report says."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from persona_tui.errors import UserError
from persona_tui.jobs import importing
from persona_tui.jobs.importing import import_path
from persona_tui.paths import Paths
from store import attributes, conversations, messages
from store.db import Store, open_store
from store.imports import upsert
from store.records import ImportCounts
from tests.persona_tui.importers.helpers import (
    FIXTURES,
    chatgpt_conversation,
    imported,
    write_json,
)
from tests.store.conftest import attribute, claim, judge


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "journal.db") as opened:
        yield opened


def _many(tmp_path: Path, count: int) -> Path:
    talks = [chatgpt_conversation(n, [f"I own {n} goats.", "Well."]) for n in range(count)]
    return write_json(tmp_path / "conversations.json", talks)


def test_the_report(store: Store, tmp_path: Path) -> None:
    path = write_json(
        tmp_path / "c.json", [chatgpt_conversation(1, ["I row.", "Good."]), {"mapping": 7}]
    )
    report = imported(store, path)
    assert report.as_json() | {"seconds": 0} == {
        "format": "chatgpt",
        "conversations": {"added": 1, "updated": 0, "unchanged": 0},
        "messages": {"added": 2},
        "skipped": [
            {
                "position": f"record 2 at byte {path.read_text().index(', {') + 2}",
                "reason": "the conversation has no 'mapping' of messages",
            }
        ],
        "skipped_total": 1,
        "seconds": 0,
    }
    (conversation,) = conversations.list_all(store)
    assert (conversation.title, conversation.source) == ("Talk 1", "chatgpt")


def test_a_grown_chat_is_updated_and_keeps_its_messages(store: Store, tmp_path: Path) -> None:
    path = write_json(tmp_path / "c.json", [chatgpt_conversation(1, ["I row.", "Good."])])
    imported(store, path)
    (conversation,) = conversations.list_all(store)
    before = [
        message.message_id for message in messages.active(store, conversation.conversation_id)
    ]
    write_json(path, [chatgpt_conversation(1, ["I row.", "Good.", "In Basel."])])
    report = imported(store, path)
    assert (report.counts.updated, report.counts.messages_added) == (1, 1)
    after = messages.active(store, conversation.conversation_id)
    assert [message.message_id for message in after][:2] == before
    assert after[2].text == "In Basel."


def test_the_same_export_as_file_folder_and_zip_is_one(store: Store, tmp_path: Path) -> None:
    """And what was judged stays judged when the chat has grown by the next export."""
    talks = [chatgpt_conversation(n, [f"I own {n} goats.", "Well."]) for n in range(3)]
    folder = tmp_path / "export"
    folder.mkdir()
    file = write_json(folder / "conversations.json", talks)
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(file, "chats/conversations.json")
    assert imported(store, archive).counts == ImportCounts(3, 0, 0, 6)
    for path in (file, folder, archive):
        assert imported(store, path).counts == ImportCounts(0, 0, 3, 0)
    (conversation, *_) = conversations.list_all(store)
    (said, _) = messages.active(store, conversation.conversation_id)
    attribute_id = attribute(store, claim(store, said, "The user owns goats.", quote="goats"))
    judge(store, attribute_id)
    grown = [chatgpt_conversation(n, [f"I own {n} goats.", "Well!", "Bye."]) for n in range(3)]
    write_json(file, grown)
    assert imported(store, folder).counts == ImportCounts(0, 3, 0, 6)
    kept = attributes.get(store, attribute_id)
    assert kept.judgment is not None
    assert kept.evidence[0].message_id == said.message_id
    assert kept.evidence[0].quote == "goats"


def test_stopping_between_batches_keeps_what_was_reported(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_MESSAGES", 20)
    path = _many(tmp_path, 100)
    job = import_path(store, path)
    progress = next(p for p in job if p.counts.added >= 30)
    job.close()  # type: ignore[attr-defined]
    assert conversations.count(store) == progress.counts.added < 100
    report = imported(store, path)
    assert report.counts.added + report.counts.unchanged == 100
    assert report.counts.unchanged == progress.counts.added


def test_progress_goes_up_to_the_end(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH_MESSAGES", 10)
    path = _many(tmp_path, 50)
    steps = list(import_path(store, path))
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == steps[-1].total == path.stat().st_size
    assert [step.report is None for step in steps] == [True] * (len(steps) - 1) + [False]
    assert len(steps) > 5


def test_batches_are_bounded_by_text_too(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def spy(store: Store, drafts: list[object]) -> object:
        sizes.append(len(drafts))
        return upsert(store, drafts)  # type: ignore[arg-type]

    monkeypatch.setattr("persona_tui.jobs.importing.upsert", spy)
    monkeypatch.setattr(importing, "BATCH_CHARS", 100)
    imported(store, _many(tmp_path, 30))
    assert max(sizes) < 8


def test_a_flood_of_broken_lines_is_counted_not_kept(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "MAX_SKIPPED", 10)
    path = tmp_path / "a.jsonl"
    good = json.dumps({"messages": [{"role": "user", "content": "I sing."}]})
    path.write_text(good + "\n" + "rubbish\n" * 500)
    report = imported(store, path)
    assert (len(report.skipped), report.skipped_total) == (10, 500)
    assert report.skipped[0].position == "line 2"


def test_an_empty_export_is_a_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no conversations"):
        imported(store, write_json(tmp_path / "c.json", []), "chatgpt")


# --- the verb -----------------------------------------------------------------------------------


def _run(*args: object) -> tuple[int, str, str]:
    from persona_tui.commands.import_ import command

    result = CliRunner().invoke(command, [str(arg) for arg in args])
    return result.exit_code, result.stdout, result.stderr


def test_the_verb_in_json(tmp_path: Path) -> None:
    code, out, _ = _run(FIXTURES / "chatgpt.json", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["conversations"] == {"added": 2, "updated": 0, "unchanged": 0}
    assert report["messages"] == {"added": 10}
    code, out, _ = _run(FIXTURES / "chatgpt.json", "--json")
    assert code == 0
    assert json.loads(out)["conversations"] == {"added": 0, "updated": 0, "unchanged": 2}


def test_several_paths_are_one_line_each_and_one_may_fail(tmp_path: Path) -> None:
    code, out, err = _run(
        FIXTURES / "claude.json", tmp_path / "gone.json", FIXTURES / "openai.jsonl", "--json"
    )
    assert code == 0
    assert [json.loads(line)["format"] for line in out.splitlines()] == ["claude", "openai"]
    assert "there is no such file or folder" in err


def test_the_verb_for_people(tmp_path: Path) -> None:
    code, out, _ = _run(FIXTURES / "claude.json")
    assert code == 0
    assert out.startswith("1 conversation added, 0 updated, 0 unchanged; 2 messages added")
    assert "the conversation has no messages with text" in out
    code, out, _ = _run(FIXTURES / "sharegpt.json", "--quiet")
    assert (code, out) == (0, "")


def test_exit_codes(tmp_path: Path) -> None:
    assert _run(tmp_path / "gone.json")[0] == 1
    broken = tmp_path / "a.jsonl"
    broken.write_text("rubbish\n")
    assert _run(broken, "--format", "openai")[0] == 1
    assert _run(broken, "--format", "word")[0] == 2
    assert _run()[0] == 2


def test_names_in_the_report_do_not_reach_the_terminal_raw(tmp_path: Path) -> None:
    path = tmp_path / "\x1b]0;owned\x07.json"
    path.write_text("rubbish")
    code, out, err = _run(path)
    assert code == 1
    assert "\x1b" not in out + err


def test_the_verb_imports_nothing_heavy(paths: Paths) -> None:
    script = (
        "import sys\n"
        "from persona_tui.cli import main\n"
        "try:\n    main(['import', sys.argv[1], '--json'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'textual', 'llama_cpp', 'pydantic', 'openai', 'pyarrow'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(FIXTURES / "sharegpt.json")],
        capture_output=True,
        text=True,
        check=True,
    )
    first, last = done.stdout.splitlines()
    assert json.loads(first)["format"] == "sharegpt"
    assert last == "[]"
    assert paths.database.exists()
