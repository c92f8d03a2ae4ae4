"""Playing a synthetic user, and what is known to be true of it."""

from __future__ import annotations

from models.embeddings import MiniLmEmbedder
from models.protocol import ChatMessage
from models.scripted import ScriptedBackend
from persona_tui.stages.foil.personas import PERSONAS, find, own
from persona_tui.stages.foil.play import Turn, first_person, play, player_prompt
from persona_tui.stages.foil.questions import relevance_question, validity_question
from persona_tui.stages.foil.truth import known, relevant
from persona_tui.stages.judging import GUIDELINE
from persona_tui.stages.judging.questions import RELEVANCE

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
    said = [first_person(fact.text) for persona in PERSONAS for fact in persona.facts]
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


async def test_what_is_stated_is_true_and_what_is_foreign_is_not() -> None:
    found = await known(
        NURSE,
        ["The user is a nurse who works at night.", "The user collects vintage tractors."],
        MiniLmEmbedder(),
    )
    assert (found[0].verdict, found[0].fact) == ("ok", 0)
    assert (found[1].verdict, found[1].fact) == ("bad", None)
    assert await known(own(()), ["The user sings."], MiniLmEmbedder()) == [
        type(found[0])(None, None, 0.0)
    ]


def test_truth_about_relevance_is_the_personas() -> None:
    assert relevant(NURSE, 2, "food", personal=True) is True
    assert relevant(NURSE, 2, "code", personal=True) is False
    assert relevant(NURSE, 2, "food", personal=False) is False
    assert relevant(own(("The user sings.",)), 0, "food", personal=True) is None


def test_models_are_asked_in_the_words_that_the_person_is_asked_with() -> None:
    prefix, continuations, options = validity_question("The user sings.", ["I sing"])
    assert GUIDELINE.text in prefix[0].content
    assert '"I sing"' in prefix[0].content
    assert (continuations, options) == (["The user sings.\nAnswer:"], ["ok", "unsure", "bad"])
    prefix, continuations, _ = relevance_question("What to cook?", ["a", "b"])
    assert RELEVANCE.question in prefix[0].content
    assert len(continuations) == 2
