"""Invented people with everything that is true of them, written for this project.

A persona is the whole truth about its synthetic user: what it states is true, what it does not
state is not. Each fact says on which topics (of the prompt bank) it should change an answer.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

OWN = "own"
"""The key of the person's own profile as a persona."""


@dataclass(frozen=True)
class Fact:
    """One true sentence, and the topics for which it matters."""

    text: str
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Persona:
    """One invented person."""

    key: str
    facts: tuple[Fact, ...]
    errands: tuple[str, ...]
    """What they turn to an assistant with: the subjects of their messages."""
    voice: str
    """How they write."""
    whole: bool = True
    """Whether the facts are all that is true of them, so that what is not stated is not so."""

    @cached_property
    def sha256(self) -> str:
        """Of everything that a model is told: another word is another persona."""
        parts = [self.key, self.voice, *(fact.text for fact in self.facts), *self.errands]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _persona(key: str, voice: str, facts: dict[str, str], errands: tuple[str, ...]) -> Persona:
    """``facts``: sentence → topics, separated by blanks."""
    return Persona(
        key,
        tuple(Fact(text, frozenset(topics.split())) for text, topics in facts.items()),
        errands,
        voice,
    )


PERSONAS: tuple[Persona, ...] = (
    _persona(
        "night-nurse",
        "short, tired, friendly",
        {
            "The user works night shifts as a nurse.": "health advice how-to",
            "The user has a six-year-old daughter.": "travel advice relationships food",
            "The user is allergic to peanuts.": "food health travel",
            "The user wants to save for a small house.": "money",
            "The user prefers short answers.": "advice facts how-to writing health money",
        },
        ("sleeping in daylight", "quick dinners", "a weekend trip", "saving money"),
    ),
    _persona(
        "retired-teacher",
        "full, polite sentences",
        {
            "The user is a retired physics teacher.": "facts learning writing",
            "The user is learning to play the cello.": "learning advice",
            "The user lives alone in a village.": "advice relationships travel",
            "The user has arthritis in both hands.": "health how-to",
            "The user writes letters to a grandson in Canada.": "writing relationships",
        },
        ("practising an instrument", "a letter", "garden work", "a question about the stars"),
    ),
    _persona(
        "junior-developer",
        "casual, lower case, to the point",
        {
            "The user is a junior web developer.": "code learning advice",
            "The user mostly writes TypeScript.": "code",
            "The user is vegan.": "food travel health",
            "The user shares a flat with two friends.": "relationships money food",
            "The user gets anxious before presentations.": "advice health writing",
        },
        ("a bug", "a talk at work", "cooking for the flat", "learning a language"),
    ),
    _persona(
        "dairy-farmer",
        "plain and direct",
        {
            "The user runs a dairy farm with sixty cows.": "money advice opinion",
            "The user gets up at four every morning.": "health advice",
            "The user has never been on a plane.": "travel",
            "The user coaches a youth football team.": "advice relationships",
            "The user distrusts diets and supplements.": "health food opinion",
        },
        (
            "milk prices",
            "a training plan for children",
            "a first holiday abroad",
            "a letter to an office",
        ),
    ),
    _persona(
        "law-student",
        "precise, a little hurried",
        {
            "The user studies law in the third year.": "writing facts learning opinion",
            "The user works part-time in a bakery.": "money advice",
            "The user has dyslexia.": "writing learning how-to",
            "The user is in a long-distance relationship.": "relationships travel",
            "The user runs half marathons.": "health advice",
        },
        ("revising for an exam", "an essay", "a training week", "cheap train tickets"),
    ),
    _persona(
        "new-father",
        "warm, with many questions",
        {
            "The user became a father three months ago.": "health advice relationships travel money",
            "The user is an electrician.": "how-to code money",
            "The user is learning Portuguese for his wife's family.": "learning travel relationships",
            "The user has high blood pressure.": "health food",
            "The user drives an old van.": "travel money how-to",
        },
        ("a baby that does not sleep", "learning a language", "repairing a van", "a healthy lunch"),
    ),
    _persona(
        "start-up-founder",
        "brisk, business words",
        {
            "The user founded a company that rents out cargo bikes.": "money advice writing opinion",
            "The user has four employees.": "money advice relationships",
            "The user lives in Copenhagen.": "travel facts money",
            "The user sleeps less than six hours a night.": "health advice",
            "The user wants numbers in every answer.": "facts money advice how-to",
        },
        ("a pitch", "hiring somebody", "sleeping better", "insurance"),
    ),
    _persona(
        "choir-singer",
        "cheerful, with exclamation marks",
        {
            "The user sings alto in a choir.": "advice learning opinion",
            "The user is a dental assistant.": "health facts",
            "The user keeps two cats.": "travel money advice",
            "The user is afraid of flying.": "travel health",
            "The user follows a gluten-free diet.": "food travel health",
        },
        ("a sore throat before a concert", "a trip by train", "baking", "a cat that scratches"),
    ),
    _persona(
        "truck-driver",
        "short messages, some slang",
        {
            "The user drives a truck across Europe.": "travel health advice",
            "The user is divorced and has two teenage sons.": "relationships money advice",
            "The user is trying to quit smoking.": "health advice",
            "The user speaks Polish and some German.": "learning writing travel",
            "The user likes to cook on a camping stove.": "food how-to travel",
        },
        ("cooking on the road", "talking with a son", "stopping to smoke", "a form in German"),
    ),
    _persona(
        "museum-curator",
        "elegant, long sentences",
        {
            "The user is a curator of textile art.": "writing facts opinion learning",
            "The user has a hearing aid.": "health travel how-to",
            "The user is married to a marine biologist.": "relationships travel",
            "The user does not drink alcohol.": "food health travel",
            "The user is renovating an apartment from 1910.": "how-to money",
        },
        ("an exhibition text", "old floors", "a dinner for guests", "a conference"),
    ),
    _persona(
        "bus-driver-gamer",
        "jokes now and then",
        {
            "The user drives a city bus.": "advice health",
            "The user builds small games in Godot.": "code learning",
            "The user is saving for a new graphics card.": "money",
            "The user has type 1 diabetes.": "health food travel",
            "The user prefers examples to theory.": "code learning how-to facts",
        },
        ("a game mechanic", "eating on shifts", "a budget", "back pain from sitting"),
    ),
    _persona(
        "social-worker",
        "thoughtful, calm",
        {
            "The user is a social worker with refugees.": "advice relationships writing opinion",
            "The user speaks Arabic and French.": "learning writing travel",
            "The user is expecting her first child in spring.": "health travel money food",
            "The user practises yoga every morning.": "health advice",
            "The user lives in a shared house of nine people.": "relationships food money",
        },
        ("a difficult talk", "being pregnant at work", "cooking for nine", "a report"),
    ),
    _persona(
        "amateur-astronomer",
        "curious, a bit nerdy",
        {
            "The user owns a ten-inch telescope.": "facts learning travel",
            "The user is an accountant.": "money writing",
            "The user uses a wheelchair.": "travel health how-to advice",
            "The user lives in Arizona.": "travel facts",
            "The user is teaching himself Python.": "code learning",
        },
        ("what to see in the sky", "a small script", "an accessible trip", "taxes"),
    ),
    _persona(
        "pastry-chef",
        "lively, sensory",
        {
            "The user is a pastry chef in a hotel.": "food advice money",
            "The user wants to open a café next year.": "money writing advice opinion",
            "The user is lactose intolerant.": "food health travel",
            "The user moved from Japan to Italy.": "travel learning relationships facts",
            "The user never eats breakfast.": "food health",
        },
        ("a business plan", "a recipe without milk", "Italian grammar", "tired feet"),
    ),
    _persona(
        "forester",
        "few words",
        {
            "The user is a forester in Bavaria.": "facts opinion travel advice",
            "The user has a hunting dog.": "travel advice money",
            "The user reads history books every evening.": "learning facts opinion",
            "The user avoids smartphones whenever possible.": "how-to code opinion",
            "The user lost his father last winter.": "relationships advice health",
        },
        ("bark beetles", "training a dog", "a speech", "a book to read"),
    ),
    _persona(
        "physiotherapist",
        "structured, with lists",
        {
            "The user is a physiotherapist.": "health advice facts",
            "The user is a single mother of twins.": "relationships money travel advice",
            "The user plans to emigrate to New Zealand.": "travel money learning advice",
            "The user cannot swim.": "travel learning",
            "The user invests in index funds every month.": "money",
        },
        ("an application abroad", "twins who quarrel", "swimming lessons", "moving costs"),
    ),
    _persona(
        "radio-journalist",
        "witty, sceptical",
        {
            "The user is a radio journalist.": "writing facts opinion",
            "The user suffers from migraine.": "health food travel",
            "The user is vegetarian.": "food travel health",
            "The user rides a bicycle everywhere.": "travel money opinion",
            "The user dislikes being flattered.": "writing advice opinion relationships",
        },
        ("an interview", "a headache diary", "a bicycle that squeaks", "a column"),
    ),
    _persona(
        "warehouse-worker",
        "simple English, some mistakes",
        {
            "The user works in a warehouse in Rotterdam.": "health money advice",
            "The user came from Eritrea five years ago.": "learning travel relationships writing",
            "The user is studying for a forklift licence.": "learning advice how-to",
            "The user sends money to his parents every month.": "money relationships",
            "The user fasts during Lent.": "food health",
        },
        ("a test", "a Dutch letter", "sending money", "pain in the shoulder"),
    ),
    _persona(
        "chess-pensioner",
        "formal, old-fashioned",
        {
            "The user is seventy-four years old.": "health travel money how-to",
            "The user plays chess in a club.": "learning advice opinion",
            "The user takes blood thinners.": "health food travel",
            "The user looks after his wife who has dementia.": "relationships health advice money",
            "The user has only used a computer for two years.": "how-to code learning",
        },
        ("an opening in chess", "help at home", "a photo on the computer", "food and medicine"),
    ),
    _persona(
        "marine-cadet",
        "eager, jargon of the sea",
        {
            "The user is a cadet on a container ship.": "travel advice learning money",
            "The user gets seasick in heavy weather.": "health travel",
            "The user is engaged to be married in June.": "relationships money travel writing",
            "The user has no internet for weeks at a time.": "how-to learning code travel",
            "The user collects vinyl records.": "opinion money",
        },
        ("navigation exams", "a wedding plan", "seasickness", "learning without internet"),
    ),
    _persona(
        "potter",
        "gentle, with images",
        {
            "The user makes and sells pottery.": "money writing advice how-to",
            "The user lives on an island with 300 people.": "travel relationships money",
            "The user has celiac disease.": "food health travel",
            "The user home-schools two children.": "learning advice relationships",
            "The user wants answers without jargon.": "facts how-to health money code",
        },
        ("glazes", "lessons for children", "an online shop", "bread"),
    ),
    _persona(
        "data-analyst",
        "clear, asks for sources",
        {
            "The user is a data analyst at a hospital.": "code health facts learning",
            "The user uses R more than Python.": "code learning",
            "The user is training for a triathlon.": "health food advice",
            "The user is the eldest of five siblings.": "relationships advice",
            "The user is paying back a student loan.": "money",
        },
        ("a plot", "a training plan", "a family party", "loan payments"),
    ),
)


def find(key: str) -> Persona | None:
    """The persona of this key, if there is one."""
    return next((persona for persona in PERSONAS if persona.key == key), None)


def own(statements: tuple[str, ...]) -> Persona:
    """The person's own corrected profile as a persona, to be played in their place. It is not the
    whole truth about them, and on which topics a statement matters is not known: what it does not
    state is undecided, and no truth about relevance comes of it."""
    facts = tuple(Fact(text) for text in statements)
    return Persona(OWN, facts, ("what is on your mind today",), "in your own plain words", False)
