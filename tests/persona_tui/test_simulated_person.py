"""A simulated person with known tastes goes through the whole audit by the code paths of the screens;
the report finds again what was planted."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace as changed

from persona_tui.config import JudgingConfig
from persona_tui.jobs.compare_session import CompareSession
from persona_tui.jobs.relevance_changes import write
from persona_tui.jobs.relevance_session import RelevanceSession
from persona_tui.jobs.reporting import report_now
from persona_tui.jobs.reviewing import ReviewSession
from persona_tui.report.model import Report
from store import relevance, responses, user_prompts
from store.audit import Response
from store.db import Store, open_store, utc_now
from store.records import Verdict
from tests.persona_tui.review_data import seed as conversation

SEEDS = 200
ACCEPTANCE, YES, HELPED = 0.6, 0.25, 0.45
CONFIG = JudgingConfig(repeat_share=0.0, catch_share=0.0)


class Person:
    """Accepts each attribute with ``ACCEPTANCE``, calls one relevant with ``YES``, finds a personalized
    answer better with ``HELPED``; takes the left answer with ``left_bias`` whatever it says."""

    def __init__(self, number: int, left_bias: float = 0.0) -> None:
        self.draw = np.random.default_rng(number)
        self.left_bias = left_bias

    def review(self, store: Store) -> None:
        session = ReviewSession.load(store, surface="screen")
        while session.current is not None:
            likes = self.draw.random() < ACCEPTANCE
            verdict: Verdict = "ok" if likes else "bad"
            change = session.judge(verdict)
            assert change is not None
            session.done(change, change.write(store))
            if verdict == "bad":
                change = session.why("overgeneralization")
                assert change is not None
                session.done(change, change.write(store))

    def relevance(self, store: Store) -> None:
        session = RelevanceSession.load(store, CONFIG, surface="screen")
        while session.phase in ("ask", "summary"):
            if session.phase == "summary":
                session.next_prompt()
                continue
            change = session.answer(bool(self.draw.random() < YES))
            assert change is not None
            write(store, change)

    def compare(self, store: Store) -> None:
        session = CompareSession.load(store, CONFIG, surface="screen")
        while session.current is not None:
            if session.phase == "unmasked":
                session.go_on()
                continue
            # What the person feels about the answers, then which key that is on this screen.
            better = self.draw.random() < HELPED
            rating = 4 if better else int(self.draw.choice([2, 3]))
            left = session.current.shown_left
            raw = rating if left == "generic" else 6 - rating
            if self.draw.random() < self.left_bias:
                raw = 2
            change = session.rate(raw)
            assert change is not None
            session.done(change, change.write(store))


def journal(path: Path, number: int, *, pairs: int, talks: int, prompts: int) -> Store:
    """Attributes of ``talks`` conversations, prompts, and pairs on ready-made answers."""
    store = open_store(path)
    draw = np.random.default_rng(number + 10_000)
    with store.write():
        for talk in range(talks):
            conversation(store, 4, title=f"Talk {talk}")
        made = [user_prompts.add(store, f"Question {n}?") for n in range(max(prompts, pairs))]
        for one in made[prompts:]:
            user_prompts.remove(store, one.prompt_id)
        for one in made[:pairs]:
            generic = Response("", one.prompt_id, False, "m", utc_now(), "Generic.")
            told = Response("", one.prompt_id, True, "m", utc_now(), "Personal.")
            responses.add_pair(
                store, one.prompt_id, generic, told, arm="relevant",
                shown_left="generic" if draw.random() < 0.5 else "personalized",
            )  # fmt: skip
    return store


def audited(path: Path, person: Person, number: int, *, pairs: int = 20) -> Report:
    with journal(path, number, pairs=pairs, talks=8, prompts=6) as store:
        # The steps of one sitting in one transaction: two hundred people share one disk.
        with store.write():
            person.review(store)
            person.relevance(store)
            person.compare(store)
        return report_now(store)


@pytest.mark.timeout(600)
def test_what_was_planted_is_within_the_intervals_of_nearly_all(tmp_path: Path) -> None:
    truth = {
        "stage1.acceptance": ACCEPTANCE,
        "stage2.yes_rate": YES,
        "stage3.no_better": 1 - HELPED,
    }
    within = dict.fromkeys(truth, 0)
    wide = dict.fromkeys(truth, 0.0)
    for number in range(SEEDS):
        report = audited(tmp_path / f"{number}.db", Person(number), number)
        for key, value in truth.items():
            found = report.get(key)
            assert found is not None
            assert found.low is not None
            assert found.high is not None
            within[key] += found.low <= value <= found.high
            normal = 2 * 1.96 * math.sqrt(value * (1 - value) / found.n)
            wide[key] += (found.high - found.low) / normal / SEEDS
        (tmp_path / f"{number}.db").unlink()
    # 95 % of 200 is 190; three standard deviations of that are 9. Few clusters make an interval
    # cautious, so that all 200 may hold; what an interval must not do is hold because it says nothing.
    assert all(count >= 181 for count in within.values()), within
    assert all(ratio < 1.6 for ratio in wide.values()), wide


def test_a_planted_position_bias_is_found(tmp_path: Path) -> None:
    biased = audited(tmp_path / "b.db", Person(1, left_bias=0.5), 1, pairs=80)
    found = biased.get("quality.position")
    assert found is not None
    assert found.low is not None
    assert found.low > 0
    assert any("left answer more often" in note for note in biased.notes)
    fair = audited(tmp_path / "f.db", Person(2), 2, pairs=80).get("quality.position")
    assert fair is not None
    assert fair.low is not None
    assert fair.high is not None
    assert fair.low <= 0 <= fair.high


def test_a_consistent_person_agrees_with_themselves(tmp_path: Path) -> None:
    person = Person(3)
    with journal(tmp_path / "c.db", 3, pairs=0, talks=8, prompts=6) as store:
        person.review(store)
        person.relevance(store)
        config = changed(CONFIG, repeat_share=1.0)
        said = {
            (row.prompt_id, row.attribute_id): row.relevant for row in relevance.in_force(store)
        }
        session = RelevanceSession.load(
            store, config, surface="screen", now=lambda: utc_now() + timedelta(days=8)
        )
        while session.phase in ("ask", "summary"):
            if session.phase == "summary" or session.sheet is None or session.item is None:
                session.next_prompt()
                continue
            mine = said[session.sheet.prompt.prompt_id, session.item.item_id]
            change = session.answer(bool(mine))
            assert change is not None
            write(store, change)
        found = report_now(store).get("quality.retest.2")
    assert found is not None
    assert found.value == 1.0
    assert found.n == len(said)
