"""Picking what to ask next beside a random stream: headline estimates stay unbiased, whatever is picked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from persona_tui.stages.judging.active import NONE, Picks, mixed, ranked, uncertainty
from persona_tui.stages.judging.drawing import unit
from persona_tui.stages.judging.queue import draw_order

Floats = NDArray[np.float64]


def streams(keys: list[str], picks: Picks, seed: str) -> tuple[list[str], list[str]]:
    order = draw_order(keys, seed)
    pool = [key for key in order if picks.has(seed, key)]
    return [key for key in order if key not in set(pool)], pool


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.floats(0, 1), st.integers(0, 1000), st.integers(0, 50))
def test_everything_is_asked_once_and_the_random_stream_keeps_its_order(
    count: int, share: float, seed: int, place: int
) -> None:
    keys = [f"k{i}" for i in range(count)]
    picks = Picks(share, share, tuple(reversed(keys)))
    random, pool = streams(keys, picks, str(seed))
    line = mixed(random, pool, picks, seed=str(seed), place=place)
    assert sorted(line) == sorted(keys)
    assert [key for key in line if key in set(random)] == random
    told = [key for key in line if key in set(pool)]
    assert told == sorted(pool, key=picks.ranked.index)


def test_the_line_is_the_same_after_a_restart() -> None:
    """Wherever the person stops, what is left comes in the order in which it would have come."""
    keys = [f"k{i}" for i in range(200)]
    picks = Picks(0.4, 0.4, tuple(keys[::-1]))
    random, pool = streams(keys, picks, "s")
    line = mixed(random, pool, picks, seed="s", place=0)
    for stop in (1, 7, 60, 199):
        done = set(line[:stop])
        first, second = ([key for key in part if key not in done] for part in (random, pool))
        assert mixed(first, second, picks, seed="s", place=stop) == line[stop:]


def test_without_a_model_everything_is_random() -> None:
    keys = [f"k{i}" for i in range(50)]
    random, pool = streams(keys, NONE, "s")
    assert pool == []
    assert mixed(random, pool, NONE, seed="s", place=0) == draw_order(keys, "s")


def test_what_was_in_the_pool_comes_last_where_nothing_is_picked_any_more() -> None:
    keys = [f"k{i}" for i in range(80)]
    gone = Picks(0.0, 0.25)
    random, pool = streams(keys, gone, "s")
    assert 8 < len(pool) < 35
    assert mixed(random, pool, gone, seed="s", place=3) == [*random, *pool]


def test_the_share_of_places_is_as_wanted() -> None:
    keys = [f"k{i}" for i in range(4000)]
    for share in (0.25, 0.5):
        picks = Picks(share, share)
        random, pool = streams(keys, picks, "s")
        line = mixed(random, pool, picks, seed="s", place=0)[:1000]
        assert abs(sum(key in set(pool) for key in line) / 1000 - share) < 0.05


# --- what to pick ---------------------------------------------------------------------------------


def test_uncertainty_is_greatest_at_the_threshold() -> None:
    found = uncertainty(np.array([0.0, 0.1, 0.2, 0.6, 1.0]), 0.2)
    assert found.tolist() == pytest.approx([0.0, 0.5, 1.0, 0.5, 0.0])


def test_picks_are_uncertain_and_unlike_each_other_and_what_was_judged() -> None:
    way = np.eye(4, dtype=np.float32)
    vectors = np.stack([way[0], way[0], way[1], way[2], way[3]])
    unsure = np.array([1.0, 0.99, 0.6, 0.5, 0.9])
    # The twin of the first comes after all that is unlike it; what is like something judged, last.
    assert ranked(unsure, vectors, way[3:4]) == [0, 2, 3, 1, 4]
    assert ranked(unsure, vectors, way[:0], most=2) == [0, 4]
    assert ranked(unsure[:0], vectors[:0], way[:0]) == []
    # Where all are alike, uncertainty decides.
    same = np.repeat(way[:1], 3, axis=0)
    assert ranked(np.array([0.2, 0.9, 0.5]), same, same) == [1, 2, 0]


# --- honest figures -------------------------------------------------------------------------------


ITEMS, JUDGED, JOURNALS = 120, 60, 400


def journals(share: float, *, opened: int) -> tuple[Floats, Floats, float]:
    """Means of what the random stream gave, and of everything judged, over many journals.

    One person, half of whose attributes are right. The learner is told which are likely wrong, and asks
    those first that it is least sure of, most of them wrong. ``opened`` is the judgment after which
    there is a model: before it all is random. In half of the journals the setting is raised midway.
    """
    draw = np.random.default_rng(round(100 * share) + opened)
    ok = draw.random(ITEMS) < 0.5
    chance = np.clip(np.where(ok, 0.8, 0.45) + draw.normal(0, 0.12, ITEMS), 0, 1)
    keys = [f"a{i}" for i in range(ITEMS)]
    value = dict(zip(keys, ok.astype(float).tolist(), strict=True))
    order = tuple(keys[i] for i in np.argsort(np.abs(chance - 0.45)))
    honest, everything = np.zeros(JOURNALS), np.zeros(JOURNALS)
    for journal in range(JOURNALS):
        seed = f"{share}-{opened}-{journal}"
        first = draw_order(keys, seed)[:opened]
        left = [key for key in keys if key not in set(first)]
        drawn, asked = list(first), list(first)
        parts = [(share, JUDGED)]
        if journal % 2:
            parts = [(share, JUDGED // 2 + opened // 2), (min(1.0, share + 0.2), JUDGED)]
        for part, until in parts:
            picks = Picks(part, part, order)
            random, pool = streams(left, picks, seed)
            line = mixed(random, pool, picks, seed=seed, place=len(asked))[: until - len(asked)]
            drawn += [key for key in line if not picks.has(seed, key)]
            asked += line
            left = [key for key in left if key not in set(line)]
        honest[journal] = np.mean([value[key] for key in drawn])
        everything[journal] = np.mean([value[key] for key in asked])
    return honest, everything, float(ok.mean())


@pytest.mark.parametrize("share", [0.25, 0.5])
@pytest.mark.parametrize("opened", [0, 20])
def test_headline_estimates_stay_unbiased(share: float, opened: int) -> None:
    honest, everything, truth = journals(share, opened=opened)
    error = honest.std(ddof=1) / np.sqrt(JOURNALS)
    assert abs(honest.mean() - truth) < 3 * error
    # What is counted is what matters: with the picks the estimate would be far off.
    wrong = everything.std(ddof=1) / np.sqrt(JOURNALS)
    assert everything.mean() < truth - 5 * wrong


def test_nothing_about_an_item_decides_its_stream() -> None:
    """The streams are independent of the random order, so a beginning of it has its share of both."""
    keys = [f"k{i}" for i in range(5000)]
    picks = Picks(0.25, 0.25)
    early = draw_order(keys, "s")[:1000]
    assert abs(sum(picks.has("s", key) for key in early) / 1000 - 0.25) < 0.04
    assert abs(np.mean([unit("s", f"pool|{key}") for key in early]) - 0.5) < 0.03
