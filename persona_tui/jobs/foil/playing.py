"""The synthetic foil as a job: play, extract, and set down what is true, persona by persona.

Each persona is one unit of work: its conversation, what was inferred from it and what the truth says
of that are saved together once they are whole, so that a run that was stopped goes on with the next
persona and nothing half-done is ever counted. Models judge afterwards, whenever one likes
(:mod:`persona_tui.jobs.foil.judging`).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from persona_tui import __version__
from persona_tui.jobs.extraction.extracting import settings_of
from persona_tui.jobs.foil.truth import told_by
from persona_tui.jobs.progress import Meter, Progress
from persona_tui.jobs.prompts import add_bank
from persona_tui.stages.foil import personas as bank
from persona_tui.stages.foil.personas import Persona
from persona_tui.stages.foil.play import (
    ASSISTANT,
    USER,
    Turn,
    play,
    template_sha256,
    template_text,
    tokens_of,
)
from store import prompts, runs, synthetic, user_prompts
from store.audit import (
    SyntheticAttribute,
    SyntheticConversation,
    SyntheticJudgment,
    UserPrompt,
)
from store.db import new_id, utc_now
from store.records import Candidate, Conversation, Message, ModelRun

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.config import Settings
    from persona_tui.db import StoreThread
    from store.db import Store

TURNS = 4
"""Messages of the synthetic user in one conversation, if nothing else is asked for."""
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
    sent: int = 0
    """Tokens sent and written for what was played so far, by both models together; extraction is not
    counted."""
    written: int = 0


@dataclass(frozen=True, slots=True)
class FoilPlan:
    """What a run would do."""

    personas: tuple[Persona, ...]
    """Still to be played with these models and this length."""
    played: int
    """Done already."""
    turns: int
    settings_sha256: str
    """Fingerprint of the model and the settings that extract."""

    @property
    def answers(self) -> int:
        """Texts that models will write."""
        return len(self.personas) * self.turns * 2

    @property
    def tokens(self) -> tuple[int, int]:
        """About how many tokens are sent and written for them at most; extraction is not counted."""
        each = [tokens_of(persona, self.turns) for persona in self.personas]
        return sum(sent for sent, _ in each), sum(written for _, written in each)


def own_statements(store: Store) -> tuple[str, ...]:
    """The person's corrected profile, without what is only for asking or never to be used."""
    from persona_tui.stages.profile import build_profile
    from store import attributes

    return tuple(entry.text for entry in build_profile(attributes.list_all(store)).welcome)


async def plan(
    db: StoreThread,
    user: Backend,
    assistant: Backend,
    extractor: Backend,
    settings: Settings,
    *,
    turns: int = TURNS,
    count: int | None = None,
    keys: Sequence[str] = (),
    own: Sequence[str] = (),
) -> FoilPlan:
    """Which personas are still to be played, with these models, this length and this extraction:
    those of ``keys``, or ``count`` of the bank, and with ``own`` the person's profile as well."""
    chosen = [p for p in bank.PERSONAS if p.key in keys] if keys else list(bank.PERSONAS)
    if count is not None:
        chosen = chosen[:count]
    if own:
        chosen.append(bank.own(tuple(own)))
    names = (user.describe().name, assistant.describe().name)
    stage = settings_of(settings)
    if stage.strategy == "auto" and extractor.describe().parameters_b is None:
        await extractor.start()  # the strategy depends on its size
    fingerprint = stage.sha256(extractor.describe())
    there = {
        (one.persona_key, one.persona_sha256)
        for one in await db.run(synthetic.conversations)
        if (one.user_model, one.assistant_model) == names
        and one.turns == turns
        and one.settings_sha256 == fingerprint
    }
    left = tuple(p for p in chosen if (p.key, p.sha256) not in there)
    return FoilPlan(left, len(chosen) - len(left), turns, fingerprint)


def offered_prompts(store: Store) -> list[UserPrompt]:
    """The prompts of the bank, put into the journal if they are not there yet: without them nothing
    is asked about relevance."""
    add_bank(store)
    return user_prompts.list_all(store, origin="bank")


async def run_foil(
    db: StoreThread,
    todo: FoilPlan,
    *,
    user: Backend,
    assistant: Backend,
    extractor: Backend,
    embedder: Embedder,
    settings: Settings,
    now: Callable[[], datetime] = utc_now,
) -> AsyncGenerator[FoilStep, None]:
    """Play each persona of ``todo``, extract from it, and set down what is true of that.

    Raises :class:`models.errors.ModelError`; what was done before stays.
    """
    meter, done, sent, written = Meter(todo.answers, "messages"), 0, 0, 0
    offered = await db.run(offered_prompts)
    sha256, text = template_sha256(), template_text()
    await db.run(prompts.remember, sha256, text)
    for persona in todo.personas:
        yield FoilStep(meter.at(done, persona.key), persona.key)
        run = ModelRun(
            new_id(), "chat", user.describe().name, user.describe().backend, sha256,
            {"persona": persona.key, "turns": todo.turns, "user": USER.as_parameters(),
             "assistant": ASSISTANT.as_parameters(), "assistant_model": assistant.describe().name,
             "seed": _seed(persona), "extractor": extractor.describe().name,
             "extraction_sha256": todo.settings_sha256},
            __version__, now(), strategy="synthetic", status="running",
        )  # fmt: skip
        said: list[Turn] = []
        playing = play(persona, user, assistant, turns=todo.turns, seed=_seed(persona))
        async with aclosing(playing) as turns:
            async for turn in turns:
                said.append(turn)
                done, sent, written = done + 1, sent + turn.sent, written + turn.written
                yield FoilStep(
                    meter.at(done, persona.key), persona.key, turn, sent=sent, written=written
                )
        conversation, messages = _as_messages(persona, said, now())
        found = await _extracted(conversation, messages, extractor, embedder, settings)
        attributes = [_attribute(one, extractor.describe().name) for one in found]
        judged = await told_by(persona, attributes, embedder, offered, now)
        about = SyntheticConversation(
            conversation.conversation_id, persona.key, persona.sha256, user.describe().name,
            assistant.describe().name, todo.turns, now(), run.run_id,
        )  # fmt: skip
        await db.run(_save, run, about, conversation, messages, attributes, judged)
        yield FoilStep(
            meter.at(done, persona.key), persona.key, None, tuple(attributes), True, sent, written
        )


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
