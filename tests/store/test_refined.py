"""Which items a fair comparison rests on, and that refined attributes pollute no other figure."""

from __future__ import annotations

from dataclasses import replace

from store import attributes, figures, judgments, model_judgments, refinements, runs
from store.audit import ModelJudgment
from store.db import Store, new_id, utc_now
from store.records import Attribute, ModelRun
from store.refinements import Action
from tests.store.conftest import attribute, claim, judge, say
from tests.store.test_refinements import result_of, step_of


def originals(store: Store, count: int) -> list[Attribute]:
    return [
        attributes.get(store, attribute(store, claim(store, say(store, f"I have {n} cats."),
                                                     f"The user has {n} cats.")))
        for n in range(count)
    ]  # fmt: skip


def passed(store: Store, *, limit: int | None = None, status: str = "complete") -> None:
    """A pass over everything that is there, over by now."""
    run = ModelRun(new_id(), "extract", "m", "scripted", "0" * 64, {"task": "refine", "limit": limit},
                   "0", utc_now(), status="running")  # fmt: skip
    runs.add(store, run)
    runs.finish(store, run.run_id, status)  # type: ignore[arg-type]


def treat(store: Store, one: Attribute, action: Action, after: str | None = None) -> str | None:
    text = {"keep": one.text, "withdraw": None}.get(action, after)
    made = refinements.save(
        store, step_of(one, action, text), result_of(one) if after is not None else None
    )
    assert made is not None
    return made.result_id


def row(store: Store, one: Attribute) -> tuple[str, str, str | None] | None:
    c = figures.read(store).refined.columns
    found = dict(zip(c.attribute_id, zip(c.before, c.outcome, c.after, strict=True), strict=True))
    return found.get(one.attribute_id)


def test_what_came_of_each(store: Store) -> None:
    plain, kept, weak, gone, waits = originals(store, 5)
    treat(store, kept, "keep")
    new = treat(store, weak, "weaken", "The user saw a cat.")
    treat(store, gone, "withdraw")
    treat(store, waits, "correct", "The user likes cats.")
    passed(store)
    for one in (plain, gone):
        judge(store, one.attribute_id, "ok")
    for one in (kept, weak, waits):
        judge(store, one.attribute_id, "bad")
    judge(store, new or "", "ok")
    assert row(store, plain) == ("ok", "unflagged", None)
    assert row(store, kept) == ("bad", "keep", None)
    assert row(store, weak) == ("bad", "refined", "ok")
    assert row(store, gone) == ("ok", "withdrawn", None)
    assert row(store, waits) == ("bad", "refined", None)
    found = figures.read(store).refined
    assert (found.passes, found.made, found.judged, found.withdrawn) == (1, 2, 1, 1)


def test_nothing_that_was_judged_before_the_pass_was_over(store: Store) -> None:
    """The verifier may have learned from it, and what was accepted is not refined."""
    early, late, newer = originals(store, 3)
    judge(store, early.attribute_id, "bad")
    treat(store, early, "withdraw")
    assert row(store, early) is None
    passed(store, limit=3)
    passed(store, status="cancelled")
    judge(store, late.attribute_id)
    assert row(store, late) is None  # something flagged may have been left out
    passed(store)
    judge(store, early.attribute_id, "ok")  # a change of mind is not a first verdict
    assert row(store, early) is None
    (after,) = originals(store, 1)
    judge(store, after.attribute_id)
    assert row(store, after) is None  # no pass has seen it
    judge(store, newer.attribute_id)
    assert row(store, newer) == ("ok", "unflagged", None)


def test_chosen_items_and_what_was_taken_back_do_not_count(store: Store) -> None:
    chosen, taken = originals(store, 2)
    passed(store)
    made = judge(store, chosen.attribute_id)
    context = replace(made.context, inclusion_prob=None)
    judgments.save(store, replace(made, judgment_id="", context=context))
    judgments.undo(store, judge(store, taken.attribute_id).judgment_id)
    assert row(store, chosen) is None
    assert row(store, taken) is None


def test_other_figures_know_nothing_of_refined_ones(store: Store) -> None:
    one, other = originals(store, 2)
    new = treat(store, one, "weaken", "The user saw a cat.") or ""
    for key, verdict in ((one.attribute_id, "bad"), (other.attribute_id, "ok"), (new, "ok")):
        judge(store, key, verdict)  # type: ignore[arg-type]
        said = ModelJudgment(
            new_id(), "attribute", "judge", utc_now(), "0" * 64, key, attribute_id=key, verdict="ok"
        )
        assert model_judgments.save(store, [said]) == 1
    data = figures.read(store)
    assert data.attributes.attribute_id == [one.attribute_id, other.attribute_id]
    assert data.attributes.verdict == ["bad", "ok"]
    assert data.inferred == 2
    assert new not in data.models.attribute_id
    assert len(data.models.attribute_id) == 2


def test_what_was_refined_to_words_judged_before_does_not_count(store: Store) -> None:
    """The verifier learned from that verdict: it let just such words pass."""
    one, there, other = originals(store, 3)
    judge(store, there.attribute_id, "ok")
    assert treat(store, one, "correct", there.text) == there.attribute_id
    assert treat(store, other, "correct", "The user likes cats.")
    passed(store)
    for flagged in (one, other):
        judge(store, flagged.attribute_id, "bad")
    assert row(store, one) is None
    assert row(store, other) == ("bad", "refined", None)
