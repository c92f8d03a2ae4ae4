"""``kill -9`` at random moments, 200 times: what was acknowledged is there, and whole."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from store import candidates, conversations, erasing, imports
from store.db import Store, open_store
from store.records import ConversationDraft, MessageDraft
from tests.store import kill_worker

ROOT = Path(__file__).parents[2]


@pytest.fixture
def zygote() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, kill_worker.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with process:
        yield process
        process.kill()


def kill_one(
    zygote: subprocess.Popen[str],
    mode: str,
    database: Path,
    rng: random.Random,
    *,
    within: float = 0.004,
) -> list[str]:
    """Let a worker write, kill it at a random moment; the ids that it acknowledged."""
    orders, answers = cast("IO[str]", zygote.stdin), cast("IO[str]", zygote.stdout)
    orders.write(f"{mode} {database} {rng.getrandbits(32)}\n")
    orders.flush()
    acknowledged: list[str] = []
    after = rng.randrange(12)  # lines to wait for, so that the machine's speed does not matter
    pid: int | None = None
    for line in answers:
        if line == "dead\n":
            return acknowledged
        if line.startswith("pid "):
            pid = int(line.split()[1])
        else:
            acknowledged += line.split()
            after -= 1
        if after <= 0 and pid is not None:
            time.sleep(rng.random() * within)  # somewhere inside the next write
            os.kill(pid, signal.SIGKILL)
            pid = None
    raise AssertionError("the worker's parent died")


def check_whole(store: Store) -> None:
    """Nothing is damaged, nothing is half there."""
    conn = store.conn
    assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
    for index in ("messages_fts", "attributes_fts"):
        conn.execute(f"INSERT INTO {index} ({index}) VALUES ('integrity-check')")
    for table in ("messages", "attributes"):
        rows, indexed = conn.execute(
            f"SELECT (SELECT count(*) FROM {table}), (SELECT count(*) FROM {table}_fts_docsize)"
        ).fetchone()
        assert rows == indexed
    halves = conn.execute(
        "SELECT count(*) FROM (SELECT count(m.n) AS k FROM conversations c LEFT JOIN messages m"
        " USING (conversation_id) GROUP BY c.conversation_id HAVING k <> ?)",
        (kill_worker.TURNS,),
    ).fetchone()[0]
    assert halves == 0
    unsupported = conn.execute(
        "SELECT count(*) FROM candidates c WHERE NOT EXISTS (SELECT 1 FROM candidate_evidence e"
        " WHERE e.candidate_id = c.candidate_id)"
    ).fetchone()[0]
    assert unsupported == 0
    # A correction and its judgment are written together or not at all.
    orphans = conn.execute(
        "SELECT count(*) FROM attributes a WHERE corrects IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM attribute_judgments j WHERE j.corrected_attribute_id = a.attribute_id)"
    ).fetchone()[0]
    assert orphans == 0


def lost(store: Store, acknowledged: list[str]) -> set[str]:
    """The acknowledged ids that are nowhere."""
    found = store.conn.execute(
        "SELECT external_id FROM conversations UNION SELECT candidate_id FROM candidates"
        " UNION SELECT attribute_id FROM attributes UNION SELECT judgment_id FROM"
        " attribute_judgments"
    )
    return set(acknowledged) - {row[0] for row in found}


def fill(database: Path) -> None:
    """Some conversations and attributes to start from."""
    turns = tuple(MessageDraft("user", f"I said {i} of it") for i in range(kill_worker.TURNS))
    with open_store(database) as store:
        imports.upsert(
            store, [ConversationDraft("claude", f"first{i}", "t", turns) for i in range(30)]
        )
        rng = random.Random(0)
        for _ in kill_worker.extracting(store, rng):
            pass
        assert candidates.unmerged(store) == []
        assert conversations.count(store) == 30


@pytest.mark.kill
@pytest.mark.parametrize(("mode", "kills"), [("import", 70), ("extract", 65), ("judge", 65)])
def test_no_acknowledged_row_is_lost(
    zygote: subprocess.Popen[str], database: Path, mode: str, kills: int
) -> None:
    fill(database)
    rng = random.Random(mode)
    acknowledged: list[str] = []
    for _ in range(kills):
        acknowledged += kill_one(zygote, mode, database, rng)
        with open_store(database) as store:
            check_whole(store)
            assert lost(store, acknowledged) == set()
    assert len(acknowledged) > 5 * kills


@pytest.mark.kill
def test_what_was_being_forgotten_is_gone_or_all_there(
    zygote: subprocess.Popen[str], database: Path
) -> None:
    """Also in the middle of rewriting the file; the next one to close the journal completes it."""
    rng = random.Random("forget")
    acknowledged: list[str] = []
    interrupted = 0
    for _ in range(30):
        acknowledged += kill_one(zygote, "forget", database, rng, within=0.04)
        with open_store(database) as store:
            interrupted += erasing.is_scrub_due(store.conn)
            check_whole(store)
            assert lost(store, acknowledged) == set()
            there = {c.title for c in conversations.list_all(store)}
        with open_store(database) as store:
            assert not erasing.is_scrub_due(store.conn)
        bytes_left = b"".join(p.read_bytes() for p in database.parent.iterdir())
        assert set(re.findall(rb"zq[0-9a-f]{16}", bytes_left)) == {t.encode() for t in there}
    assert interrupted
