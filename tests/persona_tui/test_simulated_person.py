"""A simulated person with known tastes goes through the whole audit by the code paths of the screens;
the report finds again what was planted (:mod:`tests.persona_tui.simulated` says what that is)."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from scipy import stats

from persona_tui.db import StoreThread
from persona_tui.jobs.reporting import make_report
from persona_tui.report.model import Report
from store import attributes
from store.db import Store
from tests.persona_tui.audit_data import judge
from tests.persona_tui.simulated import Person, truths
from tests.persona_tui.simulated_audit import (
    SETTINGS,
    compare,
    everything,
    fill,
    fixed_chance,
    pairs,
)

SEEDS = int(os.environ.get("AUDIT_SEEDS", "60"))
"""People. ``AUDIT_SEEDS=200`` takes four minutes, and sees more."""
BIASES = (0.0, 0.5)
"""Share of comparisons in which the left answer is taken unread, of people in turn."""
CAUTIOUS = (
    "stage1.acceptance", "stage1.problems",  # few conversations: the effective number shrinks
    "stage1.failure", "quality.planted", "quality.identical",  # Wilson, of very few
    "quality.position",  # repeats have the sides exchanged, and are counted as if they stood alone
)  # fmt: skip
NOT_ALWAYS = {"quality.identical": 0.5}
"""Figures that need more items than some journals have: the share of journals that have them."""
PAIRS = 40
NO_CATCH = replace(SETTINGS.judging, catch_share=0.0)


def least(intervals: int) -> int:
    """So many of nominal 95 % hold, but for bad luck of three standard deviations: 181 of 200, 52 of 60."""
    return int(stats.binom.ppf(0.004, intervals, 0.95))


def most(people: int, share: float) -> int:
    """So many of them are noted, but for bad luck of three standard deviations: 12 of 100."""
    return int(stats.binom.ppf(0.996, people, share))


def accept_all(store: Store) -> None:
    """Each attribute, as Review does."""
    with store.write():
        for one in attributes.list_all(store):
            judge(store, one.attribute_id)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: hundreds of journals must not wait for a disk."""
    memory = Path("/dev/shm")
    if not memory.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


async def audited(path: Path, number: int, bias: float) -> Report:
    """The report of a whole audit."""
    async with StoreThread(path) as db:
        await everything(db, number, Person(number, bias=bias))
        return await make_report(db)


@pytest.mark.timeout(1800)
def test_what_was_planted_is_found_again(room: Path) -> None:
    held: Counter[str] = Counter()
    there: Counter[str] = Counter()
    noted: Counter[float] = Counter()
    for number in range(SEEDS):
        bias, path = BIASES[number % 2], room / f"{number}.db"
        with fixed_chance(number):
            report = asyncio.run(audited(path, number, bias))
        path.unlink()
        noted[bias] += any("left answer more often" in note for note in report.notes)
        for key, value in truths(bias).items():
            found = report.get(key)
            assert found is not None, key
            if found.value is None or found.low is None or found.high is None:
                continue
            there[key] += 1
            held[key] += found.low - 1e-9 <= value <= found.high + 1e-9
    for key in truths(0.0):
        assert there[key] >= SEEDS * NOT_ALWAYS.get(key, 0.99), (key, there[key])
        assert held[key] >= least(there[key]), (key, held[key], there[key])
        # An interval must not hold because it says nothing; of few, all may hold by chance.
        if SEEDS >= 200 and not key.startswith(CAUTIOUS):
            assert held[key] < there[key], key
    # A bias of one half is seen in nearly everybody, none in about one of twenty.
    assert noted[0.5] >= 0.75 * SEEDS / 2, noted
    assert noted[0.0] <= most(SEEDS // 2, 0.05), noted


def test_without_a_bias_one_is_noted_in_one_person_of_twenty(room: Path) -> None:
    """Comparisons only, each pair once; each person decides about thirty."""

    async def compared(path: Path, number: int) -> Report:
        person = Person(number, bias=0.0)
        wanted = replace(SETTINGS.compare, arm="all", ahead=PAIRS)
        async with StoreThread(path) as db:
            await db.run(fill, number, talks=2, of_a_talk=2, prompts=PAIRS)
            await db.run(accept_all)
            chosen = replace(SETTINGS, judging=NO_CATCH, compare=wanted)
            assert await pairs(db, number, chosen) == PAIRS
            await compare(db, person)
            return await make_report(db)

    noted = held = 0
    for number in range(SEEDS // 2):
        path = room / f"{number}.db"
        with fixed_chance(number):
            report = asyncio.run(compared(path, number))
        path.unlink()
        noted += any("more often than chance" in note for note in report.notes)
        found = report.get("quality.position")
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    # An exact test of thirty whole numbers is one of 4 %.
    assert noted <= most(SEEDS // 2, 0.04), noted
    assert noted or SEEDS < 200
    assert held >= least(SEEDS // 2), held
