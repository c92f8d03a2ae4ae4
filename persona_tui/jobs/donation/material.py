"""What a donation is made of, read from the journal: the records that were chosen, and their texts.

Reading is done on the thread that owns the journal; what follows (redacting, putting together) is
not, and needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from persona_tui.jobs.donation.hidden import hidden_words
from store.audit import (
    ModelJudgment,
    RelevanceJudgment,
    ResponseJudgment,
    ResponsePair,
    UserPrompt,
)
from store.donations import Donation, Item, ItemKind, Level, StoredEdit
from store.records import Attribute, AttributeJudgment, Source

if TYPE_CHECKING:
    from store.db import Store

MESSAGES_READ = 20_000
"""Of the person's newest messages: names that they call themselves are looked for in these."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that can be given, for choosing from."""

    kind: ItemKind
    item_id: str
    text: str
    """The attribute, or the prompt."""
    said: str
    """What the person said of it, in a few words."""
    level: Level | None = None
    """At which it was chosen; ``None``: it was not."""
    given: bool = False
    """Whether it is part of a donation that was given before."""
    never: bool = False
    """Whether the person said that it must never be used."""


@dataclass(frozen=True, slots=True)
class Material:
    """Everything that was chosen for one donation."""

    donation: Donation
    items: tuple[Item, ...]
    attributes: Mapping[str, Attribute]
    sentences: Mapping[str, str]
    """Corrections by the id of the attribute that they became."""
    judgments: tuple[AttributeJudgment, ...]
    """In force, repeats, and planted items."""
    relevance: tuple[RelevanceJudgment, ...]
    responses: tuple[ResponseJudgment, ...]
    prompts: Mapping[str, UserPrompt]
    pairs: Mapping[str, ResponsePair]
    models: tuple[ModelJudgment, ...]
    positions: Mapping[str, int]
    """Turn by message."""
    templates: Mapping[str, str]
    """Hash of the extraction template by run."""
    sources: Mapping[str, Source]
    """By conversation."""
    remote_models: frozenset[str]
    edits: Mapping[str, Sequence[StoredEdit]]
    entries: tuple[tuple[str, str], ...]
    """The person's own list of words: (text, kind)."""
    own_messages: tuple[str, ...] = field(repr=False, default=())
    statements: tuple[str, ...] = field(repr=False, default=())
    """All attributes, also those that are not given: names in them are looked for."""
    hidden: Mapping[str, Sequence[str]] = field(repr=False, default_factory=dict)
    """Words that the person hid, by place, also of what is not given any more."""

    def level(self, kind: ItemKind, item_id: str) -> Level | None:
        return next(
            (one.level for one in self.items if (one.kind, one.item_id) == (kind, item_id)), None
        )


def choices(store: Store, donation_id: str | None) -> list[Choice]:
    """What there is to give: judged attributes and the person's own sentences, prompts with answers
    on relevance, compared pairs; the newest judged last."""
    from persona_tui.stages.judging import describe, is_judged
    from store import attributes, donations, relevance, response_judgments, responses, user_prompts

    chosen = {} if donation_id is None else {
        (one.kind, one.item_id): one.level for one in donations.items(store, donation_id)
    }  # fmt: skip
    before = donations.given_items(store)

    def made(kind: ItemKind, key: str, text: str, said: str, *, never: bool = False) -> Choice:
        place = (kind, key)
        return Choice(kind, key, text, said, chosen.get(place), place in before, never)

    found: list[Choice] = []
    for one in attributes.list_all(store):
        judgment = one.judgment
        if judgment is None or not _is_offered(one):
            continue
        said = describe(judgment) if is_judged(judgment) else "your own sentence"
        found.append(
            made("attribute", one.attribute_id, one.text, said, never=judgment.use == "never")
        )
    answers: dict[str, list[RelevanceJudgment]] = {}
    for row in relevance.in_force(store):
        answers.setdefault(row.prompt_id, []).append(row)
    prompts = {one.prompt_id: one for one in user_prompts.list_all(store, removed=True)}
    for prompt_id, rows in answers.items():
        yes = sum(bool(row.relevant) for row in rows)
        found.append(
            made("relevance", prompt_id, prompts[prompt_id].text, f"{yes} of {len(rows)} relevant")
        )
    for judged in response_judgments.in_force(store):
        pair = responses.get_pair(store, judged.pair_id)
        said = "cannot judge" if judged.rating is None else f"{judged.rating} of 5"
        found.append(made("response", pair.pair_id, prompts[pair.prompt_id].text, said))
    return found


def _is_offered(attribute: Attribute) -> bool:
    """Whether it can be given: it is judged, or the person's own sentence."""
    from persona_tui.stages.judging import is_judged

    return is_judged(attribute.judgment) or (
        attribute.judgment is not None and attribute.strategy == "user"
    )


def read_material(store: Store, donation: Donation) -> Material:
    """Read all that was chosen. What was forgotten or taken back since is not in it; of stage 2 and
    3 only what concerns attributes that were chosen."""
    from store import attributes, donations, judgments, messages, model_judgments

    items = tuple(donations.items(store, donation.donation_id))
    out = donations.left_out(store, donation.donation_id)
    wanted = {(one.kind, one.item_id) for one in items}
    everything = {one.attribute_id: one for one in attributes.list_all(store)}
    mine = {
        key: one
        for key, one in everything.items()
        if ("attribute", key) in wanted and _is_offered(one)
    }
    stage1 = [one.judgment for one in mine.values() if one.judgment is not None]
    stage1 += [row for row in judgments.repeats(store) if row.attribute_id in mine]
    if mine:
        stage1 += _planted(store)
    stage1 = [row for row in stage1 if row.judgment_id not in out]
    relevance, responses, prompts, pairs = _later_stages(store, wanted, mine, out)
    anything = bool(stage1 or relevance or responses)
    said = model_judgments.list_all(store) if anything else []
    models = [row for row in said if row.judgment_id not in out]
    runs = _runs(store, mine.values(), pairs.values(), models)
    spans = [span for one in mine.values() for span in one.evidence]
    positions, sources = _places(store, spans)
    edits = donations.edits(store, donation.donation_id)
    return Material(
        donation,
        items,
        mine,
        {key: one.text for key, one in everything.items() if one.strategy == "user"},
        tuple(stage1),
        tuple(relevance),
        tuple(responses),
        prompts,
        pairs,
        tuple(models),
        positions,
        {key: sha for key, (sha, _, _) in runs.items()},
        sources,
        frozenset(model for _, model, backend in runs.values() if backend == "endpoint"),
        edits,
        tuple(donations.entries(store)),
        tuple(messages.newest_of_user(store, MESSAGES_READ)),
        tuple(one.text for one in everything.values()),
        hidden_words(store, edits),
    )


def _planted(store: Store) -> list[AttributeJudgment]:
    """Planted items, which nobody chooses: only those judged since something was given. In each of
    two bundles the same answers, as quick and in the same months, would tell that they are of one
    person."""
    from store import catches, donations

    before = [one.signed_at for one in donations.list_all(store) if one.given_at is not None]
    since = max((at for at in before if at is not None), default=None)
    rows = catches.in_force(store).values()
    return [row for row in rows if since is None or row.created_at > since]


def standing(store: Store) -> set[str]:
    """Ids of the judgments that neither were taken back nor gave way to another."""
    from store import attributes, catches, judgments, relevance, response_judgments

    rows: list[AttributeJudgment | RelevanceJudgment | ResponseJudgment] = [
        *(one.judgment for one in attributes.list_all(store) if one.judgment is not None),
        *judgments.repeats(store),
        *catches.in_force(store).values(),
        *relevance.in_force(store),
        *relevance.repeats(store),
        *response_judgments.in_force(store),
        *response_judgments.repeats(store),
    ]
    return {row.judgment_id for row in rows}


def _later_stages(
    store: Store,
    wanted: set[tuple[ItemKind, str]],
    mine: Mapping[str, Attribute],
    out: set[str],
) -> tuple[
    list[RelevanceJudgment],
    list[ResponseJudgment],
    dict[str, UserPrompt],
    dict[str, ResponsePair],
]:
    from store import relevance, response_judgments, responses, user_prompts

    stage2 = [
        row
        for row in (*relevance.in_force(store), *relevance.repeats(store))
        if ("relevance", row.prompt_id) in wanted
        and row.attribute_id in mine
        and row.judgment_id not in out
    ]
    stage3 = [
        row
        for row in (*response_judgments.in_force(store), *response_judgments.repeats(store))
        if ("response", row.pair_id) in wanted and row.judgment_id not in out
    ]
    pairs = {key: responses.get_pair(store, key) for key in {row.pair_id for row in stage3}}
    needed = {row.prompt_id for row in stage2} | {pair.prompt_id for pair in pairs.values()}
    prompts = {key: user_prompts.get(store, key) for key in needed}
    return stage2, stage3, prompts, pairs


def _runs(
    store: Store,
    attributes: Iterable[Attribute],
    pairs: Iterable[ResponsePair],
    models: Iterable[ModelJudgment],
) -> dict[str, tuple[str, str, str]]:
    """Of each run: hash of its prompt, model, back end."""
    from store import runs
    from store.errors import NotFoundError

    wanted = {one.run_id for one in attributes}
    wanted |= {side.run_id for pair in pairs for side in (pair.generic, pair.personalized)}
    wanted |= {one.run_id for one in models}
    found = {}
    for key in wanted - {None}:
        try:
            run = runs.get(store, key or "")
        except NotFoundError:
            continue
        found[run.run_id] = (run.prompt_sha256, run.model, run.backend)
    return found


def _places(store: Store, spans: Iterable[object]) -> tuple[dict[str, int], dict[str, Source]]:
    from store import conversations, messages
    from store.records import Evidence

    positions: dict[str, int] = {}
    sources: dict[str, Source] = {}
    for span in spans:
        if isinstance(span, Evidence):
            if span.message_id not in positions:
                positions[span.message_id] = messages.get(store, span.message_id).position
            if span.conversation_id not in sources:
                sources[span.conversation_id] = conversations.get(
                    store, span.conversation_id
                ).source
    return positions, sources
