"""Steps of verify-and-refine: what is kept, what closes an attribute to it, what forgetting takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store import attributes, candidates, forgetting, judgments, refinements
from store.db import Store, open_store, utc_now
from store.erasing import BLACKED_OUT
from store.errors import NotFoundError
from store.records import Attribute
from store.refinements import Action, Refinement, Result
from tests.store.conftest import attribute, claim, judge, say

WORDS = "Please translate this into French, quinquereme and all."


def step_of(
    flagged: Attribute, action: Action, after: str | None, *, number: int = 1, learned: str = "v1"
) -> Refinement:
    return Refinement(
        "", flagged.attribute_id, number, utc_now(), learned, 0.8, "It rests on one request.",
        flagged.text, action, after, None if after is None else 0.2,
    )  # fmt: skip


def result_of(flagged: Attribute) -> Result:
    return Result(flagged.evidence, 0.7, "grounded", "r" * 64, "en")


def refined(store: Store, flagged: Attribute, after: str, **more: object) -> Attribute:
    step = step_of(flagged, "weaken", after, **more)  # type: ignore[arg-type]
    made = refinements.save(store, step, result_of(flagged))
    assert made is not None
    assert made.result_id is not None
    return attributes.get(store, made.result_id)


def flagged_in(store: Store, *, also: str | None = None) -> Attribute:
    """An attribute from one conversation, and with ``also`` from a second one."""
    claims = [claim(store, say(store, WORDS), "The user is learning French.")]
    if also is not None:
        claims.append(claim(store, say(store, also), "The user learns French."))
    return attributes.get(store, attribute(store, *claims))


def test_a_refined_attribute_stands_on_copies_of_the_words(store: Store) -> None:
    flagged = flagged_in(store)
    made = refined(store, flagged, "The user asked once for a French translation.")
    assert (made.refines, made.strategy, made.confidence) == (flagged.attribute_id, "grounded", 0.7)
    assert made.evidence == flagged.evidence
    assert made.sources[0].candidate_id != flagged.sources[0].candidate_id
    (step,) = refinements.list_all(store)
    assert (step.result_id, step.action) == (made.attribute_id, "weaken")
    assert refinements.is_finished([step])
    # It is found by search, and is in no list of what waits to be merged or refined.
    assert made in attributes.list_all(store, query="translation")
    assert candidates.unmerged(store) == []
    assert refinements.open_ids(store) == [flagged.attribute_id]


@pytest.mark.parametrize("said", ["ok", "correction", "never"])
def test_what_the_person_said_meanwhile_is_stronger(store: Store, said: str) -> None:
    flagged = flagged_in(store)
    if said == "correction":
        judge(store, flagged.attribute_id, "bad", correction="The user speaks French.")
    else:
        row = judge(store, flagged.attribute_id, "ok" if said == "ok" else "bad")
        if said == "never":
            judgments.save(store, replace(row, judgment_id="", use="never"))
    step = step_of(flagged, "weaken", "The user asked for French.")
    assert refinements.save(store, step, result_of(flagged)) is None
    assert refinements.list_all(store) == []
    assert refinements.open_ids(store) == []
    assert all(one.refines is None for one in attributes.list_all(store))


def test_other_words_or_forgotten_ones_keep_nothing(store: Store) -> None:
    flagged = flagged_in(store)
    other = replace(flagged, text="The user says something else.")
    assert refinements.save(store, step_of(other, "keep", other.text)) is None
    forgetting.forget_conversation(store, flagged.evidence[0].conversation_id)
    step = step_of(flagged, "weaken", "The user asked for French.")
    assert refinements.save(store, step, result_of(flagged)) is None


def test_what_is_said_already_is_not_said_twice(store: Store) -> None:
    flagged = flagged_in(store)
    other = attribute(store, claim(store, say(store, "I own a cat."), "The user owns a cat."))
    made = refinements.save(
        store, step_of(flagged, "correct", "The User owns a CAT."), result_of(flagged)
    )
    assert made is not None
    assert made.result_id == other


def test_merging_moves_nothing_between_the_two(store: Store) -> None:
    flagged = flagged_in(store)
    made = refined(store, flagged, "The user asked once for a French translation.")
    later = claim(store, say(store, "French again!"), "The user asks for French.", settings="s2")
    everything = (flagged.sources[0].candidate_id, made.sources[0].candidate_id)
    candidates.attach(
        store,
        [candidates.Group(flagged.attribute_id, later.candidate_id, (*everything, later.candidate_id))],
    )  # fmt: skip
    now = {one.attribute_id: one for one in attributes.list_all(store)}
    assert now[made.attribute_id].evidence == made.evidence
    # The words of what was refined stay, as those of what was judged do.
    assert now[flagged.attribute_id].text == flagged.text
    assert len(now[flagged.attribute_id].sources) == 2


def test_forgetting_a_conversation_takes_all_of_it_by_bytes(store: Store) -> None:
    flagged = flagged_in(store, also="I would like to learn it one day.")
    made = refined(store, flagged, "The user sent a text about a quinquereme.")
    judge(store, made.attribute_id, "ok", shown={"attribute": made.text})
    first, second = (one.conversation_id for one in flagged.evidence)
    forgetting.forget_conversation(store, first)
    left = attributes.list_all(store)
    assert [one.text for one in left] == ["The user learns French."]
    (step,) = refinements.list_all(store)
    assert {step.before_text, step.reason, step.after_text} == {BLACKED_OUT}
    assert step.result_id is None
    path = store.path
    store.close()
    for file in path.parent.iterdir():
        assert b"quinquereme" not in file.read_bytes(), file
        assert b"is learning French" not in file.read_bytes(), file
    with open_store(path) as again:
        forgetting.forget_conversation(again, second)
        assert attributes.list_all(again) == []
        assert refinements.list_all(again) == []


def test_forgetting_words_that_only_the_steps_saw(store: Store) -> None:
    """Of two rounds the first leaves no attribute, but quotes its words all the same."""
    flagged = flagged_in(store)
    first = step_of(flagged, "weaken", "The user owns a quinquereme.")
    assert refinements.save(store, first) is not None
    assert not refinements.is_finished(refinements.list_all(store))
    forgetting.forget_attribute(store, flagged.attribute_id)
    assert refinements.list_all(store) == []
    path = store.path
    store.close()
    assert b"owns a quinquereme" not in path.read_bytes()


def test_a_forgotten_original_takes_the_refined_one_along(store: Store) -> None:
    flagged = flagged_in(store)
    made = refined(store, flagged, "The user asked once for a French translation.")
    judge(store, made.attribute_id, "bad", correction="The user teaches French.")
    assert forgetting.forget_attribute(store, flagged.attribute_id).attributes == 3
    assert attributes.list_all(store) == []


def test_a_forgotten_refined_one_leaves_the_original_and_is_not_made_again(store: Store) -> None:
    flagged = flagged_in(store)
    made = refined(store, flagged, "The user asked once for a French translation.")
    forgetting.forget_attribute(store, made.attribute_id)
    assert [one.attribute_id for one in attributes.list_all(store)] == [flagged.attribute_id]
    with pytest.raises(NotFoundError):
        attributes.get(store, made.attribute_id)
    (step,) = refinements.list_all(store)
    assert (step.before_text, step.after_text) == (flagged.text, BLACKED_OUT)
    assert refinements.is_finished([step])


def test_reset_takes_both_unless_one_was_judged(store: Store) -> None:
    flagged = flagged_in(store)
    refined(store, flagged, "The user asked once for a French translation.")
    candidates.reset(store, "s1")
    assert attributes.list_all(store) == []
    assert refinements.list_all(store) == []

    flagged = flagged_in(store)
    made = refined(store, flagged, "The user asked once for a French translation.")
    judge(store, made.attribute_id)
    candidates.reset(store)
    assert {one.attribute_id for one in attributes.list_all(store)} == {
        flagged.attribute_id, made.attribute_id,
    }  # fmt: skip


def test_forgetting_everything(store: Store) -> None:
    refined(store, flagged_in(store), "The user asked once for a French translation.")
    forgetting.forget_everything(store)
    assert refinements.list_all(store) == []
