"""Everyday prompts written for this project: by topic, half of them such that knowing the person
should change the answer, half such that it should not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BankPrompt:
    """One prompt. ``key`` is stable: judgments of several people are pooled by it."""

    key: str
    topic: str
    personal: bool
    """Whether knowing the person should matter for the answer."""
    text: str


_TEXTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # topic: (knowing the person matters, it does not)
    "advice": (
        (
            "How can I have more energy during my working day?",
            "What hobby could I start this winter?",
            "I have a free Sunday. How should I spend it?",
        ),
        (
            "What is a good way to remove a coffee stain from a white shirt?",
            "How do I politely decline a phone survey?",
            "What should be in a first-aid kit?",
        ),
    ),
    "how-to": (
        (
            "How should I set up a desk at home that suits me?",
            "Help me make a morning routine that I will keep.",
        ),
        (
            "How do I fold a fitted sheet?",
            "How do I reset a bicycle lock combination?",
        ),
    ),
    "facts": (
        (
            "Explain inflation to me with an example from my life.",
            "Which discoveries of the last ten years should I know about?",
        ),
        (
            "How far away is the moon?",
            "When was the printing press invented, and by whom?",
        ),
    ),
    "writing": (
        (
            "Write a short text about me for my profile on a professional network.",
            "Draft a few sentences in which I introduce myself to new neighbours.",
        ),
        (
            "Rewrite this so that it is shorter: 'Due to the fact that it rained, we were not able to go.'",
            "Write a four-line rhyme about a snail.",
        ),
    ),
    "health": (
        (
            "Suggest a way to exercise that fits into my week.",
            "What could I change so that I sleep better?",
        ),
        (
            "What is the difference between a virus and a bacterium?",
            "At what temperature is a fever called high?",
        ),
    ),
    "money": (
        (
            "Where could I save money every month?",
            "Is it a good time for me to buy a car?",
        ),
        (
            "What is compound interest?",
            "How do I work out 19 percent of 240?",
        ),
    ),
    "code": (
        (
            "Which programming project would be right for me to learn from?",
            "Recommend tools that I could use to automate something in my daily life.",
        ),
        (
            "Write a Python function that reverses a list without the built-in function.",
            "What does HTTP status 404 mean?",
        ),
    ),
    "travel": (
        (
            "Where should I go on a long weekend?",
            "What should I pack for a week by the sea?",
        ),
        (
            "Which countries border Switzerland?",
            "What is the time difference between London and Tokyo?",
        ),
    ),
    "relationships": (
        (
            "How can I make new friends as an adult?",
            "What would be a good present for somebody who is close to me?",
        ),
        (
            "What does a best man do at a wedding?",
            "How do I address a letter to two people of the same household?",
        ),
    ),
    "opinion": (
        (
            "Which book should I read next, and why?",
            "Would it be better for me to live in a city or in the country?",
        ),
        (
            "Give the main arguments for and against daylight saving time.",
            "Which is older as a board game, chess or go?",
        ),
    ),
    "food": (
        (
            "What shall I cook tonight?",
            "Plan three lunches for me that I can take along.",
        ),
        (
            "How long does a soft-boiled egg take?",
            "What is the difference between baking soda and baking powder?",
        ),
    ),
    "learning": (
        (
            "How should I go about learning a new language?",
            "Make me a plan to learn something new in twenty minutes a day.",
        ),
        (
            "Explain how the Pythagorean theorem is used.",
            "What is a metaphor? Give two examples.",
        ),
    ),
    "work": (
        (
            "How do I prepare for a talk about a raise?",
            "What would be the next step in my career?",
        ),
        (
            "What is the difference between gross and net pay?",
            "What belongs in the minutes of a meeting?",
        ),
    ),
    "entertainment": (
        (
            "Recommend a film for tonight that I will like.",
            "Put together a playlist idea for me for a long drive.",
        ),
        (
            "How many players are in a volleyball team?",
            "Who wrote the play Romeo and Juliet?",
        ),
    ),
    "home": (
        (
            "Which plants would do well where I live and with the time I have?",
            "How could I make my home quieter and calmer?",
        ),
        (
            "How do I bleed a radiator?",
            "What size of nail holds a picture of two kilograms?",
        ),
    ),
    "shopping": (
        (
            "Which phone would suit me?",
            "I want to buy good shoes. What should I look for?",
        ),
        (
            "What does the energy label A mean?",
            "How is the size of a television measured?",
        ),
    ),
}

BANK: tuple[BankPrompt, ...] = tuple(
    BankPrompt(f"{topic}-{'personal' if personal else 'general'}-{number}", topic, personal, text)
    for topic, (matters, does_not) in _TEXTS.items()
    for personal, texts in ((True, matters), (False, does_not))
    for number, text in enumerate(texts, 1)
)
