"""The Review screen in the real app, on a real journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from persona_tui.app import PersonaApp
from persona_tui.config import JudgingConfig, Settings
from persona_tui.paths import Paths
from persona_tui.screens.evidence import EvidenceScreen
from persona_tui.screens.review import ReviewScreen
from persona_tui.screens.review_filter import FilterScreen
from persona_tui.screens.sentence import SentenceScreen
from store import attributes, judgments
from store.db import open_store
from store.errors import DiskFullError
from store.records import Attribute
from tests.helpers import wait_until
from tests.persona_tui.review_data import seeded
from tests.persona_tui.screens.chat_helpers import quiet_settings
from widgets.attribute_card import AttributeCard
from widgets.evidence_list import EvidenceList
from widgets.verdict_bar import VerdictBar

SIZES = [(80, 24), (120, 40)]


@asynccontextmanager
async def reviewing(
    paths: Paths, size: tuple[int, int] = (80, 24), *, settings: Settings | None = None
) -> AsyncIterator[tuple[Pilot[None], ReviewScreen]]:
    """The app on its Review screen, everything read."""
    app = PersonaApp(paths, start_mode="review", settings=settings)
    app.ui_state.welcomed = True
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await wait_until(lambda: screen.session is not None)
        await pilot.pause()
        yield pilot, screen
        await screen.before_quit()
        await app.close_services()


def text(screen: ReviewScreen, part: str) -> str:
    return str(screen.query_one(part, Static).content)


def sentence(screen: ReviewScreen) -> str:
    return text(screen, "AttributeCard > .sentence")


def current(screen: ReviewScreen) -> Attribute:
    assert screen.session is not None
    assert screen.session.current is not None
    return screen.session.current


def stored(paths: Paths) -> dict[str, Attribute]:
    with open_store(paths.database) as store:
        return {row.attribute_id: row for row in attributes.list_all(store)}


def fits(screen: ReviewScreen) -> bool:
    """Everything that has to be seen is on the screen."""
    height, width = screen.size.height, screen.size.width
    parts = [screen.query_one(AttributeCard), screen.query_one(VerdictBar)]
    return all(
        part.region.bottom <= height - 1 and part.region.right <= width and part.region.height >= 3
        for part in parts
    )


@pytest.mark.parametrize("size", SIZES)
async def test_one_key_a_verdict(paths: Paths, size: tuple[int, int]) -> None:
    seeded(paths.database)
    async with reviewing(paths, size) as (pilot, screen):
        assert fits(screen)
        assert text(screen, ".standing") == "5 of 5 left"
        first = current(screen)
        assert sentence(screen) == first.text
        assert not screen.query_one(EvidenceList).display
        assert f"{first.confidence:.2f}" not in text(screen, ".last")
        await pilot.press("a")
        assert current(screen) != first
        assert text(screen, ".standing").startswith("4 of 5 left")
        assert f"you: ok · the model was {first.confidence:.2f} sure" in text(screen, ".last")
        second = current(screen)
        await pilot.press("x")
        assert current(screen) == second
        assert "What is wrong with it?" in text(screen, "VerdictBar > .question")
        await wait_until(lambda: screen.query_one(EvidenceList).display)
        assert f"{second.confidence:.2f}" not in text(screen, ".last")
        await pilot.press("3")
        assert current(screen) != second
        third = current(screen)
        await pilot.press("u", "escape")
        await screen.before_quit()
        rows = stored(paths)
        said = [rows[one.attribute_id].judgment for one in (first, second, third)]
        assert [row and (row.verdict, row.failure_mode) for row in said] == [
            ("ok", None),
            ("bad", "task_context_confusion"),
            ("unsure", None),
        ]
        assert fits(screen)


async def test_keys_that_were_changed_are_shown(paths: Paths) -> None:
    seeded(paths.database)
    settings = quiet_settings(keymap={"review.ok": "k", "review.evidence": "w"})
    async with reviewing(paths, settings=settings) as (pilot, screen):
        assert text(screen, "VerdictBar > .first").startswith("k ok    u unsure")
        assert text(screen, "AttributeCard > .hint").startswith("w  shows")
        judged = current(screen)
        await pilot.press("a")
        assert current(screen) == judged
        await pilot.press("k")
        assert current(screen) != judged


async def test_evidence_first_hidden_then_shown_and_hidden_again_for_the_next(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        await pilot.press("e")
        quote = current(screen).evidence[0].quote
        await wait_until(lambda: quote in str(screen.query_one(EvidenceList).content))
        assert "Trip ideas · message" in str(screen.query_one(EvidenceList).content)
        key = current(screen).attribute_id
        await pilot.press("a")
        assert not screen.query_one(EvidenceList).display
        await screen.before_quit()
        row = stored(paths)[key].judgment
        assert row is not None
        assert row.context.shown["evidence_open_at_verdict"] is True
        assert row.context.shown["surface"] == "screen"


async def test_undo_without_limit_and_across_restarts(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        first = sentence(screen)
        await pilot.press("a", "x", "2", "u", "escape", "a")
        assert text(screen, ".standing").startswith("1 of 5 left")
    async with reviewing(paths) as (pilot, screen):
        assert text(screen, ".standing") == "1 of 5 left"
        await pilot.press(*"zzzzz")
        await pilot.pause()
        assert sentence(screen) == first
        assert text(screen, ".standing") == "5 of 5 left"
        await pilot.press("z", "a")
        assert text(screen, ".standing").startswith("4 of 5 left")


async def test_questions_beside_the_verdict(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        key = current(screen).attribute_id
        await pilot.press("t", "t", "n", "s")
        assert "true of me? no" in text(screen, "VerdictBar > .second")
        assert "use: never" in text(screen, "VerdictBar > .second")
        assert screen.session is not None
        assert screen.session.evidence_open
        await pilot.press("s")
        assert "my words show it? yes" in text(screen, "VerdictBar > .second")
        assert current(screen).attribute_id == key
        await screen.before_quit()
        row = stored(paths)[key].judgment
        assert row is not None
        assert (row.accurate, row.supported, row.use, row.verdict) == (False, True, "never", None)


async def test_correct_and_add_in_ones_own_words(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        key = current(screen).attribute_id
        await pilot.press("c")
        assert isinstance(pilot.app.screen, SentenceScreen)
        await pilot.press("ctrl+u", *"Better", "enter")
        await wait_until(lambda: "→ Better" in text(screen, "AttributeCard > .correction"))
        assert current(screen).attribute_id == key
        await pilot.press("plus", *"I sing", "enter")
        await wait_until(lambda: not isinstance(pilot.app.screen, SentenceScreen))
        await pilot.press("c", "escape", "m", *"hm", "enter")
        await pilot.pause()
        assert "your note: hm" in text(screen, "AttributeCard > .facts")
        await screen.before_quit()
        rows = stored(paths)
        assert {"Better", "I sing"} <= {row.text for row in rows.values() if row.strategy == "user"}
        row = rows[key].judgment
        assert row is not None
        assert rows[row.corrected_attribute_id or ""].text == "Better"
        assert row.note == "hm"


async def test_skip_back_filter_search(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        first = sentence(screen)
        await pilot.press("right", "space", "left", "left")
        assert sentence(screen) == first
        await pilot.press("a", "f")
        assert isinstance(pilot.app.screen, FilterScreen)
        pilot.app.screen.query_one(OptionList).highlighted = 1
        await pilot.press("enter")
        await pilot.pause()
        assert sentence(screen) == first
        assert "you: ok" in text(screen, "AttributeCard > .facts")
        assert "Esc: queue" in text(screen, ".filter")
        await pilot.press("escape", "slash", *"nurse", "enter")
        await pilot.pause()
        assert "nurse" in sentence(screen)
        await pilot.press("right")
        assert "Nothing more here" in sentence(screen)
        await pilot.press("escape")
        assert text(screen, ".standing").startswith("4 of 5 left")


@pytest.mark.parametrize("size", SIZES)
async def test_the_evidence_in_its_conversation(paths: Paths, size: tuple[int, int]) -> None:
    seeded(paths.database, 90)
    real = Settings(judging=JudgingConfig(catch_share=0.0))
    async with reviewing(paths, size, settings=real) as (pilot, screen):
        assert screen.session is not None
        quote = current(screen).evidence[0].quote
        key = current(screen).attribute_id
        await pilot.press("enter")
        window = pilot.app.screen
        assert isinstance(window, EvidenceScreen)
        await wait_until(lambda: window.query(".quoted"))
        await pilot.pause()
        quoted = window.query_one(".quoted", Static)
        assert quote in str(quoted.content)
        assert "◂ quoted" in str(quoted.content)
        await wait_until(lambda: 0 < quoted.region.y < size[1], what="scrolled to the quote")
        await pilot.press("escape")
        assert pilot.app.screen is screen
        await pilot.press("a")
        await screen.before_quit()
        row = stored(paths)[key].judgment
        assert row is not None
        assert row.context.shown["conversation_opened"] is True


async def test_empty_and_done_say_what_next(paths: Paths) -> None:
    async with reviewing(paths) as (pilot, screen):
        assert "Nothing has been inferred" in sentence(screen)
        assert "infer from what was not read yet" in text(screen, "AttributeCard > .hint")
        await pilot.press("a", "x", "e", "enter", "right", "t", "left")
        assert "Nothing has been inferred" in sentence(screen)
    seeded(paths.database, 2)
    async with reviewing(paths) as (pilot, screen):
        await pilot.press("a", "a")
        assert sentence(screen) == "All 2 are judged."
        assert "profile" in text(screen, "AttributeCard > .hint")


async def test_what_cannot_be_saved_comes_back_and_is_said(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        first = sentence(screen)
        told: list[str] = []
        monkeypatch.setattr(screen.host, "tell_error", lambda error: told.append(str(error)))
        whole = judgments.save

        def full(*_: object, **__: object) -> None:
            raise DiskFullError("The disk is full.")

        monkeypatch.setattr(judgments, "save", full)
        await pilot.press("a")
        await wait_until(lambda: told == ["The disk is full."])
        assert sentence(screen) == first
        assert text(screen, ".standing") == "5 of 5 left"
        monkeypatch.setattr(judgments, "save", whole)
        await pilot.press("a")
        assert text(screen, ".standing").startswith("4 of 5 left")


async def test_a_verdict_just_before_quitting_is_kept(paths: Paths) -> None:
    seeded(paths.database)
    app = PersonaApp(paths, start_mode="review")
    app.ui_state.welcomed = True
    async with app.run_test() as pilot:
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        await wait_until(lambda: screen.session is not None)
        await pilot.press("a", "a", "ctrl+q")
    kept = [row for row in stored(paths).values() if row.judgment is not None]
    assert len(kept) == 2


async def test_mouse_and_every_answer_by_key(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        first = sentence(screen)
        await pilot.click(VerdictBar, offset=(2, 1))
        assert sentence(screen) != first
        bindings = {binding.id for binding in screen.BINDINGS if not isinstance(binding, tuple)}
        wanted = ("ok", "unsure", "bad", "why6", "correct", "use", "accurate", "supported", "undo")
        assert {f"review.{name}" for name in wanted} <= bindings


async def test_what_changes_elsewhere_arrives_when_one_comes_back(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, screen):
        await pilot.press("f2")
        await wait_until(lambda: pilot.app.screen is not screen)
        seeded(paths.database, 3)
        await pilot.press("f3")
        await wait_until(lambda: text(screen, ".standing") == "8 of 8 left")


async def test_help_tells_the_guideline(paths: Paths) -> None:
    seeded(paths.database)
    async with reviewing(paths) as (pilot, _screen):
        await pilot.press("question_mark")
        await pilot.pause()
        assert "one remark" in (pilot.app.screen.text if hasattr(pilot.app.screen, "text") else "")
