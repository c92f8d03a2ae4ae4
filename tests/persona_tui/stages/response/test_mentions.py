"""The detector of open mentions: what a stretch reaches, and how good it is on labelled sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.embeddings import MiniLmEmbedder
from persona_tui.report import stage3
from persona_tui.stages.response import mentions
from persona_tui.stages.response.mention_words import content, reached, stem
from persona_tui.stages.response.mentions import find, sentences

DATA = Path(__file__).parents[4] / "benchmarks" / "data" / "mentions.tsv"


def said(sentence: str) -> list[str]:
    return [stretch.text for stretch in reached(sentence)]


@pytest.mark.parametrize(
    ("sentence", "stretches"),
    [
        ("As a nurse on night shifts, you need food that keeps.", ["nurse on night shifts"]),
        ("As an example, rice keeps well.", []),
        ("As a dessert, you can serve ice cream.", ["dessert"]),
        ("Since you like rice, try a risotto.", ["you like rice"]),
        ("You can cook the rice in plenty of water.", []),
        ("If you like rice, cook more of it.", []),
        ("Do you eat rice?", []),
        ("Your two daughters might enjoy it.", ["your two daughters"]),
        ("With your phone you can look it up.", ["your phone"]),
        ("For a marathon runner like you, this is nothing.", ["For a marathon runner"]),
        ("In your city, Lisbon, trams run late.", ["your Lisbon"]),
        ("As a writer of a novel, Kafka was never satisfied.", []),
        ("Spanish rice is cheap, and you can buy it.", []),
        ("Da du Klavier spielst, kennst du die Noten.", ["du Klavier spielst"]),
        ("Ein Klavier können Sie auch mieten.", []),
    ],
)
def test_what_speaks_of_the_person(sentence: str, stretches: list[str]) -> None:
    assert said(sentence) == stretches


async def test_a_shared_word_and_a_you_are_no_mention() -> None:
    """What the first detector took for mentions."""
    text = "As an example, rice keeps well. Spanish rice is cheap, and you can buy it."
    told = [("a", "The user likes rice."), ("b", "The user is learning Spanish.")]
    assert await find(text, told, MiniLmEmbedder()) == []
    assert await find(text, told) == []


async def test_each_mention_has_its_sentence_and_its_attribute() -> None:
    text = "Rice is cheap. Since you like rice, try a risotto.\n\nAs a nurse, you know that."
    told = [("a", "The user likes rice."), ("b", "The user works as a nurse.")]
    found = await find(text, told, MiniLmEmbedder())
    assert [(one.attribute_id, text[one.start : one.end]) for one in found] == [
        ("a", "Since you like rice, try a risotto."),
        ("b", "As a nurse, you know that."),
    ]
    assert all(0.0 <= one.score <= 1.0 for one in found)


async def test_a_reason_without_words_takes_those_of_its_sentence() -> None:
    told = [("a", "The user prefers short answers.")]
    assert await find("I keep this short, as you like it.", told)
    assert not await find("I keep this short.", told)


async def test_nothing_in_nothing() -> None:
    assert await find("", [("a", "The user likes rice.")]) == []
    assert await find("You like rice.", []) == []
    assert await find("You like rice.", [("a", "The user.")]) == []


def test_sentences_and_stems() -> None:
    text = "  One. Two!\nThree"
    assert [text[a:b] for a, b in sentences(text)] == ["One.", "Two!", "Three"]
    assert stem("cooking") == stem("cooks") == stem("cook")
    assert content("The user works as a nurse.") == {"nurs"}
    assert content("L’utilisateur est végétarien.") == {stem("végétarien")}


async def test_the_figures_that_are_told_are_measured() -> None:
    """On the set that was written before the detector, and scored once."""
    rows = [line.split("\t") for line in DATA.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row[0] == "round2"]
    embedder = MiniLmEmbedder()
    answers = [(row[1] == "1", bool(await find(row[3], [("a", row[2])], embedder))) for row in rows]
    hits = sum(truth and found for truth, found in answers)
    precision = hits / sum(found for _, found in answers)
    recall = hits / sum(truth for truth, _ in answers)
    assert len(rows) == mentions.MEASURED_ON
    # Another processor may round a cosine differently: one sentence of grace.
    assert precision == pytest.approx(mentions.PRECISION, abs=0.03)
    assert recall == pytest.approx(mentions.RECALL, abs=0.03)
    told = Path(stage3.__file__).read_text("utf-8")
    assert f"precision {mentions.PRECISION:.2f}" in told
    assert f"recall {mentions.RECALL:.2f}" in told
    assert f"on {mentions.MEASURED_ON} sentences" in told
