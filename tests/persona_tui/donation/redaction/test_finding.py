"""Merging findings, and the person's last word on them."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from persona_tui.donation.redaction import Edit, Finding, with_edits
from persona_tui.donation.redaction.finding import merged, without


def _finding(start: int, end: int, kind: str = "NAME") -> Finding:
    return Finding(start, end, kind, "pattern")  # type: ignore[arg-type]


def test_overlaps_become_one_and_nothing_is_given_up() -> None:
    assert merged([_finding(3, 9, "URL"), _finding(0, 5, "SECRET")]) == [_finding(0, 9, "SECRET")]
    assert merged([_finding(0, 20, "URL"), _finding(4, 9, "NAME")]) == [_finding(0, 20, "URL")]
    assert merged([_finding(5, 9), _finding(0, 5)]) == [_finding(0, 5), _finding(5, 9)]
    assert merged([_finding(2, 2)]) == []


def test_a_finding_is_undone() -> None:
    found = [_finding(0, 5), _finding(8, 12)]
    assert with_edits(found, [Edit(8, 12, "keep")]) == [_finding(0, 5)]


def test_keeping_the_middle_leaves_both_ends() -> None:
    assert with_edits([_finding(0, 10)], [Edit(3, 6, "keep")]) == [_finding(0, 3), _finding(6, 10)]


def test_a_finding_is_widened_and_stays_of_its_kind() -> None:
    assert with_edits([_finding(4, 8)], [Edit(6, 12, "redact")]) == [
        Finding(4, 12, "NAME", "person")
    ]


def test_something_new_is_taken_out() -> None:
    assert with_edits([], [Edit(2, 5, "redact")]) == [Finding(2, 5, "CUSTOM", "person")]
    assert with_edits([_finding(0, 3)], [Edit(2, 5, "redact", "ORG")]) == [
        Finding(0, 5, "ORG", "person")
    ]


def test_the_last_word_is_the_last() -> None:
    edits = [Edit(0, 4, "keep"), Edit(0, 4, "redact"), Edit(1, 2, "keep"), Edit(3, 3, "redact")]
    assert [(one.start, one.end) for one in with_edits([_finding(0, 4)], edits)] == [(0, 1), (2, 4)]


_SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=8)


@given(_SPANS, _SPANS)
def test_cutting_is_the_difference_of_the_sets(
    some: list[tuple[int, int]], cut: list[tuple[int, int]]
) -> None:
    found = merged(_finding(a, b) for a, b in some)
    away = [(one.start, one.end) for one in merged(_finding(a, b) for a, b in cut)]
    left = without(found, away)
    points = {at for one in found for at in range(one.start, one.end)}
    points -= {at for a, b in away for at in range(a, b)}
    assert {at for one in left for at in range(one.start, one.end)} == points
    assert all(one.end <= two.start for one, two in pairwise(left))


@given(
    _SPANS, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=6)
)
def test_edits_leave_findings_sorted_and_apart(
    some: list[tuple[int, int]], edits: list[tuple[int, int, bool]]
) -> None:
    found = merged(_finding(a, b) for a, b in some)
    after = with_edits(found, [Edit(a, b, "keep" if keep else "redact") for a, b, keep in edits])
    assert all(one.end <= two.start for one, two in pairwise(after))
    if edits and edits[-1][0] < edits[-1][1]:
        start, end, keep = edits[-1]
        inside = {at for one in after for at in range(one.start, one.end)} & set(range(start, end))
        assert inside == (set() if keep else set(range(start, end)))
