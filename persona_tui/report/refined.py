"""Verify-and-refine: acceptance with and without it, over the same attributes.

Only attributes that the person judged after a whole pass was over, so that neither the verifier nor
the extractor could know the verdict (:mod:`store.refined`). *Before* is the share of originals that are
ok. *After* puts what was refined in the place of what was flagged; what was withdrawn is in it no more.
Of flagged attributes whose refined words wait to be judged the others stand for them: which of them the
person meets first is drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from persona_tui.report import study
from persona_tui.report.agreement import Flags
from persona_tui.report.intervals import (
    CONVERSATION,
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    codes,
    moderated,
    on_scale,
    share,
    spread_left_out,
    sums,
    unknown,
    wilson,
)
from persona_tui.report.model import Figure
from persona_tui.report.parts import (
    FEWEST,
    count_of,
    figure,
    lacking,
    more,
    percent,
    plural,
    within,
)
from store.audit import AuditData

_WHICH = (
    "Randomly drawn attributes that you judged after a whole pass of verify-and-refine was over: neither "
    "the verifier nor the extractor could know what you would say."
)


@dataclass(frozen=True, slots=True)
class Pairs:
    """n originals, with what came of them."""

    before: Flags
    """(n,) ok as it was."""
    after: Flags
    """(n,) ok in the end; of no meaning where ``counts`` is 0."""
    counts: Floats
    """(n,) what an original counts in *after*: 0 if withdrawn or not judged yet; more than 1 where it
    stands for others that are not judged yet."""
    withdrawn: Flags
    both: Flags
    """(n,) refined, and judged before and after."""
    waiting: int
    """Refined, but only the original is judged yet."""
    group: Ints
    """(n,) conversations."""


def pairs(data: AuditData) -> Pairs:
    """From the columns."""
    c = data.refined.columns
    outcome = np.array(c.outcome, dtype=object)
    refined, withdrawn = outcome == "refined", outcome == "withdrawn"
    judged = np.array([verdict is not None for verdict in c.after], dtype=bool)
    both = refined & judged
    before = np.array([verdict == "ok" for verdict in c.before], dtype=bool)
    later = np.array([verdict == "ok" for verdict in c.after], dtype=bool)
    counts = np.where(withdrawn | (refined & ~judged), 0.0, 1.0)
    if both.any():
        counts[both] = refined.sum() / both.sum()
    return Pairs(
        before,
        np.where(refined, later, before),
        counts,
        withdrawn,
        both,
        int((refined & ~judged).sum()),
        codes(c.conversation_id),
    )


def gain(found: Pairs) -> Estimate:
    """After − before, over the same attributes: the jackknife by conversation of both shares at once,
    moderated where there are few, with Student's t."""
    n = len(found.before)
    if n < 2 or not found.counts.sum():
        return unknown(n)
    columns = np.stack(
        [found.before, np.ones(n), found.counts * found.after, found.counts], axis=1
    ).astype(np.float64)

    def of(total: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(total[..., 2] / total[..., 3] - total[..., 0] / total[..., 1])

    total = columns.sum(axis=0)
    value = float(of(total))
    one_by_one = of(total - columns)
    table = sums(found.group, *columns.T)
    by_conversation = of(total - table) if len(table) > 1 else one_by_one
    if not (np.isfinite(one_by_one).all() and np.isfinite(by_conversation).all()):
        return unknown(n, value)
    variance, freedom = moderated(
        spread_left_out(one_by_one), spread_left_out(by_conversation), table[:, 1], n, CONVERSATION
    )
    return on_scale(value, variance, freedom, "plain", n)


def build(data: AuditData) -> list[Figure]:
    """The figures, or one line that says what is missing for them."""
    found = pairs(data)
    n, changed = len(found.before), int(found.both.sum() + found.withdrawn.sum())
    missing = _missing(data, n, changed)
    if missing is not None:
        return [
            lacking(
                "stage1.refine.gain", "1", "What refining does to acceptance", "points", missing,
                _WHICH, study=study.REFINED_GAIN,
                tells="Whether attributes get better when what your verifier flags goes back to the "
                "model.",
            )
        ]  # fmt: skip
    clusters = count_of(found.group)
    before = share(found.before, found.group, alike=CONVERSATION)
    kept = found.counts > 0
    after = (
        share(found.after[kept], within(found.group, kept), found.counts[kept], alike=CONVERSATION)
        if kept.any()
        else UNKNOWN
    )
    apart = gain(found)
    was, now = int(found.before[found.both].sum()), int(found.after[found.both].sum())
    count = int(found.both.sum())
    wait = "waits" if found.waiting == 1 else "wait"
    waits = f" {plural(found.waiting, 'refined one')} {wait} to be judged." if found.waiting else ""
    return [
        figure(
            "stage1.refine.before", "1", "What you accept, as it was extracted", "share", before,
            f"Of {plural(n, 'attribute')} that were looked at before you judged them you accepted "
            f"{int(found.before.sum())} as they were.",
            f"{_WHICH} Wilson interval by conversation.", study=study.ACCEPTANCE[:1], clusters=clusters,
        ),
        figure(
            "stage1.refine.after", "1", "What you accept, after verify-and-refine", "share", after,
            f"Of {plural(count, 'refined attribute')} that you judged you accept {now}; as they were, "
            f"{was}.{waits}",
            f"{_WHICH} What was refined stands in the place of what was flagged, what was withdrawn is "
            "left out. Wilson interval by conversation.",
            study=study.ACCEPTANCE[1:], clusters=clusters,
        ),
        figure(
            "stage1.refine.gain", "1", "What refining does to acceptance", "points", apart,
            f"Acceptance went from {percent(before.value)} to {percent(after.value)}."
            if apart.is_known and after.is_known else "",
            f"{_WHICH} After minus before, in shares; jackknife by conversation of both at once.",
            study=study.REFINED_GAIN, clusters=clusters,
        ),
        _withdrawn(found),
    ]  # fmt: skip


def _withdrawn(found: Pairs) -> Figure:
    count = int(found.withdrawn.sum())
    wrong = int(found.before[found.withdrawn].sum())
    return figure(
        "stage1.refine.false_withdrawals", "1", "Withdrawn, though you accept it", "share",
        wilson(wrong, count) if count else UNKNOWN,
        f"Of {plural(count, 'attribute')} that were withdrawn you had accepted {wrong}.",
        f"{_WHICH} Wilson interval. What is withdrawn is still asked about, like everything else.",
        what="judged withdrawal",
    )  # fmt: skip


def _missing(data: AuditData, n: int, changed: int) -> str | None:
    if not data.refined.passes:
        return "nothing was refined yet (persona-tui refine, once your verifier is trained)"
    if few := more(n, FEWEST):
        return f"{few} on what the verifier looked at before you judged it"
    if few := more(changed, FEWEST):
        return f"{few} on what was refined or withdrawn"
    return None
