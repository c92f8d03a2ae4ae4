"""The whole audit of a simulated person, step by step as the screens take it."""

from __future__ import annotations

import random
import secrets
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import pytest
import uuid_utils

from models.embeddings import HashedEmbedder
from models.scripted import ScriptedBackend
from persona_tui.config import CompareConfig, JudgingConfig, Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.compare.responding import make_ahead
from persona_tui.jobs.compare.session import CompareSession
from persona_tui.jobs.judges.items import plan
from persona_tui.jobs.judges.judging import judge as let_judge
from persona_tui.jobs.relevance.changes import write
from persona_tui.jobs.relevance.session import RelevanceSession
from persona_tui.jobs.review.session import ReviewSession
from store import candidates, conversations, messages, runs, user_prompts
from store.candidates import Group
from store.db import Store, new_id, utc_now
from store.records import Candidate, Evidence, ModelRun
from tests.persona_tui.simulated import (
    MATTERS_FOR,
    TOPICS,
    Chance,
    Person,
    judge,
    question,
    sentence,
    writer,
)

SETTINGS = Settings(
    judging=JudgingConfig(repeat_share=0.9, catch_share=0.15, attributes_per_prompt=5),
    compare=CompareConfig(ahead=1000),
)
Now = Callable[[], datetime]


def a_week_later() -> datetime:
    return utc_now() + timedelta(days=8)


@contextmanager
def fixed_chance(number: int) -> Iterator[None]:
    """Ids, orders and sides are drawn from ``number``: a run that fails fails again."""
    draw = random.Random(number)
    count = 0

    def next_id() -> uuid.UUID:
        nonlocal count
        count += 1
        return uuid.UUID(int=count << 80 | 7 << 76 | 2 << 62 | draw.getrandbits(62))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uuid_utils, "uuid7", next_id)
        patch.setattr(secrets, "token_hex", lambda n=8: draw.randbytes(n).hex())
        patch.setattr(secrets, "randbits", draw.getrandbits)
        patch.setattr(secrets, "choice", draw.choice)
        yield


def fill(store: Store, number: int, *, talks: int, of_a_talk: int, prompts: int) -> None:
    """Conversations with what a model inferred of them, and prompts on topics drawn at random."""
    chance, kinds = Chance(number), list(MATTERS_FOR)
    with store.write():
        run = ModelRun(new_id(), "extract", "m", "scripted", "0" * 64, {}, "0", utc_now())
        runs.add(store, run)
        for talk in range(talks):
            key = conversations.create(store, title=f"Talk {talk}").conversation_id
            found, said = [], []
            for place in range(of_a_talk):
                text = sentence(kinds[(talk * of_a_talk + place) % len(kinds)], talk, place)
                message = messages.append(store, key, "user", text).message_id
                said.append(message)
                spot = Evidence(key, message, 0, len(text), text)
                found.append(Candidate(new_id(), key, text, 0.6, "grounded", run.run_id, (spot,)))
            candidates.save_extracted(
                store, settings_sha256="0" * 64, conversation_id=key, message_ids=said,
                candidates=found,
            )  # fmt: skip
            candidates.attach(
                store, [Group(None, one.candidate_id, (one.candidate_id,)) for one in found]
            )
        for n in range(prompts):
            topic = TOPICS[int(len(TOPICS) * chance("topic", n))]
            user_prompts.add(store, question(topic, n))


async def review(db: StoreThread, person: Person, now: Now = utc_now) -> None:
    """Judge every attribute that waits; say why not."""
    session = await db.run(
        partial(ReviewSession.load, surface="screen", config=SETTINGS.judging, now=now)
    )
    while session.current is not None:
        text = session.current.text
        change = session.judge(person.verdict(text))
        while change is not None:
            session.done(change, await db.run(change.write))
            change = session.why(person.reason(text)) if session.phase == "why" else None


async def relevance(db: StoreThread, person: Person, now: Now = utc_now) -> None:
    """Go through every prompt that waits."""
    session = await db.run(
        partial(RelevanceSession.load, config=SETTINGS.judging, surface="screen", now=now)
    )
    while session.sheet is not None:
        if session.phase == "summary":
            session.next_prompt()
            continue
        change = session.answer(person.relevant(session.sheet.prompt.text, session.attribute))
        assert change is not None
        await db.run(write, change)


async def pairs(db: StoreThread, number: int, settings: Settings = SETTINGS) -> int:
    """Have a model write all pairs that can be made; how many it made."""
    made = 0
    async for step in make_ahead(
        db, settings, backend=writer(number), other=None, embedder=HashedEmbedder()
    ):
        made += step.pair is not None
    return made


async def compare(db: StoreThread, person: Person, now: Now = utc_now) -> None:
    """Judge every pair that waits: overall, then the first attribute; leave the others."""
    session = await db.run(
        partial(CompareSession.load, judging=SETTINGS.judging, surface="screen", now=now)
    )
    while (item := session.current) is not None:
        if session.phase == "unmasked":
            session.go_on()
            continue
        assert session.unmasked is None
        if session.phase == "overall":
            change = session.rate(person.rating(item.prompt, item.left, item.right))
        else:
            change = session.finish()
        assert change is not None
        session.done(change, await db.run(change.write))


async def let_model_judge(db: StoreThread, backend: ScriptedBackend) -> None:
    """As ``persona-tui judge`` and the Report screen do."""
    todo = await plan(db, backend, ("relevance", "response"))
    async for _ in let_judge(db, backend, todo):
        pass


async def everything(
    db: StoreThread, number: int, person: Person,
    *, talks: int = 14, of_a_talk: int = 3, prompts: int = 28,
) -> None:  # fmt: skip
    """Both sittings, a week apart, and the judge between them."""
    await db.run(fill, number, talks=talks, of_a_talk=of_a_talk, prompts=prompts)
    await review(db, person)
    await relevance(db, person)
    await pairs(db, number)
    await compare(db, person)
    await let_model_judge(db, judge(number))
    for again in (review, relevance, compare):
        await again(db, person, a_week_later)
