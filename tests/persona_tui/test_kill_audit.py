"""``kill -9`` at random moments of Relevance and Compare, on the screen and line by line.

What was acknowledged is in the journal and nothing is half written; no side moved, and nothing was
unmasked that is not finished. Review has its own in ``test_kill_verbs`` and ``test_review_plain``.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from persona_tui.config import JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.compare.queue import Item, finished
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.paths import Paths
from persona_tui.state import UiState, save_state
from store import relevance, response_judgments, responses
from store.audit import Side, reoriented
from store.db import Store, open_store
from tests.persona_tui.audit_data import audit
from tests.persona_tui.simulated_audit import fill, pairs
from tests.persona_tui.test_kill_verbs import check_whole, counted, grown
from tests.terminal import Terminal

ATTRIBUTES, PAIRS, KILLS = 20, 40, 5
JUDGING = JudgingConfig(catch_share=0.0)
GIVEN_2 = "SELECT count(*) FROM relevance_judgments"
GIVEN_3 = "SELECT count(*) FROM response_judgments"
BLINDED = re.compile(r"\d+ of \d+ · blinded")

Order = list[tuple[str, str]]


@pytest.fixture
def quiet(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """No planted items, all that was accepted told, no welcome."""
    monkeypatch.setenv("PERSONA_TUI_JUDGING__CATCH_SHARE", "0")
    monkeypatch.setenv("PERSONA_TUI_COMPARE__ARM", "all")
    save_state(paths.state, UiState(welcomed=True))
    return paths


def until(process: subprocess.Popen[bytes], what: re.Pattern[bytes], times: int) -> bytes:
    """What it says until it has said ``what`` so often."""
    assert process.stdout is not None
    said = b""
    while len(what.findall(said)) < times:
        line = process.stdout.readline()
        assert line, said
        said += line
    return said


def kill(process: subprocess.Popen[bytes]) -> bytes:
    """Kill it; what it had still said."""
    os.kill(process.pid, signal.SIGKILL)
    assert process.stdout is not None
    rest = process.stdout.read()
    process.wait()
    return rest


# --- relevance --------------------------------------------------------------------------------------


def with_prompts(paths: Paths) -> Order:
    """A journal with prompts; what will be asked, in order."""
    with open_store(paths.database) as store:
        audit(store, ATTRIBUTES, prompts=tuple(f"What of {n}?" for n in range(8)))
        from persona_tui.jobs.prompts import add_bank

        add_bank(store)  # as the screen does: it would join the line
        session = RelevanceSession.load(store, JUDGING, surface="screen")
        return [
            (sheet.prompt.prompt_id, draw.item_id)
            for sheet in session._sheets.values()
            for draw in sheet.items
        ]


def check_relevance(store: Store, order: Order) -> int:
    """The answers are a beginning of what is asked, each there once; how many."""
    check_whole(store)
    rows = relevance.in_force(store)
    given = {(row.prompt_id, row.attribute_id) for row in rows}
    assert [key for key in order if key in given] == order[: len(given)]
    for row in rows:
        assert row.relevant is True
        assert row.context.model_hidden
        assert len(relevance.history(store, row.prompt_id, row.attribute_id)) == 1
    session = RelevanceSession.load(store, JUDGING, surface="screen")
    assert session.sheet is not None
    assert session.item is not None
    assert (session.sheet.prompt.prompt_id, session.item.item_id) == order[len(given)]
    assert not session.may_tell
    return len(given)


@pytest.mark.kill
@pytest.mark.terminal
def test_relevance_on_the_screen(quiet: Paths) -> None:
    order, chance = with_prompts(quiet), random.Random(2)
    for _ in range(KILLS):
        before = counted(quiet, GIVEN_2)
        with Terminal("relevance", columns=80, rows=24) as app:
            app.wait_for("y yes")
            assert "would use" not in app.text()
            more, deadline = chance.randrange(6), time.monotonic() + 60
            while not grown(quiet, GIVEN_2, before + more):
                assert time.monotonic() < deadline
                app.press("y", "enter")
            app.child.send("y\r" * chance.randrange(1, 30))
            app.pump(chance.random() * 0.3)
            app.kill()
        with open_store(quiet.database) as store:
            assert check_relevance(store, order) > before


@pytest.mark.kill
def test_relevance_line_by_line(quiet: Paths) -> None:
    order, chance = with_prompts(quiet), random.Random(3)
    question = re.compile(rb"^\d+/\d+ ", re.MULTILINE)
    acknowledged = 0
    for round_ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-m", "persona_tui", "relevance", "--plain"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"y\n" * 200)
            process.stdin.flush()
            said = until(process, question, chance.randrange(1, 7))
            time.sleep(chance.random() * 0.01)
            said += kill(process)
        # Before an item is asked about, the answer to the one before is kept.
        acknowledged += max(0, len(question.findall(said)) - 1)
        with open_store(quiet.database) as store:
            kept = check_relevance(store, order)
        assert acknowledged <= kept <= acknowledged + 1 + round_


# --- compare ----------------------------------------------------------------------------------------


def with_pairs(paths: Paths) -> dict[str, Side]:
    """A journal with pairs as the program makes them; which side of each is left."""

    async def make() -> dict[str, Side]:
        async with StoreThread(paths.database) as db:
            await db.run(audit, 3, prompts=())
            await db.run(fill, 1, talks=0, of_a_talk=0, prompts=PAIRS)
            chosen = Settings(judging=JUDGING)
            from msgspec.structs import replace

            wanted = replace(chosen.compare, arm="all", ahead=PAIRS)
            assert await pairs(db, 1, replace(chosen, compare=wanted)) == PAIRS
            return {one.pair_id: one.shown_left for one in await db.run(responses.pairs)}

    return asyncio.run(make())


def check_pairs(store: Store, sides: dict[str, Side]) -> CompareSession:
    """Every pair that was begun is whole and blinded, all but the last one finished; the session
    that goes on from there."""
    check_whole(store)
    assert {one.pair_id: one.shown_left for one in responses.pairs(store)} == sides
    rows = {row.pair_id: row for row in response_judgments.in_force(store)}
    for pair_id, row in rows.items():
        assert row.raw_rating == 4
        assert row.shown_left == sides[pair_id]
        assert row.rating == reoriented(4, row.shown_left)
        assert row.blinded
        assert row.context.model_hidden
        asked, said = row.context.shown["attribute_order"], row.context.shown["attribute_raw"]
        assert isinstance(asked, list)
        assert isinstance(said, dict)
        assert list(said) == asked[: len(said)]
        assert finished(row) == (len(said) == len(asked))
        chain = response_judgments.history(store, pair_id)
        assert [one.supersedes for one in chain] == [None, *(one.judgment_id for one in chain[:-1])]
        assert len(chain) == 1 + len(said)
    session = CompareSession.load(store, JUDGING, surface="screen")
    order = list(session.queue.items)
    done = [key for key in order if key in rows and finished(rows[key])]
    half = [key for key in order if key in rows and not finished(rows[key])]
    assert [*done, *half] == order[: len(rows)]
    assert len(half) <= 1
    assert session.unmasked is None
    assert session.key == order[len(done)]
    assert session.phase == ("attribute" if half else "overall")
    return session


@pytest.mark.kill
@pytest.mark.terminal
def test_compare_on_the_screen(quiet: Paths) -> None:
    sides, chance = with_pairs(quiet), random.Random(4)
    for _ in range(KILLS):
        before = counted(quiet, GIVEN_3)
        with open_store(quiet.database) as store:
            expected = check_pairs(store, sides)
        assert expected.current is not None
        with Terminal("compare", columns=120, rows=40) as app:
            text = app.wait_for(partial(_shows, item=expected.current), hint="the same pair")
            assert "unmasked" not in text
            assert "was personalized" not in text
            more, deadline = chance.randrange(8), time.monotonic() + 60
            while not grown(quiet, GIVEN_3, before + more):
                assert time.monotonic() < deadline
                app.press("4", "enter")
            app.child.send("4\r" * chance.randrange(1, 12))
            app.pump(chance.random() * 0.3)
            app.kill()
        with open_store(quiet.database) as store:
            check_pairs(store, sides)
    assert counted(quiet, GIVEN_3) > KILLS


def _shows(text: str, item: Item) -> bool:
    """Whether a wide terminal shows this pair, blinded, and asks about it."""
    lines = text.split("\n")
    left, right = (" ".join(" ".join(half).split()) for half in
                   ([line[:60] for line in lines], [line[60:] for line in lines]))  # fmt: skip
    return (
        BLINDED.search(text) is not None
        and "1 left much better" in text
        and item.prompt in text
        and item.left in left
        and item.right in right
    )


@pytest.mark.kill
def test_compare_line_by_line(quiet: Paths) -> None:
    sides, chance = with_pairs(quiet), random.Random(5)
    saved = re.compile(rb"Saved\.")
    acknowledged = told = 0
    for round_ in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-m", "persona_tui", "compare", "--plain"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(b"4\n" * 200)
            process.stdin.flush()
            said = until(process, saved, chance.randrange(1, 7))
            time.sleep(chance.random() * 0.01)
            said += kill(process)
        acknowledged += len(saved.findall(said))
        told += said.count(b"answer was the personalized one")
        with open_store(quiet.database) as store:
            check_pairs(store, sides)
            rows = response_judgments.in_force(store)
        # Which one was personalized is told only of what is in the journal, finished.
        assert told <= sum(finished(row) for row in rows)
        kept = counted(quiet, GIVEN_3)
        assert acknowledged <= kept <= acknowledged + 1 + round_
