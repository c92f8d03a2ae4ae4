"""A forgotten prompt leaves no byte behind, nor what hung on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import (
    conversations,
    forgetting,
    messages,
    model_judgments,
    relevance,
    response_judgments,
    responses,
    settings,
    user_prompts,
)
from store.audit import (
    ModelJudgment,
    RelevanceJudgment,
    Response,
    ResponseJudgment,
    UserPrompt,
)
from store.db import Store, utc_now
from store.errors import NotFoundError
from store.records import JudgmentContext
from tests.store.conftest import attribute, claim, say
from tests.store.test_forgetting import PLANTED, bytes_of

CONTEXT = JudgmentContext("0" * 64, "0")


def hang_on(store: Store, prompt: UserPrompt, attribute_id: str) -> None:
    """A judgment, a pair that was judged, and what a model said of both."""
    key, now = prompt.prompt_id, utc_now()
    relevance.save(store, RelevanceJudgment("", key, attribute_id, now, CONTEXT, True))
    pair = responses.add_pair(
        store,
        key,
        Response("", key, False, "m", now, f"Generic {PLANTED}."),
        Response("", key, True, "m", now, f"Personal {PLANTED}.", None, (attribute_id,)),
        arm="relevant",
        shown_left="generic",
    )
    response_judgments.save(
        store, ResponseJudgment("", pair.pair_id, now, CONTEXT, "generic", 4, 4)
    )
    model_judgments.save(
        store,
        [
            ModelJudgment("", "relevance", "j", now, "0", "1", attribute_id, key, relevant=True),
            ModelJudgment("", "response", "j", now, "0", "2", pair_id=pair.pair_id, rating=3),
        ],
    )


def test_nothing_of_a_forgotten_prompt_stays(store: Store, database: Path) -> None:
    made = attribute(store, claim(store, say(store, "I sing"), "The user sings."))
    prompt = user_prompts.add(store, f"What is {PLANTED} for?")
    other = user_prompts.add(store, "What shall I sing?")
    hang_on(store, prompt, made)
    relevance.save(store, RelevanceJudgment("", other.prompt_id, made, utc_now(), CONTEXT, False))
    user_prompts.remove(store, prompt.prompt_id)
    assert PLANTED.encode() in bytes_of(database)
    gone = forgetting.forget_prompt(store, prompt.prompt_id)
    assert PLANTED.encode() not in bytes_of(database)
    assert (gone.judgments, gone.attributes, gone.complete) == (2, 0, True)
    assert [one.prompt_id for one in user_prompts.list_all(store, removed=True)] == [
        other.prompt_id
    ]
    assert [row.prompt_id for row in relevance.in_force(store)] == [other.prompt_id]
    assert responses.pairs(store) == []
    assert model_judgments.list_all(store) == []
    with pytest.raises(NotFoundError):
        forgetting.forget_prompt(store, prompt.prompt_id)


def test_one_of_the_bank_stays_out_and_one_that_was_drawn_is_not_drawn_again(
    store: Store,
) -> None:
    made = attribute(store, claim(store, say(store, "I sing"), "The user sings."))
    bank = user_prompts.add(store, "How far is it?", origin="bank", bank_key="b", personal=False)
    hang_on(store, bank, made)
    forgetting.forget_prompt(store, bank.prompt_id)
    (left,) = user_prompts.list_all(store, removed=True)
    assert (left.bank_key, left.personal, left.removed_at is None) == ("b", False, False)
    assert relevance.in_force(store) == []
    chat = conversations.create(store, title="t")
    said = messages.append(store, chat.conversation_id, "user", "Why is the sky blue?")
    drawn = user_prompts.add(store, said.text, origin="message", source_message_id=said.message_id)
    forgetting.forget_prompt(store, drawn.prompt_id)
    assert settings.get(store, user_prompts.NOT_DRAWN) == said.message_id
    assert messages.get(store, said.message_id).text == said.text
