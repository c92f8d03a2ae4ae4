"""BM25, embeddings and the calibrated model: what each says, and where it says nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.embeddings import HashedEmbedder, MiniLmEmbedder
from models.scripted import ScriptedBackend
from persona_tui.stages.judging.questions import RELEVANCE
from persona_tui.stages.relevance.verdicts import (
    BM25_TAG,
    CALIBRATION,
    CONTENT_FREE,
    COSINE_THRESHOLD,
    calibrated,
    cosines,
    embedding_tag,
    judge,
    lexical_scores,
    llm_tag,
    question,
    wording,
    zero_shot,
)

COOK = "What shall I cook tonight?"


def test_a_word_in_common_counts_and_the_rarer_word_more() -> None:
    said = lexical_scores(
        "Which pan do I cook rice in?",
        ["The user likes to cook.", "The user likes to cook rice.", "The user plays chess."],
    )
    assert said[1] > said[0] > 0
    assert said[2] == 0


@pytest.mark.parametrize(
    ("prompt", "attribute"),
    [
        ("What does the user do?", "The user is a nurse."),  # every attribute begins with it
        ("Is it for this or for that?", "It is not for that."),  # stop words only
        ("Is she with her or with them?", "She is with her."),
        ("", "The user is a nurse."),
        ("???", "The user is a nurse."),
        ("What now?", ""),
        ("", ""),
    ],
)
def test_what_every_sentence_has_in_common_is_no_word_in_common(
    prompt: str, attribute: str
) -> None:
    assert lexical_scores(prompt, [attribute]) == [0.0]


@pytest.mark.parametrize(
    ("prompt", "same", "other"),
    [
        ("Какой велосипед купить?", "У пользователя велосипед.", "Пользователь варит суп."),
        ("Ποιο ποδήλατο να πάρω;", "Έχει ένα ποδήλατο.", "Μαγειρεύει σούπα."),
        ("Wie grün ist mein Garten?", "Der Nutzer hat einen Garten.", "Er kocht Suppe."),
        ("أي دراجة أشتري؟", "لديه دراجة قديمة", "يطبخ الحساء"),
    ],
)
def test_other_scripts_with_spaces_are_words_too(prompt: str, same: str, other: str) -> None:
    first, second = lexical_scores(prompt, [same, other])
    assert first > second == 0


def test_no_attributes_are_no_scores() -> None:
    assert lexical_scores(COOK, []) == []


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=5))
def test_any_text_gets_a_finite_score_each(prompt: str, attributes: list[str]) -> None:
    said = lexical_scores(prompt, attributes)
    assert len(said) == len(attributes)
    assert all(math.isfinite(one) and one >= 0 for one in said)


async def test_embeddings_see_what_shares_no_word() -> None:
    related, other, empty = await cosines(
        COOK, ["The user is a vegetarian who loves soup.", "The user repairs clocks.", ""],
        MiniLmEmbedder(),
    )  # fmt: skip
    assert related >= COSINE_THRESHOLD
    assert related > other
    assert -1 <= empty <= 1


async def test_embeddings_of_the_same_are_the_same() -> None:
    (same,) = await cosines(COOK, [COOK], MiniLmEmbedder())
    assert same == pytest.approx(1, abs=1e-3)
    assert await cosines(COOK, [], HashedEmbedder()) == []


def test_calibration_takes_off_what_is_given_to_anything() -> None:
    assert calibrated(2.0, ()) == pytest.approx(1 / (1 + math.exp(-2)))
    assert calibrated(2.0, (2.0, 2.0)) == 0.5
    assert calibrated(2.0, (1.0, 3.0)) == 0.5
    assert calibrated(3.0, (2.0,)) > 0.5 > calibrated(1.0, (2.0,))
    assert calibrated(1e9, (0.0,)) <= 1
    assert calibrated(-1e9, (0.0,)) >= 0


@given(st.lists(st.integers(-15, 15), min_size=2, max_size=9), st.integers(-15, 15))
def test_calibration_keeps_the_order(odds: list[int], shift: int) -> None:
    plain = sorted(range(len(odds)), key=lambda at: calibrated(odds[at], ()))
    after = [calibrated(odds[at], (shift,)) for at in plain]
    assert after == sorted(after)


async def test_a_model_that_says_yes_to_all_but_more_to_one_means_that_one() -> None:
    def likes(text: str, option: str) -> float:
        if option == "no":
            return 0.0
        return 4.0 if "vegetarian" in text.rsplit("Attribute:", 1)[1] else 2.0

    model = ScriptedBackend(scores=likes)
    (raw, after), (raw_other, after_other) = await zero_shot(
        COOK, ["The user is a vegetarian.", "The user is tall."], model
    )
    assert raw > raw_other > 0.8
    assert after > 0.8
    assert after_other == 0.5
    (call,) = model.calls  # one call: the prefix is read once
    asked = [row.split("\n")[0] for row in call.continuations]
    assert asked == [*CONTENT_FREE, "The user is a vegetarian.", "The user is tall."]


async def test_what_has_no_content_is_asked_about_once_a_prompt() -> None:
    model = ScriptedBackend(scores=lambda text, option: len(text) / 50 if option == "yes" else 0.0)
    attributes = [(str(n), f"The user has {n} pots.") for n in range(20)]
    steps = judge("p", COOK, attributes, embedder=HashedEmbedder(), backend=model)
    found = [row for part in [rows async for rows in steps] for row in part if row.detail]
    asked = [row.split("\n")[0] for call in model.calls for row in call.continuations]
    assert len(model.calls) == 3
    assert sorted(asked) == sorted([*CONTENT_FREE, *(text for _, text in attributes)])
    alone = dict(
        zip(attributes, await zero_shot(COOK, [t for _, t in attributes], model), strict=True)
    )
    said = {row.attribute_id: row.probability for row in found if "calibration" in row.detail}
    assert said == {key: round(after, 6) for (key, _), (_, after) in alone.items()}


def test_braces_in_a_prompt_are_words() -> None:
    prefix, rows = question("What does {attribute} in {prompt} mean?", ["{prompt}"])
    assert "What does {attribute} in {prompt} mean?" in prefix[0].content
    assert rows[0].startswith("{prompt}")
    assert RELEVANCE.question in wording()


async def test_verdicts_come_by_kind_and_what_is_known_is_not_asked_again() -> None:
    model = ScriptedBackend(scores=lambda _, option: 1.0 if option == "yes" else 0.0)
    attributes = [(str(n), f"The user has {n} soup pots.") for n in range(10)]

    async def all_of_it(known: frozenset[str] = frozenset()) -> list[list[str]]:
        steps = judge("p", COOK, attributes, embedder=HashedEmbedder(), backend=model, known=known)
        rows = [rows async for rows in steps]
        found.update(row.input_sha256 for part in rows for row in part)
        return [[row.model_tag for row in part] for part in rows]

    found: set[str] = set()
    tags = await all_of_it()
    assert [len(part) for part in tags] == [10, 10, 8, 2]
    names = [BM25_TAG, embedding_tag(HashedEmbedder()), llm_tag(model), llm_tag(model)]
    assert [part[0] for part in tags] == names
    assert CALIBRATION in llm_tag(model)
    calls = len(model.calls)
    assert await all_of_it(frozenset(found)) == [[], []]
    assert len(model.calls) == calls
