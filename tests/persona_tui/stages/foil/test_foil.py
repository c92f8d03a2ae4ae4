"""Playing a synthetic user, and what is known to be true of it."""

from __future__ import annotations

import pytest

from models.embeddings import MiniLmEmbedder
from models.protocol import ChatMessage
from models.scripted import ScriptedBackend
from persona_tui.stages.extraction.languages import reported
from persona_tui.stages.foil.personas import PERSONAS, find, own
from persona_tui.stages.foil.play import Turn, play, player_prompt, spoken, tokens_of
from persona_tui.stages.foil.truth import Truth, known, relevant
from persona_tui.stages.foil.voice import first_person

NURSE = PERSONAS[0]


def test_there_are_enough_different_personas() -> None:
    assert len(PERSONAS) >= 20
    assert len({one.key for one in PERSONAS}) == len({one.sha256 for one in PERSONAS})
    for persona in PERSONAS:
        assert len(persona.facts) >= 5
        assert all(fact.text.startswith("The user ") for fact in persona.facts)
        assert all(fact.topics for fact in persona.facts)
    assert find("night-nurse") is NURSE
    assert find("nobody") is None


def test_facts_are_said_in_the_first_person() -> None:
    said = [first_person(fact.text) or "" for persona in PERSONAS for fact in persona.facts]
    assert all(sentence.startswith("I ") for sentence in said)
    wrong = (" his ", " her ", " himself", "I has", "I is", "writes", "sells", "eats", " has two")
    assert [one for one in said if any(word in one for word in wrong)] == []


async def test_each_message_brings_up_a_fact_and_is_answered() -> None:
    asked: list[list[ChatMessage]] = []

    def script(messages: object) -> str:
        assert isinstance(messages, (list, tuple))
        asked.append(list(messages))
        return (
            "'m tired. Help me.\n\nAssistant: no" if messages[-1].role == "assistant" else "Sure."
        )

    model = ScriptedBackend(script)
    turns = [turn async for turn in play(NURSE, model, model, turns=7, seed=1)]
    assert [turn.role for turn in turns] == ["user", "assistant"] * 7
    assert {turn.fact for turn in turns if turn.role == "user"} == set(range(5))
    assert turns[0].text.startswith("I'm tired.") or turns[0].text == "Sure."
    again = [turn async for turn in play(NURSE, ScriptedBackend(script), model, turns=7, seed=1)]
    assert again == turns


def test_a_capable_model_knows_the_persona_and_what_was_said() -> None:
    said = [Turn("user", "Good morning!"), Turn("assistant", "Hello.")]
    prompt = player_prompt(NURSE, NURSE.facts[0].text, "dinner", said, small=False)
    assert "I have a six-year-old daughter." in prompt[0].content
    assert "Person: Good morning!\nAssistant: Hello." in prompt[1].content
    assert "dinner" in prompt[1].content


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ("The user likes jazz and hates rock.", "I like jazz and hate rock."),
        ("The user watches films.", "I watch films."),
        ("The user studies law and teaches children.", "I study law and teach children."),
        ("The user has two cats and three dogs.", "I have two cats and three dogs."),
        ("The user likes cats and dogs a lot.", "I like cats and dogs a lot."),
        (
            "The user never eats breakfast and dislikes tea.",
            "I never eat breakfast and dislike tea.",
        ),
        ("The user does not eat meat.", "I do not eat meat."),
        ("The user dances.", "I dance."),
        ("The user used to smoke.", "I used to smoke."),
        ("The user's dog is old.", "My dog is old."),
        # Not to be turned for sure, or nothing to turn: as it stands.
        ("I hate cilantro", "I hate cilantro"),
        ("My dog is old", "My dog is old"),
        ("The user has children and loves them.", "The user has children and loves them."),
        ("The user and his wife live in Rome.", "The user and his wife live in Rome."),
        ("用户是素食者。", "用户是素食者。"),
        (reported("Ich arbeite nachts.", "de"), "Ich arbeite nachts"),
    ],
)
def test_a_fact_is_told_in_good_words_or_as_it_stands(fact: str, said: str) -> None:
    assert spoken(fact) == said
    prompt = player_prompt(own((fact,)), fact, "an errand", [], small=True)
    # The first word is given only where the fact begins with it: no "I My dog is old".
    assert (prompt[-1].role == "assistant") == said.startswith("I ")
    assert any(said in one.content for one in prompt)


async def test_the_first_word_is_not_put_before_what_does_not_begin_so() -> None:
    model = ScriptedBackend(lambda _: "My dog is old. What can I do?")
    persona = own(("My dog is old",))
    turns = [turn async for turn in play(persona, model, model, turns=1, seed=1)]
    assert turns[0].text == "My dog is old. What can I do?"
    assert turns[0].sent > 0
    assert turns[0].written > 0
    assert tokens_of(persona, 4)[0] > tokens_of(persona, 2)[0] > 0


async def verdict(persona_key: str, attribute: str) -> Truth:
    persona = find(persona_key)
    assert persona is not None
    (found,) = await known(persona, [attribute], MiniLmEmbedder())
    return found


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("The user is a nurse who works at night.", "ok"),
        ("The user works night shifts as a nurse.", "ok"),
        ("The user is a parent.", "ok"),  # implied
        ("The user has a peanut allergy.", "ok"),  # in other words
        ("The user has a daughter who is six years old.", "ok"),
        ("The user is a nurse and has a daughter.", "ok"),  # two facts
        ("The user works day shifts as a nurse.", "bad"),  # the contrary
        ("The user has a six-year-old son.", "bad"),
        ("The user has a nine-year-old daughter.", "bad"),  # another number
        ("The user loves peanuts.", "bad"),
        ("The user prefers long answers.", "bad"),
        ("The user is allergic to shellfish.", "bad"),  # another of its kind
        ("The user is not a nurse.", "bad"),  # negation
        ("The user owns a small house.", "bad"),  # an aim
        ("The user is a nurse and has a six-year-old son.", "bad"),  # one part is wrong
        ("The user collects vintage tractors.", "bad"),  # nothing like it
        ("用户是素食者。", None),
    ],
)
async def test_truth_reads_the_words(attribute: str, expected: str | None) -> None:
    found = await verdict("night-nurse", attribute)
    assert found.verdict == expected, found


@pytest.mark.parametrize(
    ("key", "attribute", "expected"),
    [
        ("museum-curator", "The user is a marine biologist.", "bad"),  # the other one is
        ("retired-teacher", "The user lives in Canada.", "bad"),
        ("bus-driver-gamer", "The user prefers theory to examples.", "bad"),  # the order
        ("junior-developer", "The user does not eat meat.", "ok"),
        ("junior-developer", "The user likes cheese.", "bad"),
        ("new-father", "The user became a father three years ago.", "bad"),  # the unit
        ("truck-driver", "The user smokes.", None),
        # What they turn to an assistant with is not among the facts, and not false for that.
        ("junior-developer", "The user is learning a language.", None),
        ("night-nurse", "The user is planning a trip to the mountains.", None),
        # One opposite among other things is none.
        (
            "night-nurse",
            "The user plans a trip to the hills, and they save for something big.",
            None,
        ),
    ],
)
async def test_truth_knows_whom_and_how_much(
    key: str, attribute: str, expected: str | None
) -> None:
    found = await verdict(key, attribute)
    assert found.verdict == expected, found


async def test_ones_own_profile_is_not_the_whole_truth() -> None:
    mine = own(("The user is vegan.", "The user speaks Polish.", "The user prefers short answers."))
    said = [
        "The user collects vintage tractors.",  # may be so
        "The user speaks German.",
        "The user prefers long answers.",
        "The user is vegan.",
    ]
    found = await known(mine, said, MiniLmEmbedder())
    assert [one.verdict for one in found] == [None, None, "bad", "ok"]
    (nothing,) = await known(own(()), ["The user sings."], MiniLmEmbedder())
    assert (nothing.verdict, nothing.fact) == (None, None)


def test_truth_about_relevance_is_the_personas() -> None:
    assert relevant(NURSE, 2, "food", personal=True) is True
    assert relevant(NURSE, 2, "code", personal=True) is False
    assert relevant(NURSE, 2, "food", personal=False) is False
    assert relevant(own(("The user sings.",)), 0, "food", personal=True) is None
