"""A journal with things to review in it, made through the store's own functions."""

from __future__ import annotations

from pathlib import Path

from store import attributes, candidates, conversations, messages, runs
from store.candidates import Group
from store.db import Store, new_id, open_store, utc_now
from store.records import Attribute, Candidate, Evidence, ModelRun

SAID: tuple[tuple[str, str, str], ...] = (
    # what was said, the words quoted, what was inferred
    (
        "Could you plan four days in Lisbon? I work as a nurse on night shifts, so I sleep late.",
        "I work as a nurse on night shifts",
        "The user works night shifts as a nurse.",
    ),
    (
        "I prefer short answers with bullet points, please.",
        "I prefer short answers with bullet points",
        "The user prefers short answers with bullet points.",
    ),
    ("我是素食者，请推荐一些菜。", "我是素食者", "用户是素食者。"),
    (
        "أنا أتعلم العزف على العود منذ سنة.",
        "أنا أتعلم العزف على العود",
        "المستخدم يتعلم العزف على العود.",
    ),
    (
        "My daughter [bold]started[/bold] school 🎒 this week.",
        "My daughter [bold]started[/bold] school 🎒",
        "The user has a daughter who just [red]started[/red] school. 🎒",
    ),
)


def seed(store: Store, count: int = len(SAID), *, title: str = "Trip ideas") -> list[Attribute]:
    """``count`` attributes from one conversation of ``count`` turns, the sentences of
    :data:`SAID` first and numbered ones after; confidence 0.50, 0.51, … of ``test-model``."""
    conversation = conversations.create(store, title=title)
    run = ModelRun(new_id(), "extract", "test-model", "scripted", "0" * 64, {}, "0", utc_now())
    runs.add(store, run)
    found: list[Candidate] = []
    said: list[str] = []
    for number in range(count):
        text, quote, inferred = (
            SAID[number]
            if number < len(SAID)
            else (f"I own {number} books.", f"own {number} books", f"The user owns {number} books.")
        )
        message = messages.append(store, conversation.conversation_id, "user", text)
        messages.append(store, conversation.conversation_id, "assistant", "Good to know.")
        said.append(message.message_id)
        start = text.index(quote)
        evidence = Evidence(
            conversation.conversation_id, message.message_id, start, start + len(quote), quote
        )
        found.append(
            Candidate(
                new_id(),
                conversation.conversation_id,
                inferred,
                0.5 + number % 50 / 100,
                "grounded",
                run.run_id,
                (evidence,),
            )
        )
    candidates.save_extracted(
        store,
        settings_sha256="0" * 64,
        conversation_id=conversation.conversation_id,
        message_ids=said,
        candidates=found,
    )
    candidates.attach(store, [Group(None, one.candidate_id, (one.candidate_id,)) for one in found])
    return attributes.list_all(store, conversation_id=conversation.conversation_id)


def seeded(path: Path, count: int = len(SAID)) -> list[Attribute]:
    """A journal at ``path`` with :func:`seed` in it, closed again."""
    with open_store(path) as store:
        return seed(store, count)
