"""Acceptance with and without verify-and-refine, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from persona_tui.report import refined, stage1
from persona_tui.report.model import Figure
from store.audit import AuditData
from store.refined import Outcome, Refined, RefinedColumns
from tests.persona_tui.report_data import empty, simulated

Row = tuple[str, Outcome, str | None]


def data(*rows: Row, per: int = 2, **more: int) -> AuditData:
    """``per`` attributes a conversation."""
    columns = RefinedColumns(
        [f"a{i}" for i in range(len(rows))],
        [f"c{i // per}" for i in range(len(rows))],
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
    )
    return replace(empty(), refined=Refined(columns, **{"passes": 1, **more}))


def figures(given: AuditData) -> dict[str, Figure]:
    return {one.key.removeprefix("stage1.refine."): one for one in refined.build(given)}


UNFLAGGED: tuple[Row, Row] = (("ok", "unflagged", None), ("bad", "unflagged", None))
ROWS: tuple[Row, ...] = (
    *UNFLAGGED[:1] * 8,
    *UNFLAGGED[1:] * 2,
    ("bad", "keep", None),
    ("bad", "refined", "ok"),
    ("bad", "refined", "ok"),
    ("unsure", "refined", "ok"),
    ("ok", "refined", "bad"),
    ("bad", "refined", None),
    ("bad", "withdrawn", None),
    ("bad", "withdrawn", None),
    ("ok", "withdrawn", None),
    ("unsure", "withdrawn", None),
)  # fmt: skip


def test_by_hand() -> None:
    """20 originals: before 10 ok of 20. After: 11 that stayed (8 ok); of 5 refined, 4 judged, 3 of
    them ok, so 3.75 of 5; 4 withdrawn: (8 + 3.75) / 16."""
    found = figures(data(*ROWS))
    assert found["before"].value == pytest.approx(10 / 20)
    assert found["after"].value == pytest.approx(11.75 / 16)
    assert found["gain"].value == pytest.approx(11.75 / 16 - 0.5)
    assert found["false_withdrawals"].missing is not None  # of four withdrawn: too few
    assert (found["before"].n, found["gain"].n) == (20, 20)
    for key in ("before", "after", "gain"):
        one = found[key]
        assert one.low is not None
        assert one.high is not None
        assert one.value is not None
        assert one.low < one.value < one.high
    assert "4 refined attributes that you judged you accept 3; as they were, 1." in (
        found["after"].sentence
    )
    assert "1 refined one waits to be judged." in found["after"].sentence


def test_false_withdrawals() -> None:
    rows: list[Row] = []
    rows += [("ok", "withdrawn", None)] * 2
    rows += [("bad", "withdrawn", None)] * 6
    rows += [("ok", "unflagged", None)] * 10
    found = figures(data(*rows))
    assert found["false_withdrawals"].value == pytest.approx(0.25)
    # Withdrawing what is bad raises acceptance, though nothing was made better.
    assert found["after"].value == pytest.approx(1.0)
    assert found["gain"].value == pytest.approx(6 / 18)


def test_what_is_missing() -> None:
    (line,) = refined.build(empty())
    assert line.value is None
    assert "nothing was refined yet" in (line.missing or "")
    (line,) = refined.build(data(("ok", "unflagged", None)))
    assert (line.missing or "").startswith("4 more judgments")
    (line,) = refined.build(data(*ROWS[:12]))
    assert "what was refined or withdrawn" in (line.missing or "")


def test_it_stands_in_stage_1_and_changes_nothing_else() -> None:
    plain = simulated(40, 0, 0, 0)
    given = replace(plain, refined=data(*ROWS).refined)
    with_it = {f.key: f for f in stage1.build(given)[0]}
    without = {f.key: f for f in stage1.build(plain)[0]}
    assert with_it["stage1.acceptance"] == without["stage1.acceptance"]
    assert with_it["stage1.refine.gain"].study[0].value == 0.32


def test_the_interval_covers() -> None:
    """40 attributes of 20 conversations, a third flagged, refined to be ok in 70 of 100; what stays is
    ok in 60: acceptance goes from 0.5 to 0.633."""
    draw = np.random.default_rng(5)
    hits = runs = 0
    for _ in range(150):
        flagged = draw.random(40) < 1 / 3
        rows: list[Row] = []
        for is_flagged in flagged:
            if is_flagged:
                rows.append(
                    ("ok" if draw.random() < 0.3 else "bad", "refined",
                     "ok" if draw.random() < 0.7 else "bad")
                )  # fmt: skip
            else:
                rows.append(("ok" if draw.random() < 0.6 else "bad", "unflagged", None))
        found = refined.gain(refined.pairs(data(*rows)))
        runs += 1
        hits += found.low <= (0.7 - 0.3) / 3 <= found.high
    assert 0.90 <= hits / runs <= 1.0
