"""How rows are put into batches, and what is made of raw scores."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scoring import groups, layout, normalise, shared_tokens

ROWS = st.lists(
    st.lists(st.integers(0, 3), min_size=1, max_size=9).map(tuple), max_size=30, unique=True
).map(sorted)


@given(ROWS)
def test_a_batch_holds_every_row_and_each_beginning_once(rows: list[tuple[int, ...]]) -> None:
    made = layout(rows)
    beginnings = {row[:end] for row in rows for end in range(1, len(row) + 1)}
    assert len(made.tokens) == len(beginnings)
    for number, row in enumerate(rows, 1):
        mine = [i for i, owners in enumerate(made.sequences) if number in owners]
        assert tuple(made.tokens[i] for i in mine) == row
        assert [made.offsets[i] for i in mine] == list(range(len(row)))
        assert made.last[number - 1] == mine[-1]


@given(ROWS, st.integers(1, 6), st.integers(1, 20))
def test_groups_are_all_rows_in_order_within_their_bounds(
    rows: list[tuple[int, ...]], most_rows: int, most_tokens: int
) -> None:
    cut = list(groups(rows, most_rows=most_rows, most_tokens=most_tokens))
    assert [i for first, end in cut for i in range(first, end)] == list(range(len(rows)))
    for first, end in cut:
        assert end - first <= most_rows
        assert end - first == 1 or len(layout(rows[first:end]).tokens) <= most_tokens


@given(ROWS)
def test_sorted_rows_share_the_most_with_their_neighbours(rows: list[tuple[int, ...]]) -> None:
    for i, row in enumerate(rows[1:], 1):
        most = max(shared_tokens(one, row) for one in rows[:i])
        assert shared_tokens(rows[i - 1], row) == most


@given(st.lists(st.floats(-60, 0), min_size=1, max_size=6))
def test_normalised_scores_are_probabilities(scores: list[float]) -> None:
    logs, mass = normalise(scores)
    assert sum(map(math.exp, logs)) == pytest.approx(1)
    assert 0 <= mass <= 1
