"""Forgetting leaves no byte behind in the database, its log and its index."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import (
    attributes,
    backup,
    conversations,
    forgetting,
    health,
    judgments,
    messages,
    prompts,
    runs,
    search,
)
from store.db import Store, new_id, open_store, utc_now
from store.errors import NotFoundError
from store.records import ModelRun
from tests.store.conftest import attribute, claim, judge, say, span

PLANTED = "zqxplanted"


def bytes_of(database: Path) -> bytes:
    """Everything that stands in the database, its log, its index file and its journals."""
    return b"".join(path.read_bytes() for path in sorted(database.parent.glob(database.name + "*")))


def run_of(store: Store, prompt: str) -> str:
    sha256 = prompts.sha256_of(prompt)
    prompts.remember(store, sha256, prompt)
    run = ModelRun("", "extract", "m", "b", sha256, {"p": prompt}, "0.1.0", utc_now(), note=prompt)
    return runs.add(store, run).run_id


def plant(store: Store) -> tuple[str, str]:
    """A conversation and an attribute with the planted word in every place that can hold it."""
    run_id = run_of(store, f"prompt {PLANTED}1")
    chat = conversations.create(store, title=f"About {PLANTED}2", model=f"{PLANTED}3")
    message = say(store, f"I love {PLANTED}4 very much", chat.conversation_id)
    messages.append(store, chat.conversation_id, "assistant", f"{PLANTED}5", run_id=run_id)
    messages.supersede_from(store, chat.conversation_id, 1)
    messages.append(store, chat.conversation_id, "assistant", f"{PLANTED}6")
    stream = messages.append(store, chat.conversation_id, "user", f"{PLANTED}7")
    messages.finish(store, stream.message_id, f"{PLANTED}8", "complete")
    made = attribute(
        store, claim(store, message, f"The user loves {PLANTED}9.", quote=PLANTED, run_id=run_id)
    )
    shown: dict[str, object] = {"attribute": f"The user loves {PLANTED}9."}
    judge(store, made, "bad", shown=shown, note=f"{PLANTED}10", correction=f"Not {PLANTED}11.")
    judge(store, made, "ok", shown=shown)
    judgments.undo_last(store)
    _plant_later_stages(store, message.message_id, made)
    return chat.conversation_id, made


def _plant_later_stages(store: Store, message_id: str, attribute_id: str) -> None:
    now = utc_now().isoformat()
    context = "'g', '0.1.0'"
    with store.write() as conn:
        conn.execute(
            "INSERT INTO user_prompts (prompt_id, origin, source_message_id, language, created_at, text) VALUES ('p', 'message', ?, 'en', ?, ?)",
            (message_id, now, f"{PLANTED}12"),
        )
        for response, personal in (("r0", 0), ("r1", 1)):
            conn.execute(
                "INSERT INTO responses VALUES (?, 'p', ?, 'm', NULL, 0, ?, ?)",
                (response, personal, now, f"{PLANTED}13"),
            )
        conn.execute(
            "INSERT INTO response_attributes (response_id, attribute_id) VALUES ('r1', ?)",
            (attribute_id,),
        )
        conn.execute(
            "INSERT INTO response_pairs (pair_id, prompt_id, generic_id, personalized_id, created_at) VALUES ('pair', 'p', 'r0', 'r1', ?)",
            (now,),
        )
        conn.execute(
            "INSERT INTO response_judgments (judgment_id, pair_id, created_at, shown_left,"
            f" raw_rating, rating, guideline_sha256, app_version, shown) VALUES ('j', 'pair', ?,"
            f" 'personalized', 2, 4, {context}, ?)",
            (now, f'{{"left": "{PLANTED}14"}}'),
        )
        conn.execute(
            "INSERT INTO relevance_judgments (judgment_id, prompt_id, attribute_id, created_at,"
            f" relevant, guideline_sha256, app_version) VALUES ('v', 'p', ?, ?, 1, {context})",
            (attribute_id, now),
        )
        conn.execute(
            "INSERT INTO model_judgments (judgment_id, kind, attribute_id, model_tag, verdict,"
            " detail, prompt_sha256, created_at) VALUES ('m', 'attribute', ?, 'judge', 'ok', ?,"
            " 'x', ?)",
            (attribute_id, f'{{"reason": "{PLANTED}15"}}', now),
        )
        conn.execute(
            "INSERT INTO learned_models (learned_id, kind, created_at, app_version, trained_on,"
            " metrics, coefficients) VALUES ('l', 'verifier', ?, '0.1.0', ?, '{}', '{}')",
            (now, f'["{PLANTED}16"]'),
        )


def test_nothing_of_a_forgotten_conversation_stays(store: Store, database: Path) -> None:
    kept = say(store, "an innocent message")
    chat, _ = plant(store)
    assert PLANTED.encode() in bytes_of(database)
    result = forgetting.forget_conversation(store, chat)
    assert PLANTED.encode() not in bytes_of(database)
    assert result == forgetting.Forgotten(1, 4, 2, 5)
    assert [c.conversation_id for c in conversations.list_all(store)] == [kept.conversation_id]
    assert attributes.list_all(store) == []
    assert [h.id for h in search.search(store, "innocent")] == [kept.message_id]
    assert store.conn.execute("SELECT count(*) FROM model_runs").fetchone() == (0,)
    judge(store, attribute(store, claim(store, kept, "The user is innocent.")))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        store.conn.execute("DELETE FROM attribute_judgments")


def test_nothing_of_a_forgotten_attribute_stays(store: Store, database: Path) -> None:
    message = say(store, "I sing in the choir")
    statement = f"The user sings {PLANTED}."
    made = attribute(store, claim(store, message, statement))
    judge(store, made, "bad", shown={"a": statement}, correction=f"The user hums {PLANTED}.")
    other = attribute(store, claim(store, message, "The user is social.", settings="s2"))
    judge(store, other, shown={"list": ["The user is social.", statement]})
    result = forgetting.forget_attribute(store, made)
    assert PLANTED.encode() not in bytes_of(database)
    assert (result.attributes, result.judgments, result.messages) == (2, 1, 0)
    left = judgments.current(store, other)
    assert left is not None
    assert left.context.shown == {"list": ["The user is social.", "[forgotten]"]}
    assert messages.pending_conversations(store, "s1") == []  # not inferred again


def test_forgetting_everything_leaves_an_empty_usable_journal(store: Store, database: Path) -> None:
    plant(store)
    result = forgetting.forget_everything(store)
    assert PLANTED.encode() not in bytes_of(database)
    assert (result.conversations, result.messages, result.attributes) == (1, 4, 2)
    assert result.complete
    assert say(store, "a new start").position == 0
    assert store.conn.execute("PRAGMA foreign_key_check").fetchall() == []


def test_another_idle_window_does_not_hinder(store: Store, database: Path) -> None:
    chat, _ = plant(store)
    with open_store(database) as other:
        assert conversations.count(other) == 1
        result = forgetting.forget_conversation(store, chat)
        assert result.complete
        assert PLANTED.encode() not in bytes_of(database)
        assert conversations.count(other) == 0


def test_a_window_that_is_reading_is_named_and_doctor_completes_it(
    database: Path,
) -> None:
    with open_store(database, wait_seconds=0.05) as store, open_store(database) as other:
        chat, _ = plant(store)
        other.conn.execute("BEGIN")
        assert conversations.count(other) == 1
        result = forgetting.forget_conversation(store, chat)
        assert not result.complete
        assert "another persona-tui" in str(result.note)
        assert conversations.list_all(store) == []
        other.conn.execute("COMMIT")
        assert PLANTED.encode() in bytes_of(database)
        assert {c.name: c.ok for c in health.checks(store)}["forgotten"]
        assert PLANTED.encode() not in bytes_of(database)
        assert store.conn.execute("SELECT * FROM settings_kv").fetchall() == []


def test_closing_completes_what_another_window_hindered(database: Path) -> None:
    with open_store(database, wait_seconds=0.05) as store, open_store(database) as other:
        chat, _ = plant(store)
        other.conn.execute("BEGIN")
        assert conversations.count(other) == 1
        assert not forgetting.forget_conversation(store, chat).complete
        other.conn.execute("COMMIT")
    assert PLANTED.encode() not in bytes_of(database)
    with open_store(database) as store:
        assert store.conn.execute("SELECT * FROM settings_kv").fetchall() == []


def test_a_window_that_begins_to_read_in_between_is_seen(database: Path) -> None:
    """The rewritten pages stand only in the log as long as somebody reads the old ones."""
    with open_store(database, wait_seconds=0.05) as store, open_store(database) as other:
        chat, _ = plant(store)

        def read_now(statement: str) -> None:
            if statement == "VACUUM":
                other.conn.execute("BEGIN")
                assert conversations.count(other) == 0

        store.conn.set_trace_callback(read_now)
        result = forgetting.forget_conversation(store, chat)
        store.conn.set_trace_callback(None)
        assert not result.complete
        other.conn.execute("COMMIT")
        assert {c.name: c.ok for c in health.checks(store)}["forgotten"]


def test_an_unfinished_copy_of_a_killed_backup_goes(
    store: Store, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, _ = plant(store)
    died = subprocess.Popen([sys.executable, "-c", ""])
    died.wait()

    def killed(conn: sqlite3.Connection, target: Path) -> None:
        part = target.with_name(f".{target.name}.{died.pid}.part")
        part.write_bytes(PLANTED.encode())
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backup, "copy_to", killed)
        for target in (tmp_path / "usb" / "copy.db", database.parent / "backups" / "p.db"):
            with pytest.raises(KeyboardInterrupt):
                backup.backup(store, target)
    running = tmp_path / "usb" / f".other.db.{os.getpid()}.part"
    running.touch()
    assert backup.known(store) == []
    forgetting.forget_conversation(store, chat)
    assert list(tmp_path.rglob("*.part")) == [running]


def test_backups_that_remain_are_named(store: Store, tmp_path: Path) -> None:
    chat, _ = plant(store)
    gone, left = tmp_path / "gone.db", tmp_path / "left.db"
    backup.backup(store, gone)
    backup.backup(store, left)
    gone.unlink()
    result = forgetting.forget_conversation(store, chat)
    assert result.backups_remaining == (left,)
    assert PLANTED.encode() in left.read_bytes()


def test_an_attribute_with_other_sources_takes_the_words_of_one(
    store: Store, database: Path
) -> None:
    first = say(store, f"I am a {PLANTED} nurse")
    second = say(store, "I am a nurse at night")
    made = attribute(
        store,
        claim(store, first, f"The user is a {PLANTED} nurse."),
        claim(store, second, "The user is a nurse."),
    )
    judge(store, made, "bad", shown={"a": f"The user is a {PLANTED} nurse."}, correction="No.")
    forgetting.forget_conversation(store, first.conversation_id)
    (found,) = attributes.list_all(store)
    assert (found.attribute_id, found.text, found.judgment) == (made, "The user is a nurse.", None)
    assert [e.quote for e in found.evidence] == ["I am a nurse at night"]
    assert [h.id for h in search.search(store, "nurse", kinds=["attribute"])] == [made]
    assert PLANTED.encode() not in bytes_of(database)


def test_a_judgment_on_unchanged_words_stays_with_forgotten_quotes_blacked_out(
    store: Store, database: Path
) -> None:
    first = say(store, f"{PLANTED} I nurse")
    second = say(store, "I am a nurse at night")
    made = attribute(
        store,
        claim(store, second, "The user is a nurse."),
        claim(store, first, "The user nurses."),
    )
    shown: dict[str, object] = {
        "attribute": "The user is a nurse.",
        "evidence": [f"…{PLANTED} I nurse…", "I am a nurse at night"],
    }
    judge(store, made, shown=shown, note="true")
    forgetting.forget_conversation(store, first.conversation_id)
    (found,) = attributes.list_all(store)
    assert found.judgment is not None
    assert (found.judgment.verdict, found.judgment.note) == ("ok", "true")
    assert found.judgment.context.shown == {
        "attribute": "The user is a nurse.",
        "evidence": ["[forgotten]", "I am a nurse at night"],
    }
    assert PLANTED.encode() not in bytes_of(database)


def test_what_is_said_of_others_is_not_lost_to_a_common_word(store: Store) -> None:
    """Forgetting a chat called "nurse" is no reason to black out nurses elsewhere."""
    chat = conversations.create(store, title="nurse")
    say(store, "hello", chat.conversation_id)
    other = say(store, "I am a nurse")
    made = attribute(store, claim(store, other, "The user is a nurse."))
    shown: dict[str, object] = {"attribute": "The user is a nurse.", "filter": "nurse"}
    judge(store, made, shown=shown, note="a nurse, yes")
    forgetting.forget_conversation(store, chat.conversation_id)
    left = judgments.current(store, made)
    assert left is not None
    assert (left.context.shown, left.note) == (shown, "a nurse, yes")


def test_a_run_that_serves_others_stays(store: Store) -> None:
    run_id = run_of(store, "shared prompt")
    first, second = say(store, "one"), say(store, "two")
    attribute(store, claim(store, first, "The user is one.", run_id=run_id))
    attribute(store, claim(store, second, "The user is two.", run_id=run_id))
    forgetting.forget_conversation(store, first.conversation_id)
    assert prompts.text(store, runs.get(store, run_id).prompt_sha256) == "shared prompt"
    forgetting.forget_conversation(store, second.conversation_id)
    with pytest.raises(NotFoundError):
        runs.get(store, run_id)


def test_ones_own_attribute_goes_with_the_only_words_it_quotes(store: Store) -> None:
    message = say(store, "Ich wohne in Wien")
    free = attributes.add_by_user(store, "The user sings.")
    attributes.add_by_user(store, "The user is Viennese.", evidence=[span(message, "Wien")])
    forgetting.forget_conversation(store, message.conversation_id)
    assert [a.attribute_id for a in attributes.list_all(store)] == [free.attribute_id]


def test_forgetting_what_is_not_there_is_told(store: Store) -> None:
    with pytest.raises(NotFoundError):
        forgetting.forget_conversation(store, new_id())
    with pytest.raises(NotFoundError):
        forgetting.forget_attribute(store, new_id())
    assert not store.conn.in_transaction


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_mixture_stays_consistent(data: st.DataObject) -> None:
    """Whatever rests on what, after forgetting every reference leads somewhere."""
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "p.db") as store:
        chats = [say(store, f"{PLANTED}{i} I do thing {i}") for i in range(3)]
        for number in range(data.draw(st.integers(1, 4))):
            sources = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True))
            claims = [
                claim(store, chats[i], f"{PLANTED}{i} does {number}.", settings=f"{number}")
                for i in sources
            ]
            made = attribute(store, *claims)
            for _ in range(data.draw(st.integers(0, 2))):
                words = data.draw(st.sampled_from([None, "Corrected."]))
                judge(store, made, shown={"a": claims[0].text}, correction=words)
        target = data.draw(st.integers(0, 2))
        forgetting.forget_conversation(store, chats[target].conversation_id)
        assert f"{PLANTED}{target}".encode() not in bytes_of(store.path)
        assert store.conn.execute("PRAGMA foreign_key_check").fetchall() == []
        for index in ("messages_fts", "attributes_fts"):
            store.conn.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
        for left in attributes.list_all(store):
            assert left.evidence or left.strategy == "user"


def test_the_same_words_from_another_conversation_keep_the_judgment(store: Store) -> None:
    first, second = say(store, "I am a nurse"), say(store, "nurse here")
    made = attribute(
        store,
        claim(store, first, "The user is a nurse.", confidence=0.9),
        claim(store, second, "The user is a nurse.", confidence=0.5),
    )
    judge(store, made, shown={"attribute": "The user is a nurse."})
    forgetting.forget_conversation(store, first.conversation_id)
    (found,) = attributes.list_all(store)
    assert found.judgment is not None
    assert found.judgment.context.shown == {"attribute": "The user is a nurse."}
    assert [c.conversation_id for c in found.sources] == [second.conversation_id]


def test_a_correction_with_words_of_its_own_elsewhere_stays(store: Store) -> None:
    first, second = say(store, "I live in Graz"), say(store, "Wien is home")
    made = attribute(store, claim(store, first, "The user lives in Graz."))
    own = attributes.add_by_user(
        store, "The user lives in Vienna.", corrects=made, evidence=[span(second, "Wien")]
    )
    forgetting.forget_conversation(store, first.conversation_id)
    (left,) = attributes.list_all(store)
    assert (left.attribute_id, left.corrects) == (own.attribute_id, None)
