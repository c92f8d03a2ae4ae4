"""What was said after the person had been told stands in no figure: what they said before does."""

from __future__ import annotations

from dataclasses import replace

from store import figures, judgments, relevance, response_judgments
from store.audit import RelevanceJudgment, ResponseJudgment
from store.db import Store, utc_now
from store.records import AttributeJudgment, JudgmentContext, Sampling
from tests.store.test_audit import CONTEXT, pair_of

TOLD = replace(CONTEXT, model_hidden=False)


def rate(
    store: Store,
    pair: str,
    rating: int,
    of_each: dict[str, int] | None = None,
    *,
    blinded: bool = True,
) -> str:
    context = CONTEXT if blinded else TOLD
    row = ResponseJudgment(
        "", pair, utc_now(), context, "generic", rating, rating, of_each or {}, blinded=blinded
    )
    return response_judgments.save(store, row).judgment_id


def test_a_comparison_that_was_unmasked_undone_and_rated_anew_counts_as_it_was(
    store: Store,
) -> None:
    pair, attribute = pair_of(store)
    rate(store, pair.pair_id, 1)
    rate(store, pair.pair_id, 1, {attribute: 2})
    response_judgments.undo_last(store)
    response_judgments.undo_last(store)
    rate(store, pair.pair_id, 5, {attribute: 5}, blinded=False)
    found = figures.read(store).responses
    assert (found.rating, found.raw_rating, found.attribute_ratings) == ([1], [1], [{attribute: 2}])
    assert (found.unblinded, found.replaced) == ([False], [True])


def test_what_was_taken_back_for_good_is_not_brought_back(store: Store) -> None:
    pair, _ = pair_of(store)
    rate(store, pair.pair_id, 1)
    response_judgments.undo_last(store)
    assert figures.read(store).responses.rating == []


def test_without_a_blinded_answer_a_row_says_so(store: Store) -> None:
    pair, _ = pair_of(store)
    rate(store, pair.pair_id, 5, blinded=False)
    found = figures.read(store).responses
    assert (found.rating, found.unblinded, found.replaced) == ([5], [True], [False])


def test_the_same_answer_after_being_told_is_the_blinded_one(store: Store) -> None:
    pair, _ = pair_of(store)
    rate(store, pair.pair_id, 2)
    rate(store, pair.pair_id, 2, blinded=False)
    found = figures.read(store).responses
    assert (found.rating, found.unblinded, found.replaced) == ([2], [False], [False])


def verdict(store: Store, attribute: str, said: str, context: JudgmentContext, **more: str) -> str:
    row = AttributeJudgment("", attribute, utc_now(), context, said, **more)  # type: ignore[arg-type]
    return judgments.save(store, row).judgment_id


def test_verdicts_count_as_given_before_the_confidence_was_told(store: Store) -> None:
    _, attribute = pair_of(store)
    verdict(store, attribute, "bad", CONTEXT)
    verdict(store, attribute, "bad", TOLD, failure_mode="outdated")
    found = figures.read(store).attributes
    # The reason was added later; the verdict is the same.
    assert (found.verdict, found.failure_mode, found.replaced) == (["bad"], ["outdated"], [False])
    verdict(store, attribute, "ok", TOLD, use="never")
    found = figures.read(store).attributes
    assert (found.verdict, found.replaced, found.unblinded) == (["bad"], [True], [False])
    assert found.use == ["never"]  # a wish holds whenever it is said


def test_a_wrong_key_that_was_undone_does_not_count(store: Store) -> None:
    """``a``, told how sure the model was, ``z``, ``x``: *bad* is what was meant."""
    _, attribute = pair_of(store)
    verdict(store, attribute, "ok", CONTEXT)
    judgments.undo_last(store)
    verdict(store, attribute, "bad", TOLD)
    found = figures.read(store).attributes
    assert (found.verdict, found.replaced, found.unblinded) == (["bad"], [False], [False])


def test_relevance_counts_as_given_before_models_were_told(store: Store) -> None:
    pair, attribute = pair_of(store)

    def said(yes: bool, context: JudgmentContext) -> None:
        row = RelevanceJudgment("", pair.prompt_id, attribute, utc_now(), context, yes)
        relevance.save(store, row)

    said(False, CONTEXT)
    said(True, TOLD)
    found = figures.read(store).relevance
    assert (found.relevant, found.replaced, found.unblinded) == ([False], [True], [False])


def test_a_repeat_is_held_against_what_was_said_blinded(store: Store) -> None:
    _, attribute = pair_of(store)
    repeat: Sampling = "repeat"
    verdict(store, attribute, "bad", CONTEXT)
    first = verdict(store, attribute, "ok", TOLD)
    # What the model thought was told after the first answer; the repeat counts all the same.
    again = replace(TOLD, sampling=repeat, repeat_of=first)
    verdict(store, attribute, "unsure", again)
    found = figures.read(store).attributes
    assert found.repeated == [None, "bad"]
    assert found.verdict == ["bad", "unsure"]
    assert found.unblinded == [False, False]


def test_a_repeated_comparison_must_be_blinded_anew(store: Store) -> None:
    pair, _ = pair_of(store)
    first = rate(store, pair.pair_id, 2)
    context = replace(CONTEXT, sampling="repeat", repeat_of=first)
    row = ResponseJudgment("", pair.pair_id, utc_now(), context, "generic", 5, 5, blinded=False)
    response_judgments.save(store, row)
    found = figures.read(store).responses
    assert (found.repeated, found.unblinded) == ([None, 2], [False, True])
