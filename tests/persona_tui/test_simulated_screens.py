"""The simulated person at the real screens: what they say arrives as it does through the sessions."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from models.embeddings import HashedEmbedder
from persona_tui.app import PersonaApp
from persona_tui.config import Settings
from persona_tui.db import StoreThread
from persona_tui.jobs.backends import Backends
from persona_tui.jobs.prompts import add_bank
from persona_tui.jobs.reporting import report_now
from persona_tui.paths import Paths
from persona_tui.screens.compare import CompareScreen
from persona_tui.screens.relevance import RelevanceScreen
from persona_tui.screens.review import ReviewScreen
from persona_tui.stages.judging import GUIDELINE
from store import settings, user_prompts
from store.db import Store, open_store
from tests.helpers import wait_until
from tests.persona_tui.simulated import Person, writer
from tests.persona_tui.simulated_audit import SETTINGS, everything, fill, fixed_chance
from tests.persona_tui.simulated_rows import Counted, check

SIZES = [(1, (80, 24)), (2, (120, 40)), (3, (80, 24))]
TALKS, OF_A_TALK, PROMPTS = 4, 3, 6
AT_ONCE = replace(
    SETTINGS,
    judging=replace(SETTINGS.judging, repeat_after_days=0.0),
    compare=replace(SETTINGS.compare, ahead=2),
)
KEYS = {"ok": "a", "unsure": "u", "bad": "x"}


def begin(store: Store, number: int) -> None:
    """The journal of ``number``; prompts on no topic, the bank's and openings, would only cost time."""
    add_bank(store)
    with store.write():
        for one in user_prompts.list_all(store):
            user_prompts.remove(store, one.prompt_id)
    fill(store, number, talks=TALKS, of_a_talk=OF_A_TALK, prompts=PROMPTS)
    openings = [row[0] for row in user_prompts.opening_messages(store)]
    settings.put(store, user_prompts.NOT_DRAWN, " ".join(openings))


async def review(pilot: Pilot[None], person: Person) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    await wait_until(lambda: screen.session is not None)
    session = screen.session
    assert session is not None
    while session.current is not None:
        text = session.current.text
        verdict = person.verdict(text)
        await pilot.press(KEYS[verdict])
        if verdict != "ok":
            modes = [mode for mode, _, _ in GUIDELINE.failures]
            await pilot.press(str(modes.index(person.reason(text)) + 1))


async def relevance(pilot: Pilot[None], person: Person) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, RelevanceScreen)
    await wait_until(lambda: screen.session is not None)
    while (session := screen.session) is not None and session.sheet is not None:
        if session.phase == "summary":
            await pilot.press("enter")
        else:
            yes = person.relevant(session.sheet.prompt.text, session.attribute)
            await pilot.press("y" if yes else "n")


async def compare(pilot: Pilot[None], person: Person) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    await wait_until(lambda: screen.session is not None)
    session = screen.session
    assert session is not None
    while True:
        # The next pairs are written while this one is judged.
        await wait_until(lambda: session.current is not None or not screen.host.pairs.state.running)
        await screen.workers.wait_for_complete()
        await pilot.pause()
        item = session.current
        if item is None:
            return
        if session.phase == "overall":
            await pilot.press(str(person.rating(item.prompt, item.left, item.right)))
        elif session.phase == "attribute":
            await pilot.press("escape")
        else:
            await wait_until(lambda: not screen._writing)
            await pilot.press("enter")


async def sitting(
    paths: Paths, person: Person, number: int, chosen: Settings, size: tuple[int, int]
) -> None:
    """Open the app, go through the three screens, quit."""
    model = writer(number)
    backends = Backends(chosen, paths, embedder=HashedEmbedder(), opener=lambda *_, **__: model)
    app = PersonaApp(paths, start_mode="review", settings=chosen, backends=backends)
    app.ui_state.welcomed = True
    async with app.run_test(size=size) as pilot:
        await wait_until(lambda: isinstance(app.screen, ReviewScreen))
        await review(pilot, person)
        await pilot.press("f4")
        await wait_until(lambda: isinstance(app.screen, RelevanceScreen))
        await relevance(pilot, person)
        await pilot.press("f5")
        await wait_until(lambda: isinstance(app.screen, CompareScreen))
        await compare(pilot, person)
        await app.action_quit()


@pytest.mark.parametrize(("number", "size"), SIZES)
async def test_at_the_screens_every_answer_arrives(
    paths: Paths, number: int, size: tuple[int, int]
) -> None:
    person = Person(number)
    with open_store(paths.database) as store:
        begin(store, number)
    await sitting(paths, person, number, replace(AT_ONCE, judging=SETTINGS.judging), size)
    with open_store(paths.database) as store:
        found = check(store, Person(number), "screen")
    assert found.verdicts == TALKS * OF_A_TALK
    assert found.planted > 0
    assert found.pairs > 0
    assert found.repeats == (0, 0, 0)
    await sitting(paths, person, number, AT_ONCE, size)
    with open_store(paths.database) as store:
        found = check(store, Person(number), "screen")
        report = report_now(store)
    assert min(found.repeats) > 0
    assert report.counts["attributes_judged"] == found.verdicts
    assert report.counts["relevance_judged"] == found.relevance
    assert report.counts["pairs_judged"] == found.pairs
    assert report.counts["repeats"] == sum(found.repeats)


async def test_through_the_sessions_every_answer_arrives(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with fixed_chance(4):
        async with StoreThread(path) as db:
            await everything(db, 4, Person(4))
            found: Counted = await db.run(partial(check, person=Person(4), surface="screen"))
    assert found.verdicts == 42
    assert found.relevance == 140
    assert min(found.pairs, found.planted, found.identical, *found.repeats) > 0
