"""Signs of an attribute and its evidence: what they see, and that nothing breaks them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.learned.base import Weight
from models.scripted import ScriptedBackend
from persona_tui.stages.verification import features, reasons
from persona_tui.stages.verification.entailment import HEAD, MOST_QUOTED, ask, row
from persona_tui.stages.verification.features import NAMES, Said, Subject


def said(quote: str, message: str | None = None, **more: object) -> Said:
    text = quote if message is None else message
    return Said(quote, text, max(0, text.find(quote)), **more)  # type: ignore[arg-type]


def signs(text: str, *evidence: Said, **more: object) -> dict[str, float]:
    subject = Subject(text, evidence, **more)  # type: ignore[arg-type]
    return dict(zip(NAMES, features.scalars([subject])[0].tolist(), strict=True))


def test_every_sign_has_words_and_a_prior() -> None:
    assert set(reasons.SIGNS) == set(NAMES)
    for sign in reasons.SIGNS.values():
        assert sign.who
        assert sign.who_not
        # What is expected to accuse can say so.
        assert sign.much if sign.prior > 0 else sign.little or sign.much


@pytest.mark.parametrize(
    ("sign", "more", "less"),
    [
        ("request", "Can you translate this into French?", "I live in Lyon."),
        ("question", "What is a good bike?", "I bought a bike."),
        ("no_first_person", "The function returns nothing.", "My function returns nothing."),
        ("no_first_person", "Der Zug ist spät.", "Ich bin spät."),
        ("wish", "I want to learn Greek.", "I speak Greek."),
        ("once", "I went running today.", "I run."),
    ],
)
def test_what_evidence_tells(sign: str, more: str, less: str) -> None:
    about = "The user does something."
    assert signs(about, said(more))[sign] > signs(about, said(less))[sign]


@pytest.mark.parametrize(
    ("sign", "more", "less"),
    [
        ("hedged", "The user may be a nurse.", "The user is a nurse."),
        ("sweeping", "The user always cooks.", "The user cooks."),
        ("trait", "The user is passionate and loves maps.", "The user has a map."),
        ("task", "The user asked for a poem.", "The user is a poet."),
        ("pointing", "The user wrote the function above.", "The user writes Python."),
        ("length", "The user has two cats and one very old dog.", "The user has cats."),
    ],
)
def test_what_the_words_of_an_attribute_tell(sign: str, more: str, less: str) -> None:
    quote = said("I have cats.")
    assert signs(more, quote)[sign] > signs(less, quote)[sign]


def test_whose_voice_it_is() -> None:
    role = "Pretend I am a pirate captain. I have a wooden leg."
    pasted = 'Translate: "I have been a widow for ten years."'
    assert signs("The user has a wooden leg.", said("I have a wooden leg.", role))["play"] == 1
    found = signs("The user is a widow.", said("I have been a widow for ten years.", pasted))
    assert found["other_voice"] == 1
    plain = signs("The user has two cats.", said("I have two cats.", "Hello! I have two cats."))
    assert plain["play"] == plain["other_voice"] == 0
    assert plain["overlap"] == 1


def test_sources_conversations_and_days() -> None:
    often = [said("I run.", conversation_id=str(i), day=10 * i) for i in range(4)]
    many, one = signs("The user runs.", *often, sources=4), signs("The user runs.", often[0])
    for name in ("sources", "conversations", "days"):
        assert many[name] > one[name]
    assert many["repeated"] == 0
    assert signs("The user runs.", often[0], sources=5)["repeated"] == pytest.approx(math.log(5))


def test_what_is_not_known_is_not_guessed() -> None:
    found = signs("The user runs.")
    for name in ("overlap", "similarity", "entailment", "confidence", "request", "mismatch"):
        assert math.isnan(found[name])
    assert signs("The user runs.", said("I run."), entailment=99.0)["entailment"] == 8.0


HOSTILE = [
    "", " ", "\n\n\n", "\x00", "👩‍👩‍👧‍👦🏳️‍🌈" * 50, "ﷺ" * 99, "e\u0301" * 99, "((((((((", "[bold]x[/bold]",
    "私は東京に住んでいます。", "我是护士", "أنا ممرضة", "Ich heiße Jörg", "```\ndef f(): pass\n```", "> quoted",
    "'" * 999, '"' * 999, "a" * 100_000, "I am. " * 4_000, "\ud800",
]  # fmt: skip


def test_hostile_words_break_nothing() -> None:
    for text in HOSTILE:
        for quote in ("", text):
            found = features.scalars([Subject(text, (Said(quote, text, 10**9),))])
            assert found.shape == (1, len(NAMES))
            assert not np.isinf(found).any()
            assert len(row(Subject(text[:50], (Said(quote, text, 0),)))) < MOST_QUOTED + 200
    assert features.scalars([]).shape == (0, len(NAMES))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=80), st.integers(-3, 90))
def test_any_words_give_numbers(text: str, quote: str, start: int) -> None:
    found = features.scalars([Subject(text, (Said(quote, quote + text, start),), 0.5)])
    assert np.isfinite(np.nan_to_num(found)).all()
    assert (found == features.scalars([Subject(text, (Said(quote, quote + text, start),), 0.5)]))[
        ~np.isnan(found)
    ].all()


def test_the_nearest_quote_counts() -> None:
    attributes = np.eye(3, dtype=np.float32)
    quotes = np.array([[0, 1, 0], [0.8, 0.6, 0], [0, 1, 0]], dtype=np.float32)
    cosine, vectors = features.nearest(attributes, quotes, [0, 0, 1])
    assert cosine[:2] == pytest.approx([0.8, 1.0])
    assert math.isnan(cosine[2])
    assert vectors[0] == pytest.approx(quotes[1])
    assert not vectors[2].any()


# --- in words -------------------------------------------------------------------------------------


def test_why_it_is_doubted() -> None:
    parts = [Weight("request", 1.0), Weight("sources", 0.5), Weight("length", 0.01)]
    assert reasons.reasons(parts, {"request": 2.0, "sources": -1.0, "length": 2.0}) == (
        "It rests on a request, which is a task and not the user.",
        "It rests on a single remark.",
    )
    assert len(reasons.reasons([], {})) == 1
    assert reasons.reasons([Weight("unheard of", 9.0)], {}) == reasons.reasons([], {})


def test_a_reason_is_never_the_opposite_of_what_is_there() -> None:
    """A sign that accuses by its absence is told as an absence."""
    for name, sign in reasons.SIGNS.items():
        for value, expected in ((1.0, sign.much), (-1.0, sign.little)):
            told = reasons.reasons([Weight(name, 1.0)], {name: value})[0]
            assert told.rstrip(".").lower() == (expected or reasons.UNNAMED).lower()


def test_what_was_learned_in_words() -> None:
    told = reasons.words([Weight("request", 0.8), Weight("overlap", -0.5), Weight("days", 0.01)])
    assert told == [
        "You reject attributes that rest on a request more often than those that rest on no request.",
        (
            "You reject attributes that use other words than you did more often than those that stay close"
            " to your words."
        ),
    ]
    assert len(reasons.words([Weight("embeddings", 3.0)])) == 1


async def test_a_model_is_asked_in_blocks() -> None:
    backend = ScriptedBackend(
        scores=lambda text, option: float((option == "yes") == ("has 3 cats" in text))
    )
    asked = [Subject(f"The user has {i} cats.", (said("I have 3 cats."),)) for i in range(20)]
    found = await ask(backend, asked)
    assert len(found) == 20
    assert found[3] == pytest.approx(1.0)
    assert found[4] == pytest.approx(-1.0)
    assert [len(one.continuations) for one in backend.calls] == [8, 8, 4]
    assert {one.messages[0].content for one in backend.calls} == {HEAD}


async def test_asking_takes_no_longer_than_it_may() -> None:
    """At least a block, so that it goes on from run to run; what is not asked is not known."""
    backend, seen = ScriptedBackend(), list[int]()
    asked = [Subject(f"The user has {i} cats.", (said("I have 3 cats."),)) for i in range(20)]
    assert len(await ask(backend, asked, seconds=0.0, on_step=seen.append)) == 8
    assert seen == [8]
