"""Making pairs of answers for comparison, ahead of the person.

A pair is made whole and saved in one transaction; stopped in the middle nothing of it is kept. Which
side is left is drawn when it is made, and never again.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from models.protocol import Sampling
from persona_tui import __version__
from persona_tui.jobs.compare.orders import (
    Order,
    check_second,
    choice_key,
    chose_nothing,
    models_choice,
    orders,
    remember_chose_nothing,
    writers,
)
from persona_tui.jobs.compare.personal import personal_choice
from persona_tui.jobs.kept_choices import KeptChoices
from persona_tui.jobs.relevance.queue import accepted_attributes
from persona_tui.stages.response import form, generate
from persona_tui.stages.response.mentions import find
from store import learned, prompts, responses, runs
from store.audit import Arm, Response, ResponsePair, Side
from store.db import new_id, utc_now
from store.errors import NotFoundError
from store.records import ModelRun

if TYPE_CHECKING:
    from models.protocol import Backend, Embedder
    from persona_tui.config import CompareConfig, Settings
    from persona_tui.db import StoreThread
    from persona_tui.jobs.backends import Backends
    from persona_tui.jobs.compare.cost import Spending
    from store.db import Store

SMALL_MODEL_PENALTY = 1.1


@dataclass(frozen=True, slots=True)
class Making:
    """How far a pair is."""

    order: Order
    characters: int
    """Written so far, of both answers."""
    pair: ResponsePair | None = None
    """Set at the end."""


def sampling_of(compare: CompareConfig, used: Sequence[Backend]) -> Sampling:
    """How words are drawn, in both answers alike, also where two models write them: llama.cpp's
    penalty on repeating only where all of ``used`` know it."""
    small = all(one.describe().backend == "llama.cpp" for one in used)
    return Sampling(
        temperature=compare.temperature,
        max_tokens=compare.max_tokens,
        repeat_penalty=SMALL_MODEL_PENALTY if small else 1.0,
    )


async def make_pair(
    db: StoreThread,
    order: Order,
    *,
    backend: Backend,
    other: Backend | None = None,
    embedder: Embedder,
    compare: CompareConfig,
    now: Callable[[], datetime] = utc_now,
) -> AsyncGenerator[Making, None]:
    """Write both answers and keep the pair. For the arm ``models``, ``other`` writes the second one.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`, and
    :class:`persona_tui.errors.UserError` if there is no second model to compare with.
    """
    check_second(order.arm, backend, other)
    second = other if order.arm == "models" and other is not None else backend
    alike = sampling_of(compare, (backend, second))
    await db.run(prompts.remember, generate.template_sha256(), generate.template_text())
    written: list[tuple[Response, ModelRun]] = []
    characters = 0
    told_texts = [text for _, text in order.attributes]
    # The personalized answer of a planted pair is not written: both sides show the generic one.
    plans = [(False, backend, [])] if order.planted else [
        (False, backend, []), (True, second, told_texts if order.arm != "models" else []),
    ]  # fmt: skip
    for personalized, writer, told in plans:
        sampling = generate.with_seed(alike, secrets.randbits(31))
        started, answer = now(), None
        pieces = generate.write(writer, order.prompt.text, told, sampling)
        async with aclosing(pieces) as parts:
            async for part in parts:
                if isinstance(part, generate.Answer):
                    answer = part
                else:
                    characters += len(part)
                    yield Making(order, characters)
        if answer is None or not answer.text:
            answer = (
                generate.Answer("…", answer.usage, answer.provenance, False) if answer else None
            )
        if answer is None:
            return
        run = _run(writer, order, sampling, answer, started, now())
        written.append((await _response(order, personalized, writer, answer, embedder, run), run))
    side: Side = secrets.choice(("generic", "personalized"))
    pair = await db.run(partial(_keep, order=order, written=written, side=side))
    yield Making(order, characters, pair)


def _run(
    writer: Backend,
    order: Order,
    sampling: Sampling,
    answer: generate.Answer,
    started: datetime,
    finished: datetime,
) -> ModelRun:
    model = writer.describe()
    said = answer.provenance.note if answer.provenance is not None else None
    notes = ["ended at the token limit" if answer.truncated else None, said]
    return ModelRun(
        new_id(), "respond", model.name, model.backend, generate.template_sha256(),
        {
            **sampling.as_parameters(), "arm": order.arm, "form": form.VERSION,
            **({"learned_id": order.learned_id} if order.learned_id is not None else {}),
        },
        __version__, started, finished,
        prompt_tokens=answer.usage.prompt_tokens,
        completion_tokens=answer.usage.completion_tokens,
        note="; ".join(one for one in notes if one) or None,
    )  # fmt: skip


async def _response(
    order: Order,
    personalized: bool,
    writer: Backend,
    answer: generate.Answer,
    embedder: Embedder,
    run: ModelRun,
) -> Response:
    told = order.attributes if personalized and order.arm != "models" else ()
    mentions = await find(answer.text, told, embedder) if told else []
    return Response(
        new_id(), order.prompt.prompt_id, personalized, writer.describe().name, run.started_at,
        answer.text, run.run_id, tuple(key for key, _ in told),
        bool(mentions) if told else None, tuple(mentions),
    )  # fmt: skip


def _keep(
    store: Store, *, order: Order, written: Sequence[tuple[Response, ModelRun]], side: Side
) -> ResponsePair:
    with store.write():
        allowed = set(accepted_attributes(store))
        if any(key not in allowed for key, _ in order.attributes):
            raise NotFoundError(
                "An attribute was taken back while the answers were written; this pair is dropped."
            )
        for _, run in written:
            runs.add(store, run)
        generic = written[0][0]
        if order.planted:
            # Nothing may tell a planted pair: the same attributes are asked about as of any other.
            generic = replace(generic, attribute_ids=tuple(key for key, _ in order.attributes))
        personalized = generic if order.planted else written[1][0]
        return responses.add_pair(
            store, order.prompt.prompt_id, generic, personalized, arm=order.arm, shown_left=side,
            sampling="catch" if order.planted else "random",
            inclusion_prob=None if order.named else 1.0,
        )  # fmt: skip


async def make_ahead(
    db: StoreThread,
    settings: Settings,
    *,
    backend: Backend,
    other: Backend | None,
    embedder: Embedder,
    count: int | None = None,
    arm: Arm | None = None,
    prompt_id: str | None = None,
    spending: Spending | None = None,
) -> AsyncGenerator[Making, None]:
    """Make pairs until ``count`` were made, or (``None``) ``compare.ahead`` wait unjudged; none that
    might go over what may be spent. A prompt for which the model itself would use nothing gets no
    pair in the arm ``model``.

    Raises :class:`models.errors.ModelError`, :class:`store.errors.StoreError`,
    :class:`persona_tui.errors.UserError`.
    """
    compare = settings.compare
    wanted: Arm = arm or compare.arm
    check_second(wanted, backend, other)
    model = chooser = backend.describe().name
    made = 0
    while True:
        if count is None:
            ready = await db.run(partial(responses.pairs, judged=False))
            if len([p for p in ready if p.arm == wanted]) >= compare.ahead:
                return
        elif made >= count:
            return
        todo = await db.run(
            partial(orders, judging=settings.judging, compare=compare, arm=arm, prompt_id=prompt_id)
        )
        if wanted in ("model", "personal"):
            chooser = model if wanted == "model" else await db.run(_personal_model)
            nothing = await db.run(chose_nothing)
            todo = [one for one in todo if choice_key(chooser, one) not in nothing]
        if not todo:
            return
        order = todo[0]
        if spending is not None and not spending.may(order):
            return
        if wanted in ("model", "personal"):
            if wanted == "personal":
                order = await personal_choice(db, embedder, order)
            else:
                order = await models_choice(KeptChoices(db, backend), order)
                if spending is not None:
                    spending.chose(todo[0])
            if not order.attributes:  # two generic answers are no pair
                await db.run(remember_chose_nothing, choice_key(chooser, todo[0]))
                continue
        steps = make_pair(
            db, order, backend=backend, other=other, embedder=embedder, compare=compare
        )
        whole = False
        async with aclosing(steps):
            async for step in steps:
                whole = whole or step.pair is not None
                if spending is not None and step.pair is not None:
                    await db.run(spending.paid, step.pair)
                yield step
        if not whole:
            return  # the model said nothing: asking again and again would not help
        made += 1


def _personal_model(store: Store) -> str:
    found = learned.in_use(store, "relevance")
    return f"personal {found.learned_id}" if found is not None else "personal"


def write_ahead(
    db: StoreThread, settings: Settings, backends: Backends, embedder: Embedder
) -> AsyncGenerator[Making, None]:
    """:func:`make_ahead` with the models that are set.

    Raises:
        UserError: two models are to be compared, and there is no second one.
        ModelError: there is no model of that name.
    """
    used = writers(backends, settings.compare.arm)
    return make_ahead(db, settings, backend=used[0], other=used[-1], embedder=embedder)
