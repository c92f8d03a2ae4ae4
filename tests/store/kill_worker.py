"""Run as a script: forks workers that write to a journal until they are killed.

It imports once and forks per order, so that 200 kills cost no 200 starts. An order is a line
``MODE PATH SEED``; it answers ``pid N``, then one line per acknowledged write, then ``dead``.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import uuid_utils

from store import (
    attributes,
    candidates,
    conversations,
    forgetting,
    imports,
    judgments,
    messages,
)
from store.db import Store, open_store, utc_now
from store.records import (
    AttributeJudgment,
    Candidate,
    ConversationDraft,
    Evidence,
    JudgmentContext,
    MessageDraft,
)

TURNS = 4
Write = Iterator[list[str]]


def importing(store: Store, rng: random.Random) -> Write:
    """Batches of conversations; acknowledges their external ids."""
    while True:
        keys = [f"k{rng.getrandbits(60):x}" for _ in range(5)]
        turns = tuple(MessageDraft("user", f"I said {i} of it") for i in range(TURNS))
        imports.upsert(store, [ConversationDraft("claude", key, key, turns) for key in keys])
        yield keys


def extracting(store: Store, rng: random.Random) -> Write:
    """Candidates with evidence, merged at once; acknowledges candidate and attribute ids."""
    settings = f"s{rng.getrandbits(60):x}"
    for conversation, waiting in messages.iter_pending(store, settings):
        made = [
            Candidate(
                "",
                conversation.conversation_id,
                f"The user said {message.text}.",
                0.7,
                "grounded",
                None,
                (Evidence(message.conversation_id, message.message_id, 0, 6, message.text[:6]),),
            )
            for message in waiting
        ]
        kept = candidates.save_extracted(
            store,
            settings_sha256=settings,
            conversation_id=conversation.conversation_id,
            message_ids=[message.message_id for message in waiting],
            candidates=made,
        )
        yield [candidate.candidate_id for candidate in kept]
        first = kept[0].candidate_id
        ids = tuple(candidate.candidate_id for candidate in kept)
        yield candidates.attach(store, [candidates.Group(None, first, ids)])


def judging(store: Store, rng: random.Random) -> Write:
    """Judgments, some with a correction, some taken back; acknowledges judgment ids."""
    items = [a.attribute_id for a in attributes.list_all(store, limit=20)]
    context = JudgmentContext("g" * 64, "0.1.0", {"words": "I said"})
    while True:
        given = AttributeJudgment("", rng.choice(items), utc_now(), context, verdict="bad")
        words = "The user said nothing." if rng.random() < 0.3 else None
        saved = judgments.save(store, given, correction=words)
        yield [saved.judgment_id, *filter(None, [saved.corrected_attribute_id])]
        if rng.random() < 0.3:
            taken = judgments.undo_last(store)
            assert taken is not None
            yield [taken.judgment_id]


def forgetting_some(store: Store, rng: random.Random) -> Write:
    """Conversations with a word of their own, one of three forgotten; acknowledges external ids."""
    while True:
        keys = [f"zq{rng.getrandbits(64):016x}" for _ in range(3)]
        drafts = [
            ConversationDraft(
                "claude", key, key, tuple(MessageDraft("user", f"{key} {i}") for i in range(TURNS))
            )
            for key in keys
        ]
        imports.upsert(store, drafts)
        yield keys[:2]
        (found,) = conversations.list_all(store, query=keys[2])
        forgetting.forget_conversation(store, found.conversation_id)
        yield []


MODES: dict[str, Callable[[Store, random.Random], Write]] = {
    "import": importing,
    "extract": extracting,
    "judge": judging,
    "forget": forgetting_some,
}


def _work(mode: str, path: str, seed: int) -> None:
    uuid_utils.reseed_rng()
    store = open_store(Path(path))
    rng = random.Random(seed)
    while True:
        for written in MODES[mode](store, rng):
            os.write(1, (" ".join(written) + "\n").encode())  # one write: one whole line


def main() -> None:
    """Take orders until the input ends."""
    for line in sys.stdin:
        mode, path, seed = line.split()
        pid = os.fork()
        if pid == 0:
            _work(mode, path, int(seed))
        os.write(1, f"pid {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"dead\n")


if __name__ == "__main__":
    main()
