"""Whether a journal holds what a simulated person said, row by row, however it was put in."""

from __future__ import annotations

from dataclasses import dataclass

from persona_tui.stages.judging.planted import PLANTED
from store import (
    attributes,
    catches,
    judgments,
    relevance,
    response_judgments,
    responses,
    user_prompts,
)
from store.audit import reoriented
from store.db import Store
from store.records import AttributeJudgment, JudgmentContext
from tests.persona_tui.simulated import Person


@dataclass(frozen=True, slots=True)
class Counted:
    """Judgments by how the items were drawn."""

    verdicts: int
    relevance: int
    pairs: int
    planted: int
    identical: int
    repeats: tuple[int, int, int]
    """Of attributes, relevance, pairs."""


def check(store: Store, person: Person, surface: str) -> Counted:
    """``person`` is the same one anew, who has read nothing yet.

    Raises:
        AssertionError: a row is not what this person says, or was not asked as it should be.
    """
    one = _verdicts(store, person, surface)
    two = _relevance(store, person, surface)
    three = _pairs(store, person, surface)
    return Counted(one[0], two[0], three[0], one[2], three[2], (one[1], two[1], three[1]))


def _asked(context: JudgmentContext, surface: str, sampling: str) -> None:
    assert context.shown["surface"] == surface
    assert context.sampling == sampling
    assert (context.repeat_of is not None) == (sampling == "repeat")
    # Asked a second time it is no secret what the model thought: that was told after the first.
    assert context.model_hidden or sampling == "repeat"


def _verdicts(store: Store, person: Person, surface: str) -> tuple[int, int, int]:
    def said(row: AttributeJudgment, text: str, sampling: str) -> None:
        assert row.verdict == person.verdict(text), text
        assert row.failure_mode == (None if row.verdict == "ok" else person.reason(text))
        _asked(row.context, surface, sampling)

    texts = {}
    for attribute in attributes.list_all(store):
        texts[attribute.attribute_id] = attribute.text
        assert attribute.judgment is not None
        said(attribute.judgment, attribute.text, "random")
    planted = catches.in_force(store)
    for key, row in planted.items():
        said(row, PLANTED[key], "catch")
    again = judgments.repeats(store)
    for row in again:
        said(row, texts[row.attribute_id], "repeat")
    return len(texts), len(again), len(planted)


def _relevance(store: Store, person: Person, surface: str) -> tuple[int, int]:
    texts = {one.attribute_id: one.text for one in attributes.list_all(store)}
    prompts = {one.prompt_id: one.text for one in user_prompts.list_all(store)}
    first, again = relevance.in_force(store), relevance.repeats(store)
    for rows, sampling in ((first, "random"), (again, "repeat")):
        for row in rows:
            said = person.relevant(prompts[row.prompt_id], texts[row.attribute_id])
            assert row.relevant is said
            _asked(row.context, surface, sampling)
    return len(first), len(again)


def _pairs(store: Store, person: Person, surface: str) -> tuple[int, int, int]:
    prompts = {one.prompt_id: one.text for one in user_prompts.list_all(store)}
    pairs = {one.pair_id: one for one in responses.pairs(store)}
    first, again = response_judgments.in_force(store), response_judgments.repeats(store)
    for rows, sampling in ((first, None), (again, "repeat")):
        for row in rows:
            pair = pairs[row.pair_id]
            texts = (pair.generic.text, pair.personalized.text)
            if row.shown_left == "personalized":
                texts = (texts[1], texts[0])
            assert row.raw_rating == person.rating(prompts[pair.prompt_id], *texts)
            assert row.rating == reoriented(row.raw_rating or 0, row.shown_left)
            assert (row.shown_left == pair.shown_left) == (sampling is None)
            assert row.blinded
            _asked(row.context, surface, sampling or pair.sampling)
    return len(first), len(again), sum(one.identical for one in pairs.values())
