"""Fifty planted secrets of fifteen kinds, everywhere that a person or a model writes: none leaves.

From a real journal to the bytes of the bundle, at both levels, over 200 random profiles.
"""

from __future__ import annotations

import random
from itertools import cycle
from pathlib import Path

import pytest

from persona_tui.config import DonationConfig
from persona_tui.donation import bundle
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.material import choices, read_material
from persona_tui.jobs.donation.texts import texts_of
from store import (
    attributes,
    candidates,
    conversations,
    donations,
    judgments,
    messages,
    relevance,
    response_judgments,
    responses,
    runs,
    user_prompts,
)
from store.audit import RelevanceJudgment, Response, ResponseJudgment
from store.candidates import Group
from store.db import Store, new_id, open_store, utc_now
from store.records import AttributeJudgment, Candidate, Evidence, ModelRun
from tests.persona_tui.donation.planted_secrets import (
    DISGUISES,
    KINDS,
    LISTED,
    Secret,
    draw_secrets,
    forms,
)
from tests.persona_tui.giving_data import context

PROFILES, PARTS = 200, 10
PLAIN = DonationConfig(names=False)
HARMLESS = "likes gardening"


def plant(store: Store, draw: random.Random, secrets: list[Secret]) -> None:
    """A journal in which each secret stands in at least one place of each sort."""
    spread = cycle(draw.sample(secrets, len(secrets)))

    def said(count: int = 2) -> str:
        picked = [next(spread) for _ in range(count)]
        return " ".join(draw.choice(DISGUISES)(one.sentence) for one in picked)

    file_name = next(one.value for one in secrets if one.kind == "home path")
    run = ModelRun(
        new_id(), "extract", f"{file_name}.gguf", "llama.cpp", "0" * 64,
        {"path": file_name}, "0.1.0", utc_now(),
    )  # fmt: skip
    runs.add(store, run)
    found: list[Candidate] = []
    for _ in range(6):
        conversation = conversations.create(store, title=said(1))
        text = f"{said(2)} The user {HARMLESS}. {said(2)}"
        message = messages.append(store, conversation.conversation_id, "user", text)
        messages.append(store, conversation.conversation_id, "assistant", said(1))
        span = Evidence(conversation.conversation_id, message.message_id, 0, len(text), text)
        made = Candidate(
            new_id(), conversation.conversation_id, f"The user {HARMLESS}. {said(2)}",
            0.5 + draw.random() / 2, "grounded", run.run_id, (span,), reason=said(1),
        )  # fmt: skip
        candidates.save_extracted(
            store, settings_sha256="0" * 64, conversation_id=conversation.conversation_id,
            message_ids=[message.message_id], candidates=[made],
        )  # fmt: skip
        found.append(made)
    candidates.attach(store, [Group(None, one.candidate_id, (one.candidate_id,)) for one in found])
    rows = [one for one in attributes.list_all(store) if one.strategy == "grounded"]
    for place, one in enumerate(rows):
        judgments.save(
            store,
            AttributeJudgment(
                "", one.attribute_id, utc_now(),
                context(shown={"attribute": one.text, "said": said(1)}),
                "bad" if place == 0 else "ok", note=said(1),
            ),
            correction=f"I {HARMLESS}. {said(1)}" if place == 0 else None,
        )  # fmt: skip
    for secret in secrets:  # whatever the draw left out stands in a prompt of its own
        if draw.random() < 0.3:
            user_prompts.add(store, f"{secret.sentence} {new_id()}")
    prompt = user_prompts.add(store, f"What does one who {HARMLESS} plant? {said(4)}")
    for one in rows:
        relevance.save(
            store,
            RelevanceJudgment(
                "", prompt.prompt_id, one.attribute_id, utc_now(), context(),
                relevant=draw.random() < 0.5, note=said(1),
            ),
        )  # fmt: skip
    sides = [
        Response(
            new_id(), prompt.prompt_id, bool(place), f"{file_name}.gguf", utc_now(),
            f"Who {HARMLESS} plants beans. {said(8)}",
            attribute_ids=(rows[0].attribute_id,) if place else (),
        )
        for place in range(2)
    ]  # fmt: skip
    pair = responses.add_pair(store, prompt.prompt_id, *sides, arm="relevant", shown_left="generic")
    response_judgments.save(
        store,
        ResponseJudgment(
            "", pair.pair_id, utc_now(), context(), "generic", 4, 4, {rows[0].attribute_id: 5},
            len_generic=len(sides[0].text), len_personalized=len(sides[1].text), note=said(1),
        ),
    )  # fmt: skip
    for secret in secrets:
        if secret.kind in LISTED:
            donations.add_entry(store, secret.value)
    stated = next(one.value for one in secrets if one.kind == "own name")
    messages.append(store, conversation.conversation_id, "user", f"My name is {stated}.")


def leaks(files: dict[str, bytes], secrets: list[Secret]) -> list[str]:
    """What of the secrets is in the files, or in the zip of them."""
    everything = {**files, "zip": bundle.zip_bytes(files)}
    return [
        f"{secret.kind} {secret.value!r} in {path} as {form!r}"
        for secret in secrets
        for form in forms(secret.value)
        for path, data in everything.items()
        if form in data
    ]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_planted_secret_leaves(part: int, tmp_path: Path) -> None:
    kept = 0
    for seed in range(part, PROFILES, PARTS):
        draw = random.Random(seed)
        secrets = draw_secrets(draw)
        assert len({one.kind for one in secrets}) == 15
        with open_store(tmp_path / f"{seed}.db") as store:
            plant(store, draw, secrets)
            draft = donating.open_or_create(store, PLAIN)
            picked = [(one.kind, one.item_id) for one in choices(store, None)]
            for level in ("labels", "texts"):
                donating.choose(store, draft, picked, level)
                found = donations.get(store, draft.donation_id)
                files = dict(donating.prepare(store, found, PLAIN).files)
                assert not leaks(files, secrets), (seed, level, leaks(files, secrets)[:5])
                kept += b"gardening" in files["data/attributes.jsonl"]
    assert kept == PROFILES // PARTS  # what is harmless is still there, where texts are given


def test_the_secrets_do_stand_in_what_is_redacted(tmp_path: Path) -> None:
    """The check above would see them: before redaction every kind is there."""
    seen: set[str] = set()
    for seed in range(4):
        draw = random.Random(seed)
        secrets = draw_secrets(draw)
        with open_store(tmp_path / f"{seed}.db") as store:
            plant(store, draw, secrets)
            draft = donating.open_or_create(store, PLAIN)
            picked = [(one.kind, one.item_id) for one in choices(store, None)]
            donating.choose(store, draft, picked, "texts")
            texts = texts_of(read_material(store, donations.get(store, draft.donation_id)))
        originals = "\n".join(one.original for one in texts)
        seen |= {found.split(" '")[0] for found in leaks({"texts": originals.encode()}, secrets)}
    assert seen == set(KINDS)
