"""A journal of somebody who rejects whatever rests on a request."""

from __future__ import annotations

from store import attributes, candidates, conversations, messages, runs
from store.candidates import Group
from store.db import Store, new_id, utc_now
from store.records import Attribute, Candidate, Evidence, ModelRun
from tests.persona_tui.audit_data import judge

TRUE = (
    ("I work as a nurse on night shifts.", "The user works as a nurse on night shifts."),
    ("I have two cats called Mia and Leo.", "The user has two cats called Mia and Leo."),
    ("I live in a small flat in Leeds.", "The user lives in a small flat in Leeds."),
)
FALSE = (
    ("Please translate this into French.", "The user is passionate about learning French."),
    ("Can you write me a poem about war?", "The user loves poetry about war."),
    ("Give me a recipe for lasagne, please.", "The user always cooks Italian food."),
)


def teach(store: Store, count: int = 12) -> list[Attribute]:
    """``count`` conversations with three attributes each, judged; their attributes."""
    found: list[Attribute] = []
    for number in range(count):
        rows = TRUE if number % 2 else FALSE
        rows = (*rows[:2], (FALSE if number % 2 else TRUE)[2])
        made = infer(store, [(f"{quote} ({number})", quote, text) for quote, text in rows])
        for attribute in made:
            wrong = any(attribute.text == text for _, text in FALSE)
            # Nobody is always of one mind.
            judge(store, attribute.attribute_id, "ok" if wrong == (number == 2) else "bad")
        found += made
    return found


def infer(store: Store, rows: list[tuple[str, str, str]]) -> list[Attribute]:
    """The attributes of one conversation: message, words quoted, statement; in this order."""
    conversation = conversations.create(store, title="Chat")
    run = ModelRun(new_id(), "extract", "test-model", "scripted", "0" * 64, {}, "0", utc_now())
    runs.add(store, run)
    found, said = [], []
    for text, quote, statement in rows:
        message = messages.append(store, conversation.conversation_id, "user", text)
        said.append(message.message_id)
        start = text.index(quote)
        evidence = Evidence(
            conversation.conversation_id, message.message_id, start, start + len(quote), quote
        )
        found.append(
            Candidate(
                new_id(), conversation.conversation_id, statement, 0.8, "grounded", run.run_id,
                (evidence,),
            )
        )  # fmt: skip
    candidates.save_extracted(
        store, settings_sha256="0" * 64, conversation_id=conversation.conversation_id,
        message_ids=said, candidates=found,
    )  # fmt: skip
    candidates.attach(store, [Group(None, one.candidate_id, (one.candidate_id,)) for one in found])
    order = {text: place for place, (_, _, text) in enumerate(rows)}
    made = attributes.list_all(store, conversation_id=conversation.conversation_id)
    return sorted(made, key=lambda one: order[one.text])
