"""Giving on the screen, step by step, on a real journal."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette
from textual.widgets import Input

from persona_tui.donation import reading
from persona_tui.jobs.donation import donating as steps
from persona_tui.paths import Paths
from persona_tui.screens.confirm import PromptScreen
from persona_tui.screens.donate_words import WordsScreen
from persona_tui.screens.help import HelpScreen
from store import attributes, donations, forgetting
from store.db import open_store
from tests.helpers import mode_of, wait_until
from tests.persona_tui.screens.chat_helpers import LARGE, SMALL, make_app, running
from tests.persona_tui.screens.donate_helpers import (
    choose_of,
    donating,
    draft,
    items,
    judged,
    looked,
    previewing,
    redact_of,
    redacting,
    sign_of,
    signed,
    told,
    words,
)
from widgets.marked_text import MarkedText


def shown(view: MarkedText) -> str:
    """The text as it is drawn."""
    lines = (view.render_line(y).text.rstrip() for y in range(view.size.height))
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_from_the_first_choice_to_a_file_that_others_can_read(
    paths: Paths, size: tuple[int, int]
) -> None:
    judged(paths, 8, "nurse")
    async with donating(paths, size) as (pilot, screen):
        await pilot.press("t")
        await wait_until(lambda: items(paths)["texts"] == 9)  # not the one never to be used
        pane = await redacting(pilot, screen)
        assert pane.session is not None
        assert any(one.changed for one in pane.session.redaction.texts)
        preview = await previewing(pilot, screen)
        assert preview.paths[0] == "data/attribute_judgments.jsonl"
        await signed(pilot, screen)
        await pilot.press("5", "f")
        await wait_until(lambda: isinstance(pilot.app.screen, PromptScreen))
        await pilot.press("enter")
        await wait_until(lambda: draft(paths) is None)
        (path,) = paths.donations.iterdir()
        assert mode_of(path) == "0600"
        assert mode_of(path.parent) == "0700"
        await wait_until(lambda: "Written to" in told(pilot))
        await wait_until(lambda: "Given" in words(screen))
    with reading.read_bundle(path) as bundle:
        assert bundle.counts["attributes"] == 7
        assert bundle.counts["response_judgments"] == 1
    with open_store(paths.database) as store:
        (one,) = donations.list_all(store)
        assert (one.status, one.destination) == ("given", f"a file: {path.name}")


async def test_nothing_is_ticked_and_no_draft_is_begun_by_looking(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        intro = str(screen.query_one(".intro").render())
        assert "pseudonymised, with reduced risk" in " ".join(intro.split())
        assert "Nothing leaves this machine by itself" in " ".join(intro.split())
        assert set(choose_of(screen).levels.values()) == {None}
        for step in "23451":
            await pilot.press(step)
            await pilot.pause()
        assert "nothing chosen" in words(screen)
        assert draft(paths) is None


async def test_items_are_chosen_one_by_one_and_never_by_all(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        pane = choose_of(screen)
        await pilot.press("a")
        await wait_until(lambda: items(paths) == {"labels": 9, "texts": 0})
        assert "left as they were" in told(pilot)
        await pilot.press("space")
        await wait_until(lambda: items(paths) == {"labels": 8, "texts": 1})
        await pilot.press("space")
        await wait_until(lambda: items(paths) == {"labels": 8, "texts": 0})
        at = next(n for n, one in enumerate(pane.rows) if one.never)
        pane.view.cursor = at
        await pilot.press("space")  # its own keypress
        await wait_until(lambda: items(paths) == {"labels": 9, "texts": 0})
        await pilot.click(pane.view, offset=(4, 0))  # the box of the first line
        await wait_until(lambda: items(paths) == {"labels": 10, "texts": 0})
        await pilot.click(pane.view, offset=(40, 3))  # only goes there
        await pilot.press("n")
        await wait_until(lambda: items(paths) == {"labels": 0, "texts": 0})
        await pilot.press("c")
        await wait_until(lambda: (found := draft(paths)) and found.license == "CC0-1.0")


async def test_what_is_listed(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        pane = choose_of(screen)
        await pilot.press("slash", *"nurse")
        assert [one.text for one in pane.rows] == ["The user works night shifts as a nurse."]
        await pilot.press("enter", "a")
        await wait_until(lambda: items(paths)["labels"] == 1)
        await pilot.press("escape")
        assert len(pane.rows) == 10
        seen = []
        for _ in range(6):
            await pilot.press("f")
            seen.append(len(pane.rows))
        assert seen == [8, 1, 1, 10, 1, 10]
    async with donating(paths) as (_, screen):  # as it was left
        assert choose_of(screen).only == ""


async def test_the_person_has_the_last_word_on_a_text(paths: Paths) -> None:
    judged(paths, 8, "nurse")
    async with donating(paths) as (pilot, screen):
        await pilot.press("slash", *"nurse", "enter", "t")
        await wait_until(lambda: items(paths)["texts"] == 1)
        pane = await redacting(pilot, screen)
        session = pane.session
        assert session is not None
        assert "[-nurse-][CUSTOM_1]." in shown(pane.view)
        assert "Text 1 of 3" in words(screen)
        await pilot.press("k")  # kept
        await looked(pane)
        assert "[=nurse=]." in shown(pane.view)
        assert session.current is not None
        assert "nurse" in session.current.given
        await pilot.press("k")  # black again
        await looked(pane)
        assert "[-nurse-]" in shown(pane.view)
        await pilot.press("z", "z")
        await looked(pane)
        assert "[-nurse-][CUSTOM_1]." in shown(pane.view)
        # Two words, by the keyboard.
        await pilot.press("b", "left", "left", "shift+left", "enter")
        await looked(pane)
        assert "[-as a nurse-][CUSTOM_1]" in shown(pane.view) or "[-as a-]" in shown(pane.view)
        await pilot.press("r")
        await looked(pane)
        assert "[-nurse-][CUSTOM_1]." in shown(pane.view)
        # Words that are typed; words that do not stand there.
        await pilot.press("t", *"night shifts", "enter")
        await looked(pane)
        assert "[-night shifts-]" in shown(pane.view)
        await pilot.press("t", *"nowhere", "enter")
        await wait_until(lambda: "do not stand" in told(pilot))
        await pilot.press("right")
        assert "Text 2 of 3" in words(screen)
        await pilot.press("left", "left")
        await wait_until(lambda: "none before" in told(pilot))
    with open_store(paths.database) as store:
        found = donations.open_draft(store)
        assert found is not None
        ((edit,),) = donations.edits(store, found.donation_id).values()
        assert edit.action == "redact"


async def test_words_are_blacked_out_everywhere_and_items_dropped(paths: Paths) -> None:
    judged(paths)
    async with donating(paths, LARGE) as (pilot, screen):
        await pilot.press("slash", *"nurse", "enter", "t")
        await wait_until(lambda: items(paths)["texts"] == 1)
        pane = await redacting(pilot, screen)
        session = pane.session
        assert session is not None
        assert not any(one.changed for one in session.redaction.texts)
        # Selected by the mouse.
        await pilot.click(pane.view, offset=(37, 0))
        assert "nurse" in words(screen)
        await pilot.press("w")
        await looked(pane)
        await wait_until(lambda: sum(one.changed for one in session.redaction.texts) == 3)
        await pilot.press("l")
        await wait_until(lambda: isinstance(pilot.app.screen, WordsScreen))
        window = pilot.app.screen
        assert isinstance(window, WordsScreen)
        await wait_until(lambda: window.words == ["nurse"])
        await pilot.press(*"night", "enter")
        await wait_until(lambda: window.words == ["night", "nurse"])
        await pilot.pause()
        await pilot.press("up", "delete")
        await wait_until(lambda: window.words == ["nurse"] and isinstance(window.focused, Input))
        window.action_close()  # a key would wait for widgets that are gone by then
        await wait_until(lambda: pilot.app.screen is screen)
        await looked(pane)
        await pilot.press("d")
        await wait_until(lambda: items(paths) == {"labels": 1, "texts": 0})
        await wait_until(lambda: "No text would be given" in words(screen))
        await pilot.press("z")
        await wait_until(lambda: items(paths) == {"labels": 0, "texts": 1})
        await wait_until(lambda: session.current is not None)
        await pilot.press("x")
        await wait_until(lambda: items(paths) == {"labels": 0, "texts": 0})


async def test_texts_are_shown_as_they_are_and_warn_of_others(paths: Paths) -> None:
    """A text with markup in it, and one that changed since it was edited."""
    judged(paths)
    async with donating(paths) as (pilot, screen):
        await pilot.press("slash", *"daughter", "enter", "t")
        await wait_until(lambda: items(paths)["texts"] == 1)
        pane = await redacting(pilot, screen)
        assert "[red]started[/red]" in shown(pane.view)
        assert "! May speak of others: daughter" in words(screen)
        await pilot.press("b", "enter")
        await looked(pane)
        with open_store(paths.database) as store, store.write() as conn:
            conn.execute(
                "UPDATE attributes SET text = '[link=x]New[/link] words' WHERE text LIKE '%daughter%'"
            )
        await pilot.press("f9", "f10")
        await wait_until(lambda: "reads otherwise than when you edited it" in words(screen))
        await pilot.press("r")
        await looked(pane)
        await wait_until(lambda: "reads otherwise" not in words(screen))
        assert "[link=x]New[/link] words" in shown(pane.view)


async def test_a_draft_that_is_changed_elsewhere_is_seen(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        await pilot.press("a")
        await wait_until(lambda: items(paths)["labels"] == 9)
        with open_store(paths.database) as store:
            found = donations.open_draft(store)
            assert found is not None
            first = donations.items(store, found.donation_id)[0]
            steps.choose(store, found, [(first.kind, first.item_id)], None)
        # It is seen by itself, or told at the next change: nothing is overwritten.
        await wait_until(
            lambda: sum(level is not None for level in choose_of(screen).levels.values()) == 8
        )
        with open_store(paths.database) as store:
            steps.prepare(store, donations.get(store, found.donation_id), screen.config)
        screen.desk = screen.desk  # the desk of before: a change is made of what is not any more
        await pilot.press("space")
        await wait_until(
            lambda: "changed elsewhere" in told(pilot) or sum(items(paths).values()) != 8
        )


async def test_what_is_forgotten_goes_from_the_screen(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        await pilot.press("t")
        await wait_until(lambda: items(paths)["texts"] == 9)
        pane = await redacting(pilot, screen)
        with open_store(paths.database) as store:
            one = next(one for one in attributes.list_all(store) if "nurse" in one.text)
            forgetting.forget_attribute(store, one.attribute_id)
        await wait_until(
            lambda: pane.session is not None
            and not any("nurse" in t.text.original for t in pane.session.redaction.texts
                        if t.text.kind == "attribute")
        )  # fmt: skip
        assert all("nurse" not in choice.text for choice in choose_of(screen).choices)


async def test_the_step_is_remembered_and_all_is_reached_by_the_palette(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        await pilot.press("5")
        assert [one.title for one in screen.commands()][4] == "Donate: give"
        await pilot.click("StepStrip", offset=(4, 0))
        assert screen.number == 1
        await pilot.press("4", "question_mark")
        await wait_until(lambda: isinstance(pilot.app.screen, HelpScreen))
    async with donating(paths) as (_, screen):
        assert screen.number == 4
    app = make_app(paths)
    async with running(app) as pilot:
        assert "Donate" in [one.title for one in app.get_system_commands(app.screen)]
        await pilot.press("f10")
        assert app.current_mode == "donate"
        assert not isinstance(app.screen, CommandPalette)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_nothing_is_cut_off(paths: Paths, size: tuple[int, int]) -> None:
    judged(paths, 30, "nurse")
    async with donating(paths, size, hours=24) as (pilot, screen):
        await pilot.press("t")
        await wait_until(lambda: items(paths)["texts"] == 31)
        await redacting(pilot, screen)
        await previewing(pilot, screen)
        for number in range(1, 6):
            await pilot.press(str(number))
            await pilot.pause()
            await pilot.pause()
            foot = size[1] - 1
            for widget in screen.pane.query("*"):
                if widget.display and widget.region.area and widget.parent is screen.pane:
                    assert widget.region.bottom <= foot, (number, widget)
                    assert widget.region.right <= size[0], (number, widget)
            if number == 2:
                assert redact_of(screen).view.size.height >= 10
            if number == 4:
                consent = sign_of(screen).query_one("VerticalScroll")
                await wait_until(lambda view=consent: 4 <= view.size.height < size[1] - 12)


async def test_a_broken_journal_is_told_and_the_screen_goes_on(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):

        def fail(*args: object) -> None:
            raise OSError("disk")

        with monkeypatch.context() as patch:
            patch.setattr(steps, "choose", fail)
            await pilot.press("space")
            await wait_until(lambda: "Something went wrong" in told(pilot))
        await wait_until(lambda: set(choose_of(screen).levels.values()) == {None})
        await pilot.press("space")
        await wait_until(lambda: items(paths)["labels"] == 1)
