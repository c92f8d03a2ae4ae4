"""Prompts, judgments of stages 2 and 3, what models said, planted items, columns for figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import (
    catches,
    conversations,
    figures,
    forgetting,
    judgments,
    messages,
    model_judgments,
    prompts,
    relevance,
    response_judgments,
    responses,
    runs,
    synthetic,
    user_prompts,
)
from store.audit import (
    Mention,
    ModelJudgment,
    RelevanceJudgment,
    Response,
    ResponseJudgment,
    ResponsePair,
    SyntheticAttribute,
    SyntheticConversation,
    SyntheticJudgment,
    reoriented,
)
from store.db import Store, new_id, open_store, utc_now
from store.errors import NotFoundError, StoreError
from store.records import (
    AttributeJudgment,
    Conversation,
    JudgmentContext,
    Message,
    ModelRun,
    Sampling,
)
from tests.persona_tui.review_data import seed
from tests.store.conftest import attribute, claim, say

CONTEXT = JudgmentContext("0" * 64, "0", {"attribute": "x"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path / "persona.db")


def relevant(
    prompt: str, attribute: str, yes: bool = True, repeat: str | None = None
) -> RelevanceJudgment:
    sampling: Sampling = "repeat" if repeat else "random"
    context = replace(CONTEXT, sampling=sampling, repeat_of=repeat)
    return RelevanceJudgment("", prompt, attribute, utc_now(), context, yes)


def pair_of(store: Store, *, identical: bool = False) -> tuple[ResponsePair, str]:
    attribute = seed(store, 1)[0].attribute_id
    prompt = user_prompts.add(store, "What shall I cook?").prompt_id
    generic = Response("", prompt, False, "m", utc_now(), "Rice.")
    told = Response(
        "", prompt, True, "m", utc_now(), "As a nurse: rice.", None, (attribute,), True,
        (Mention(attribute, 0, 10, "lexical", 0.9),),
    )  # fmt: skip
    pair = responses.add_pair(
        store, prompt, generic, generic if identical else told, arm="relevant",
        shown_left="personalized", sampling="catch" if identical else "random",
    )  # fmt: skip
    return pair, attribute


# --- prompts ------------------------------------------------------------------------------------


def test_a_prompt_is_there_once_and_can_be_removed(store: Store) -> None:
    first = user_prompts.add(store, "  What is\nthe time? ", topic="facts", bank_key="b1")
    assert user_prompts.add(store, "what is the TIME?") == first
    assert user_prompts.add(store, "Other words", bank_key="b1").prompt_id == first.prompt_id
    user_prompts.remove(store, first.prompt_id[:20])
    assert user_prompts.list_all(store) == []
    assert user_prompts.add(store, "What is the time?", origin="bank").removed_at is not None
    assert user_prompts.add(store, "What is the time?").removed_at is None
    assert [one.text for one in user_prompts.list_all(store)] == ["What is\nthe time?"]
    with pytest.raises(StoreError, match="empty"):
        user_prompts.add(store, " \n ")
    with pytest.raises(NotFoundError):
        user_prompts.get(store, "nothing")


def test_opening_messages_are_the_persons_own(store: Store) -> None:
    for source in ("chat", "synthetic"):
        made = conversations.create(store, title="T", source=source)
        messages.append(store, made.conversation_id, "user", f"first of {source}")
        messages.append(store, made.conversation_id, "user", "second")
    assert [text for _, _, text, _ in user_prompts.opening_messages(store)] == ["first of chat"]


# --- stage 2 ------------------------------------------------------------------------------------


def test_a_repeat_stands_beside_and_never_supersedes(store: Store) -> None:
    attribute = seed(store, 1)[0].attribute_id
    prompt = user_prompts.add(store, "What shall I cook?").prompt_id
    first = relevance.save(store, relevant(prompt, attribute))
    again = relevance.save(store, relevant(prompt, attribute, False, first.judgment_id))
    assert again.supersedes is None
    assert relevance.in_force(store) == [first]
    assert relevance.repeats(store) == [again]
    changed = relevance.save(store, relevant(prompt, attribute, True, first.judgment_id))
    assert changed.supersedes == again.judgment_id
    assert relevance.repeats(store) == [changed]
    undone = relevance.undo_last(store)
    assert undone is not None
    assert undone.supersedes == changed.judgment_id
    assert relevance.repeats(store) == [again]
    assert relevance.undo(store, first.judgment_id) is not None
    assert relevance.undo(store, first.judgment_id) is None
    assert relevance.in_force(store) == []
    assert len(relevance.history(store, prompt, attribute)) == 5


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["yes", "no", "undo"]))))
def test_any_row_of_answers_and_undos_leaves_what_a_simple_model_says(
    store: Store, steps: list[tuple[int, str]]
) -> None:
    store.conn.execute("INSERT OR IGNORE INTO forgetting_now VALUES (1)")
    store.conn.execute("DELETE FROM relevance_judgments")
    store.conn.execute("DELETE FROM forgetting_now")
    found = seed(store, 4)
    prompt = user_prompts.add(store, "What shall I cook?").prompt_id
    standing: list[tuple[str, bool]] = []
    for place, answer in steps:
        key = found[place].attribute_id
        if answer == "undo":
            assert (relevance.undo_last(store) is not None) == bool(standing)
            if standing:
                standing.pop()
        else:
            relevance.save(store, relevant(prompt, key, answer == "yes"))
            standing.append((key, answer == "yes"))
    wanted = dict(standing)
    got = {one.attribute_id: one.relevant for one in relevance.in_force(store)}
    assert got == wanted


# --- stage 3 ------------------------------------------------------------------------------------


def test_a_pair_keeps_its_side_its_attributes_and_mentions(store: Store) -> None:
    pair, attribute = pair_of(store)
    (there,) = responses.pairs(store, judged=False)
    assert there == pair
    assert there.personalized.attribute_ids == (attribute,)
    assert there.personalized.mentions[0].how == "lexical"
    raw = 2
    made = response_judgments.save(
        store,
        ResponseJudgment(
            "", pair.pair_id, utc_now(), CONTEXT, "personalized", raw,
            reoriented(raw, "personalized"), {attribute: 4},
        ),
    )  # fmt: skip
    assert made.rating == 4
    assert responses.pairs(store, judged=False) == []
    assert response_judgments.in_force(store) == [made]
    repeat = replace(CONTEXT, sampling="repeat", repeat_of=made.judgment_id)
    again = response_judgments.save(
        store, ResponseJudgment("", pair.pair_id, utc_now(), repeat, "generic", 4, 4)
    )
    assert response_judgments.repeats(store) == [again]
    assert response_judgments.in_force(store) == [made]
    response_judgments.undo_last(store)
    response_judgments.undo_last(store)
    assert responses.pairs(store, judged=False) == [pair]


def test_an_identical_pair_has_one_answer(store: Store) -> None:
    pair, _ = pair_of(store, identical=True)
    assert pair.identical
    assert responses.get_pair(store, pair.pair_id) == pair
    assert store.conn.execute("SELECT count(*) FROM responses").fetchone() == (1,)


def test_no_half_pair_is_kept(store: Store) -> None:
    prompt = user_prompts.add(store, "What shall I cook?").prompt_id
    generic = Response("", prompt, False, "m", utc_now(), "Rice.")
    told = replace(generic, personalized=True, attribute_ids=("gone",))
    with pytest.raises(NotFoundError):
        responses.add_pair(store, prompt, generic, told, arm="all", shown_left="generic")
    assert store.conn.execute("SELECT count(*) FROM responses").fetchone() == (0,)


# --- models, planted items ----------------------------------------------------------------------


def test_the_same_is_kept_once_and_of_what_is_gone_nothing(store: Store) -> None:
    attribute = seed(store, 1)[0].attribute_id
    one = ModelJudgment(
        "", "attribute", "judge", utc_now(), "p", "i", attribute, verdict="ok", probability=0.7
    )
    assert model_judgments.save(store, [one, one, replace(one, attribute_id="gone")]) == 1
    assert model_judgments.known(store, "attribute", "judge") == {"i"}
    assert model_judgments.list_all(store)[0].probability == 0.7
    assert model_judgments.tags(store) == [("attribute", "judge", 1)]


def test_planted_items_and_repeats_are_undone_in_one_row(store: Store) -> None:
    attribute = seed(store, 1)[0].attribute_id
    first = judgments.save(store, AttributeJudgment("", attribute, utc_now(), CONTEXT, "ok"))
    repeat = replace(CONTEXT, sampling="repeat", repeat_of=first.judgment_id)
    again = judgments.save(store, AttributeJudgment("", attribute, utc_now(), repeat, "bad"))
    planted = catches.save(store, AttributeJudgment("", "catch:k", utc_now(), CONTEXT, "bad"))
    assert judgments.current(store, attribute) == first
    assert judgments.repeats(store) == [again]
    assert catches.in_force(store) == {"k": planted}
    taken = [judgments.undo_last(store) for _ in range(4)]
    assert [one and one.supersedes for one in taken] == [
        planted.judgment_id, again.judgment_id, first.judgment_id, None,
    ]  # fmt: skip
    assert catches.in_force(store) == {}


# --- the foil, columns, forgetting --------------------------------------------------------------


def played(store: Store, persona: str = "zoo") -> tuple[str, str]:
    key, now = new_id(), utc_now()
    said = [Message(new_id(), key, 0, "user", "I am a zookeeper.", now)]
    about = SyntheticConversation(key, persona, "0" * 64, "m", "m", 1, now)
    synthetic.add_conversation(store, about, Conversation(key, "synthetic", "S", now, now), said)
    one = SyntheticAttribute(new_id(), key, "The user is a zookeeper.", 0.9, now)
    synthetic.add_attributes(store, [one])
    synthetic.judge(store, [SyntheticJudgment("", one.attribute_id, "truth", now, verdict="ok")])
    assert about in synthetic.conversations(store)
    return key, one.attribute_id


def test_what_was_played_is_no_word_of_the_persons(store: Store) -> None:
    key, attribute = played(store)
    assert messages.pending_conversations(store, "x") == []
    data = figures.read(store)
    assert (data.inferred, data.attributes.verdict) == (0, [])
    assert data.synthetic.attribute_id == [attribute]
    forgetting.forget_conversation(store, key)
    assert figures.read(store).synthetic.attribute_id == []
    assert b"zookeeper" not in Path(store.path).read_bytes()


@pytest.mark.parametrize("what", ["attribute", "conversation"])
def test_what_was_played_from_the_profile_goes_with_any_of_it(store: Store, what: str) -> None:
    chat = say(store, "I look after animals.").conversation_id
    message = say(store, "I feed lions.", chat)
    one = attribute(store, claim(store, message, "The user feeds lions."))
    prompts.remember(store, "0" * 64, "How it is played")
    run = runs.add(store, ModelRun("", "chat", "m", "b", "0" * 64, {}, "0", utc_now()))
    played(store, "own")
    store.conn.execute("UPDATE synthetic_conversations SET run_id = ?", (run.run_id,))
    of_the_bank, _ = played(store)
    gone = (
        forgetting.forget_attribute(store, one)
        if what == "attribute"
        else forgetting.forget_conversation(store, chat)
    )
    assert gone.played == 1
    assert [c.conversation_id for c in synthetic.conversations(store)] == [of_the_bank]
    with pytest.raises(NotFoundError):
        runs.get(store, run.run_id)
    forgetting.forget_conversation(store, of_the_bank)
    assert b"zookeeper" not in Path(store.path).read_bytes()


def test_a_conversation_that_nothing_rests_on_leaves_what_was_played(store: Store) -> None:
    chat = say(store, "What is the capital of Peru?").conversation_id
    played(store, "own")
    assert forgetting.forget_conversation(store, chat).played == 0
    assert len(synthetic.conversations(store)) == 1


def test_columns_hold_what_is_in_force(store: Store) -> None:
    pair, attribute = pair_of(store)
    judgments.save(store, AttributeJudgment("", attribute, utc_now(), CONTEXT, "ok"))
    relevance.save(store, relevant(pair.prompt_id, attribute))
    response_judgments.save(
        store, ResponseJudgment("", pair.pair_id, utc_now(), CONTEXT, "personalized", 1, 5)
    )
    catches.save(store, AttributeJudgment("", "catch:k", utc_now(), CONTEXT, "bad"))
    data = figures.read(store)
    assert data.attributes.verdict == ["ok"]
    assert data.attributes.conversation_id[0] is not None
    assert data.attributes.model == ["test-model"]
    assert data.relevance.relevant == [True]
    assert (data.responses.rating, data.responses.explicit_mention) == ([5], [True])
    assert data.responses.identical == [False]
    assert (data.catches.verdict, data.inferred, data.added) == (["bad"], 1, 0)
    judgments.undo_last(store)
    assert figures.read(store).catches.verdict == []


def test_forgetting_an_attribute_takes_every_answer_that_used_it(store: Store) -> None:
    pair, attribute = pair_of(store)
    relevance.save(store, relevant(pair.prompt_id, attribute))
    response_judgments.save(
        store, ResponseJudgment("", pair.pair_id, utc_now(), CONTEXT, "personalized", 1, 5)
    )
    forgetting.forget_attribute(store, attribute)
    assert responses.pairs(store) == []
    assert relevance.in_force(store) == []
    assert figures.read(store).responses.rating == []
    assert b"As a nurse" not in Path(store.path).read_bytes()
