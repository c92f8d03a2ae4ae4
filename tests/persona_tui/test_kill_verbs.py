"""``kill -9`` in the middle of the real verbs: what they said is kept, and they go on from there.

``review --plain`` has its own in ``test_review_plain``; the store alone is killed 200 times in
``tests/store/test_kill``.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pexpect
import pytest

from persona_tui.paths import Paths
from persona_tui.state import UiState, save_state
from store import attributes, candidates, conversations, health
from store.db import Store, open_store
from tests.persona_tui.review_data import seeded

TURNS = 4
KILLS = 10


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "persona_tui", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def counted(paths: Paths, sql: str) -> int:
    with open_store(paths.database) as store:
        return int(store.conn.execute(sql).fetchone()[0])


def grown(paths: Paths, sql: str, before: int) -> bool:
    return counted(paths, sql) > before


def check_whole(store: Store) -> None:
    assert [check for check in health.checks(store) if not check.ok] == []


def kill_when(process: subprocess.Popen[str], reached: Callable[[], bool], wait: float) -> None:
    """Kill ``process`` ``wait`` seconds after ``reached()``, or at its end."""
    deadline = time.monotonic() + 60
    while not reached() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(wait)
    process.send_signal(signal.SIGKILL)
    process.wait()


@pytest.mark.kill
def test_import_goes_on_after_each_kill_and_adds_nothing_twice(
    paths: Paths, tmp_path: Path
) -> None:
    source = tmp_path / "chats.jsonl"
    total = 12_000
    with source.open("w") as file:
        for number in range(total):
            turns = [
                {"role": ("user", "assistant")[turn % 2], "content": f"words {number} {turn}"}
                for turn in range(TURNS)
            ]
            file.write(json.dumps({"id": f"c{number}", "messages": turns}) + "\n")
    open_store(paths.database).close()
    rng = random.Random(1)
    cut_off = 0
    many = "SELECT count(*) FROM conversations"
    for _ in range(KILLS):
        before = counted(paths, many)
        with start("import", str(source), "--json") as process:
            kill_when(process, partial(grown, paths, many, before), rng.random() * 0.03)
        with open_store(paths.database) as store:
            check_whole(store)
            assert conversations.count(store) >= before
            assert {row.messages for row in conversations.list_all(store)} == {TURNS}
            cut_off += before < conversations.count(store) < total
    assert cut_off > 2
    with start("import", str(source), "--json") as process:
        report = json.loads(process.communicate()[0])
    assert process.returncode == 0
    assert report["conversations"]["updated"] == 0
    assert counted(paths, many) == total
    assert counted(paths, "SELECT count(*) FROM messages") == total * TURNS


@pytest.mark.kill
@pytest.mark.model
def test_extract_keeps_what_it_said_and_reads_nothing_twice(paths: Paths) -> None:
    from store import messages

    said = [f"I work as a nurse and I own {n} old bicycles in Lisbon." for n in range(2, 8)]
    with open_store(paths.database) as store:
        made = conversations.create(store, title="t")
        for text in said:
            messages.append(store, made.conversation_id, "user", text)
    rng = random.Random(2)
    told: list[str] = []
    read = "SELECT count(*) FROM extractions"
    for _ in range(2):  # loading the model is what takes the time
        before = counted(paths, read)
        with start("extract") as process:
            kill_when(process, partial(grown, paths, read, before), rng.random() * 0.5)
            assert process.stdout is not None
            told += process.stdout.read().splitlines()
        with open_store(paths.database) as store:
            check_whole(store)
            texts = {row.text for row in attributes.list_all(store)}
            texts |= {one.text for row in attributes.list_all(store) for one in row.sources}
            assert [text for text in told if text not in texts] == []
            for row in attributes.list_all(store):
                for evidence in row.evidence:
                    assert evidence.quote in messages.get(store, evidence.message_id).text
    with start("extract") as process:
        process.communicate()
    assert process.returncode == 0
    with open_store(paths.database) as store:
        assert candidates.unmerged(store) == []
        sources = [one for row in attributes.list_all(store) for one in row.sources]
        assert sources
        # No message was read twice: no two sources of one sentence of it say the same.
        keys = [(one.evidence, one.text) for one in sources]
        assert len(keys) == len(set(keys))
    assert counted(paths, read) == len(said)


@pytest.mark.kill
@pytest.mark.terminal
def test_a_killed_review_on_the_full_screen_has_no_holes(paths: Paths) -> None:
    """Verdicts are painted before they are written: what a kill takes is the last keys only."""
    from persona_tui.jobs.review.session import ReviewSession
    from store import catches, judgments

    seeded(paths.database, 60)
    save_state(paths.state, UiState(welcomed=True))
    given = "SELECT count(*) FROM attribute_judgments"
    with open_store(paths.database) as store:
        order = ReviewSession.load(store, surface="screen").queue._order
    for kill in range(3):
        before = counted(paths, given)
        child = pexpect.spawn(
            sys.executable,
            ["-m", "persona_tui", "review"],
            dimensions=(24, 80),
            env={**os.environ, "TERM": "xterm-256color"},
            timeout=60,
        )
        child.expect_exact("a statement about you")
        while not grown(paths, given, before + kill):
            child.send("aaa")
            time.sleep(0.02)
        child.kill(signal.SIGKILL)
        child.close(force=True)
        with open_store(paths.database) as store:
            check_whole(store)
            planted = {f"catch:{key}" for key in catches.in_force(store)}
            judged = [key for key in order if key in planted or judgments.current(store, key)]
            assert judged == order[: len(judged)]
            assert len(judged) > before
