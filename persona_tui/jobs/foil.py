"""The synthetic foil as a job: play, extract, ask, persona by persona; kept as each comes.

Each persona is one unit of work: its conversation, what was inferred from it and what the truth and
the model say of that are saved together once they are whole, so that a run that was stopped goes on
with the next persona and nothing half-done is ever counted.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui import __version__
from persona_tui.jobs.extracting import settings_of
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.stages.foil import personas as bank
from persona_tui.stages.foil.personas import Persona
from persona_tui.stages.foil.play import ASSISTANT, USER, Turn, play, template_sha256, template_text
from persona_tui.stages.foil.questions import relevance_question, validity_question
from persona_tui.stages.foil.truth import known, relevant
from store import prompts, runs, synthetic
from store.audit import (
    SyntheticAttribute,
    SyntheticConversation,
    SyntheticJudgment,
    UserPrompt,
)
from store.db import new_id, utc_now
from store.records import Candidate, Conversation, Message, ModelRun, Verdict

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from store.db import Store

TURNS = 4
"""Messages of the synthetic user in one conversation, if nothing else is asked for."""
PROMPTS = 4
"""Bank prompts that relevance is asked about for each persona: half where it should matter."""
SEED = 20_26


@dataclass(frozen=True, slots=True)
class FoilStep:
    """What just happened."""

    progress: Progress
    persona: str
    turn: Turn | None = None
    attributes: tuple[SyntheticAttribute, ...] = ()
    """Set when a persona is done: what was inferred."""
    done: bool = False
    """This persona is saved."""


@dataclass(frozen=True, slots=True)
class FoilPlan:
    """What a run would do."""

    personas: tuple[Persona, ...]
    """Still to be played with these models and this length."""
    played: int
    """Done already."""
    turns: int

    @property
    def answers(self) -> int:
        """Texts that models will write."""
        return len(self.personas) * self.turns * 2


def own_statements(store: Store) -> tuple[str, ...]:
    """The person's corrected profile, without what is only for asking or never to be used."""
    from persona_tui.stages.profile import build_profile
    from store import attributes

    return tuple(entry.text for entry in build_profile(attributes.list_all(store)).welcome)


async def plan(
    db: StoreThread,
    user: Backend,
    assistant: Backend,
    *,
    turns: int = TURNS,
    count: int | None = None,
    keys: Sequence[str] = (),
    own: Sequence[str] = (),
) -> FoilPlan:
    """Which personas are still to be played: those of ``keys``, or ``count`` of the bank, and with
    ``own`` the person's profile as well."""
    chosen = [p for p in bank.PERSONAS if p.key in keys] if keys else list(bank.PERSONAS)
    if count is not None:
        chosen = chosen[:count]
    if own:
        chosen.append(bank.own(tuple(own)))
    names = (user.describe().name, assistant.describe().name)
    there = {
        (one.persona_key, one.persona_sha256)
        for one in await db.run(synthetic.conversations)
        if (one.user_model, one.assistant_model) == names and one.turns == turns
    }
    left = tuple(p for p in chosen if (p.key, p.sha256) not in there)
    return FoilPlan(left, len(chosen) - len(left), turns)


async def run_foil(
    db: StoreThread,
    todo: FoilPlan,
    *,
    user: Backend,
    assistant: Backend,
    extractor: Backend,
    embedder: Embedder,
    settings: Settings,
    bank_prompts: Sequence[UserPrompt] = (),
    judge: Backend | None = None,
    now: Callable[[], datetime] = utc_now,
) -> AsyncGenerator[FoilStep, None]:
    """Play each persona of ``todo``, extract from it, and ask the protocol's questions.

    ``judge`` is a model that answers the questions as well (validity and relevance). Raises
    :class:`models.errors.ModelError`; what was done before stays.
    """
    meter, done = Meter(todo.answers, "messages"), 0
    sha256, text = template_sha256(), template_text()
    await db.run(prompts.remember, sha256, text)
    for persona in todo.personas:
        yield FoilStep(meter.at(done, persona.key), persona.key)
        run = ModelRun(
            new_id(), "chat", user.describe().name, user.describe().backend, sha256,
            {"persona": persona.key, "turns": todo.turns, "user": USER.as_parameters(),
             "assistant": ASSISTANT.as_parameters(), "assistant_model": assistant.describe().name,
             "seed": _seed(persona)},
            __version__, now(), strategy="synthetic", status="running",
        )  # fmt: skip
        said: list[Turn] = []
        playing = play(persona, user, assistant, turns=todo.turns, seed=_seed(persona))
        async with aclosing(playing) as turns:
            async for turn in turns:
                said.append(turn)
                done += 1
                yield FoilStep(meter.at(done, persona.key), persona.key, turn)
        conversation, messages = _as_messages(persona, said, now())
        found = await _extracted(conversation, messages, extractor, embedder, settings)
        attributes = [_attribute(one, extractor.describe().name) for one in found]
        judged = await _judged(persona, attributes, embedder, bank_prompts, now)
        if judge is not None:
            judged += await _asked(attributes, messages, judge, bank_prompts, judged, now)
        about = SyntheticConversation(
            conversation.conversation_id, persona.key, persona.sha256, user.describe().name,
            assistant.describe().name, todo.turns, now(), run.run_id,
        )  # fmt: skip
        await db.run(_save, run, about, conversation, messages, attributes, judged)
        yield FoilStep(meter.at(done, persona.key), persona.key, None, tuple(attributes), True)


def _seed(persona: Persona) -> int:
    return int(hashlib.sha256(f"{SEED}|{persona.key}".encode()).hexdigest()[:7], 16)


def _as_messages(
    persona: Persona, said: Sequence[Turn], when: datetime
) -> tuple[Conversation, list[Message]]:
    """What was played, as the records that extraction reads."""
    key = new_id()
    conversation = Conversation(key, "synthetic", f"Synthetic: {persona.key}", when, when)
    messages = [
        Message(new_id(), key, place, turn.role, turn.text, when) for place, turn in enumerate(said)
    ]
    return conversation, messages


async def _extracted(
    conversation: Conversation,
    messages: Sequence[Message],
    extractor: Backend,
    embedder: Embedder,
    settings: Settings,
) -> list[Candidate]:
    """The same extraction as for the person: the stage, its gate, its threshold and its merging."""
    from persona_tui.stages.extraction import extract, merge

    chosen = settings_of(settings)
    if chosen.strategy == "auto" and extractor.describe().parameters_b is None:
        await extractor.start()
    found: list[Candidate] = []
    items = extract(conversation, messages, messages, extractor, embedder, chosen)
    async with aclosing(items) as parts:
        async for part in parts:
            found += [replace(one, candidate_id=new_id()) for one in part.candidates]
    merged = await merge(found, [], embedder, chosen)
    by_id = {one.candidate_id: one for one in found}
    return [by_id[one.representative] for one in merged]


def _attribute(candidate: Candidate, model: str) -> SyntheticAttribute:
    return SyntheticAttribute(
        new_id(), candidate.conversation_id, candidate.text, candidate.confidence, utc_now(),
        tuple((one.message_id, one.start, one.end) for one in candidate.evidence), model,
        None, candidate.reason,
    )  # fmt: skip


def chosen_prompts(persona: Persona, offered: Sequence[UserPrompt]) -> list[UserPrompt]:
    """The bank prompts that this persona is asked about: half of them of the kind for which knowing
    the person matters, in an order that the persona fixes."""

    def place(prompt: UserPrompt) -> str:
        return hashlib.sha256(f"{persona.key}|{prompt.bank_key}".encode()).hexdigest()

    half = PROMPTS // 2
    bank_only = sorted((p for p in offered if p.bank_key and p.topic), key=place)
    return [
        *[p for p in bank_only if p.personal][:half],
        *[p for p in bank_only if not p.personal][: PROMPTS - half],
    ]


async def _judged(
    persona: Persona,
    attributes: Sequence[SyntheticAttribute],
    embedder: Embedder,
    offered: Sequence[UserPrompt],
    now: Callable[[], datetime],
) -> list[SyntheticJudgment]:
    """What the persona itself says: validity, and relevance of what is true."""
    rows: list[SyntheticJudgment] = []
    truths = await known(persona, [one.text for one in attributes], embedder)
    for attribute, truth in zip(attributes, truths, strict=True):
        if truth.verdict is not None:
            rows.append(
                SyntheticJudgment(
                    new_id(), attribute.attribute_id, "truth", now(), verdict=truth.verdict,
                    failure_mode="missing_evidence" if truth.verdict == "bad" else None,
                    probability=round(truth.score, 4),
                )
            )  # fmt: skip
        if truth.fact is None:
            continue
        for prompt in chosen_prompts(persona, offered):
            yes = relevant(persona, truth.fact, prompt.topic or "", personal=bool(prompt.personal))
            if yes is not None:
                rows.append(
                    SyntheticJudgment(
                        new_id(), attribute.attribute_id, "truth", now(),
                        prompt_key=prompt.bank_key, relevant=yes,
                    )
                )  # fmt: skip
    return rows


async def _asked(
    attributes: Sequence[SyntheticAttribute],
    messages: Sequence[Message],
    judge: Backend,
    offered: Sequence[UserPrompt],
    truths: Sequence[SyntheticJudgment],
    now: Callable[[], datetime],
) -> list[SyntheticJudgment]:
    """What a model answers to the same questions, in the words that the person is asked with."""
    rows: list[SyntheticJudgment] = []
    name = judge.describe().name
    texts = {one.message_id: one.text for one in messages}
    for attribute in attributes:
        quotes = [texts[i][start:end] for i, start, end in attribute.evidence if i in texts]
        chosen = await judge.choose(*validity_question(attribute.text, quotes))
        best, probability = _best(chosen.logprobs[0], VERDICTS)
        rows.append(
            SyntheticJudgment(
                new_id(), attribute.attribute_id, "model", now(), name, verdict=best,
                probability=probability,
            )
        )  # fmt: skip
    wanted = {(one.attribute_id, one.prompt_key) for one in truths if one.prompt_key}
    for prompt in offered:
        asked = [one for one in attributes if (one.attribute_id, prompt.bank_key) in wanted]
        if not asked:
            continue
        answer = await judge.choose(*relevance_question(prompt.text, [one.text for one in asked]))
        for attribute, row in zip(asked, answer.logprobs, strict=True):
            yes = math.exp(row[0])
            rows.append(
                SyntheticJudgment(
                    new_id(), attribute.attribute_id, "model", now(), name,
                    prompt_key=prompt.bank_key, relevant=yes >= 0.5, probability=round(yes, 4),
                )
            )  # fmt: skip
    return rows


VERDICTS: tuple[Verdict, ...] = ("ok", "unsure", "bad")


def _best(logprobs: Sequence[float], options: Sequence[Verdict]) -> tuple[Verdict, float]:
    place = max(range(len(options)), key=lambda at: logprobs[at])
    return options[place], round(math.exp(logprobs[0]), 4)


def _save(
    store: Store,
    run: ModelRun,
    about: SyntheticConversation,
    conversation: Conversation,
    messages: Sequence[Message],
    attributes: Sequence[SyntheticAttribute],
    judged: Sequence[SyntheticJudgment],
) -> None:
    """All that came of one persona, or nothing of it."""
    with store.write():
        runs.add(store, run)
        runs.finish(store, run.run_id)
        synthetic.add_conversation(store, about, conversation, messages)
        synthetic.add_attributes(store, attributes)
        synthetic.judge(store, judged)
