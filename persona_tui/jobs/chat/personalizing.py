"""Personalized chat: what an answer's model is told about the person, and their saying no to it.

Off unless the person turns it on (``learning.personalize_chat``). What was told is kept with the answer,
in its run: ids of attributes, closed words for why, never a text. A model that is not on this machine is
told nothing before the person agreed to that, model by model (:func:`agreed`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from persona_tui import __version__
from persona_tui.stages.response import personal_chat
from store import attributes, judgments, messages, prompts, relevance, runs, settings, user_prompts
from store.audit import RelevanceJudgment
from store.db import new_id, utc_now
from store.errors import NotFoundError
from store.records import AttributeJudgment, JudgmentContext, Message, Use

if TYPE_CHECKING:
    from models.protocol import Backend, Description, Embedder
    from persona_tui.db import StoreThread
    from persona_tui.jobs.learning.choosing import Choice
    from store.db import Store

Choose = Callable[[str], "Awaitable[Choice]"]
"""From the person's latest message to what is told."""
TOLD = "told"
"""Name of the run's parameter: one object an attribute."""
_AGREED = "chat.personalize_hosts"
REFUSED = "Do not use this here: should this attribute change the answer to this message? no"
"""What the person says with *not for this*, as it is kept under its hash with the judgment."""
REFUSED_SHA256 = hashlib.sha256(REFUSED.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ToldItem:
    """An attribute that an answer's model was told."""

    attribute_id: str
    text: str | None
    """``None``: it was forgotten since."""
    probability: float | None
    """That the person would want it used, by their own model."""
    why: tuple[str, ...]
    """What speaks for it, each a clause without its full stop."""
    use: Use = "welcome"
    """As it is now."""
    refused: bool = False
    """Whether the person said that it is not for this message."""


def chooser(db: StoreThread, embedder: Embedder) -> Choose:
    """Chooses with the personal model in use, or with the rule. Opens what it needs when first asked."""

    async def choose_for(text: str) -> Choice:
        # In a thread: numpy and scipy take half a second, in which the interface would stand still.
        await asyncio.to_thread(import_module, "persona_tui.jobs.learning.choosing")
        from persona_tui.jobs.learning.choosing import choose
        from persona_tui.jobs.learning.trainer import Tools
        from persona_tui.jobs.learning.vectors import Vectors

        # Anew each time: what was forgotten meanwhile is not remembered.
        return await choose(Tools(db, await Vectors.open(db, embedder)), text)

    return choose_for


def latest(history: Iterable[Message]) -> str:
    """What the person said last; empty if nothing."""
    said = ""
    for message in history:
        if message.role == "user" and message.text.strip():
            said = message.text
    return said


def system_prompt(own: str | None, choice: Choice | None) -> str | None:
    """What the model is told before the chat."""
    chosen = choice.chosen if choice is not None else ()
    return personal_chat.system_prompt(own, [one.text for one in chosen])


def as_parameters(choice: Choice | None) -> dict[str, Any]:
    """For the run: which attributes, why in closed words, and who chose. Empty: not personalized."""
    if choice is None:
        return {}
    return {
        TOLD: [
            {
                "attribute_id": one.attribute_id,
                "probability": None if one.probability is None else round(one.probability, 4),
                "why": [reason.code for reason in one.why],
            }
            for one in choice.chosen
        ],
        "told_of": choice.considered,
        "told_by": choice.learned_id or "rule",
        "told_template_sha256": personal_chat.template_sha256(),
    }


def remember_template(store: Store) -> None:
    """Keep the wording under its hash."""
    prompts.remember(store, personal_chat.template_sha256(), personal_chat.template_text())


# --- what was told -------------------------------------------------------------------------------


def as_items(choice: Choice) -> tuple[ToldItem, ...]:
    """What was just told, in full words."""
    return tuple(
        ToldItem(
            one.attribute_id, one.text, one.probability, tuple(reason.words for reason in one.why)
        )
        for one in choice.chosen
    )


def told_before(store: Store, answers: Iterable[Message]) -> dict[str, tuple[ToldItem, ...]]:
    """What the models of ``answers`` were told, by message; those that were told nothing are left out.
    Why is known in general words only: the words of that time are not kept."""
    from persona_tui.stages.relevance.reasons import GENERIC

    found: dict[str, tuple[ToldItem, ...]] = {}
    for answer in answers:
        if answer.role != "assistant" or answer.run_id is None:
            continue
        told = runs.get(store, answer.run_id).parameters.get(TOLD)
        items = []
        for one in told if isinstance(told, list) else []:
            if not isinstance(one, Mapping):
                continue
            key, chance, codes = (one.get(name) for name in ("attribute_id", "probability", "why"))
            text, use = _now(store, str(key))
            words = [GENERIC[code] for code in codes or () if code in GENERIC]
            probability = float(chance) if isinstance(chance, (int, float)) else None
            items.append(ToldItem(str(key), text, probability, tuple(words), use))
        if items:
            found[answer.message_id] = tuple(items)
    return found


def renewed(store: Store, answer: Message, items: Iterable[ToldItem]) -> tuple[ToldItem, ...]:
    """``items`` as they are now: forgotten, refused for this message or for ever."""
    try:
        prompt = user_prompts.find(store, _asked(store, answer).text)
    except NotFoundError:
        prompt = None
    rows = relevance.in_force(store, prompt_id=prompt.prompt_id) if prompt is not None else []
    no = {row.attribute_id for row in rows if row.relevant is False}
    found = []
    for one in items:
        text, use = _now(store, one.attribute_id)
        found.append(replace(one, text=text, use=use, refused=one.attribute_id in no))
    return tuple(found)


def _now(store: Store, attribute_id: str) -> tuple[str | None, Use]:
    try:
        found = attributes.get(store, attribute_id)
    except NotFoundError:
        return None, "welcome"
    use = found.judgment.use if found.judgment is not None else None
    return found.text, use or "welcome"


# --- saying no -----------------------------------------------------------------------------------


def refuse_here(store: Store, answer: Message, attribute_id: str) -> str | None:
    """The person does not want this attribute used for what they wrote before ``answer``: a *no* of
    stage 2, which was not drawn and has no inclusion probability. It trains the relevance model, is
    obeyed for the same words, and stands in no figure. Gives the judgment's id; ``None`` if they had
    said no already.

    Their message becomes a prompt that is not asked about, unless it is one already.

    :raises NotFoundError: the message or the attribute is gone.
    """
    asked = _asked(store, answer)
    with store.write():
        text = attributes.get(store, attribute_id).text
        prompt = user_prompts.find(store, asked.text)
        if prompt is None:
            prompt = user_prompts.add(
                store, asked.text, origin="message", source_message_id=asked.message_id
            )
            user_prompts.remove(store, prompt.prompt_id)
        for row in relevance.in_force(store, prompt_id=prompt.prompt_id):
            if row.attribute_id == attribute_id and row.relevant is False:
                return None
        prompts.remember(store, REFUSED_SHA256, REFUSED)
        context = JudgmentContext(
            REFUSED_SHA256, __version__, {"surface": "chat", "attribute": text},
            model_hidden=False, sampling="active", inclusion_prob=None,
        )  # fmt: skip
        made = relevance.save(
            store,
            RelevanceJudgment(
                new_id(), prompt.prompt_id, attribute_id, utc_now(), context, relevant=False
            ),
        )
    return made.judgment_id


def _asked(store: Store, answer: Message) -> Message:
    """The person's message that was answered."""
    before = [
        one
        for one in messages.active(store, answer.conversation_id)
        if one.position < answer.position and one.role == "user" and one.text.strip()
    ]
    if not before:
        raise NotFoundError("The message that was answered here is gone.")
    return before[-1]


def refuse_ever(store: Store, attribute_id: str) -> str:
    """The person never wants this attribute used again: their judgment of it stands as it was drawn
    and answered, only its *use* changes. Gives the new judgment's id.

    :raises NotFoundError: the attribute is gone.
    """
    with store.write():
        found = attributes.get(store, attribute_id)
        if found.corrects is not None:  # it stands where what it corrects stood
            corrected = attributes.get(store, found.corrects)
            said = corrected.judgment
            if said is not None and said.corrected_attribute_id == attribute_id:
                found = corrected
        before = found.judgment
        if before is None:
            context = JudgmentContext(
                REFUSED_SHA256, __version__, {"surface": "chat"}, False, "active", None
            )
            row = AttributeJudgment(new_id(), found.attribute_id, utc_now(), context, use="never")
        else:
            row = replace(
                before, judgment_id=new_id(), created_at=utc_now(), use="never", supersedes=None
            )
        return judgments.save(store, row).judgment_id


def take_back(store: Store, judgment_id: str) -> None:
    """Take a refusal back."""
    if relevance.undo(store, judgment_id) is None:
        judgments.undo(store, judgment_id)


# --- models that are not on this machine ----------------------------------------------------------


def identity(model: Description) -> str:
    """A model and where it runs, as one line."""
    return " ".join(f"{model.name} at {model.where}".split())


def agreed(store: Store) -> set[str]:
    """:func:`identity` of every remote model that may be told."""
    return set(filter(None, (settings.get(store, _AGREED) or "").split("\n")))


def agree(store: Store, model: str) -> None:
    """``model``, an :func:`identity`, may be told from now on."""
    with store.write():
        settings.put(store, _AGREED, "\n".join(sorted({*agreed(store), model})))


def may_tell(backend: Backend, allowed: Iterable[str]) -> bool:
    """Whether the model may be told: it is on this machine, or the person agreed."""
    about = backend.describe()
    return about.local or identity(about) in set(allowed)
