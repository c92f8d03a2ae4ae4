"""On the Donate screen: the exact bytes, the signature, giving and withdrawing."""

from __future__ import annotations

import json

import pytest
from textual.widgets import Button, Input

from persona_tui.jobs.donation import donating as steps
from persona_tui.paths import Paths
from persona_tui.screens.confirm import ConfirmScreen, PromptScreen
from store import donations
from store.db import open_store
from tests.helpers import mode_of, wait_until
from tests.persona_tui.screens.chat_helpers import LARGE
from tests.persona_tui.screens.donate_helpers import (
    choose_of,
    donating,
    draft,
    give_of,
    items,
    judged,
    preview_of,
    previewing,
    sign_of,
    signed,
    told,
    words,
)
from widgets.tick import Tick


async def test_the_bytes_are_looked_through_and_a_row_taken_out(paths: Paths) -> None:
    judged(paths)
    async with donating(paths, LARGE) as (pilot, screen):
        await pilot.press("t")
        await wait_until(lambda: items(paths)["texts"] == 9)
        pane = await previewing(pilot, screen)
        before = pane.files
        assert before == dict(_files(paths))
        await pilot.press("slash", *"NURSE", "enter")
        await wait_until(lambda: pane.hits and pane.at == 0)
        await pilot.press("n")
        await wait_until(lambda: pane.at == 1)
        assert "2 of" in words(screen)
        await pilot.press("N")
        await wait_until(lambda: pane.at == 0 and pane.path == pane.hits[0].path)
        assert pane.view.lines is not None
        assert "nurse" in pane.view.lines.line(pane.view.line)
        # The first row of the judgments.
        pane.list.cursor = pane.paths.index("data/attribute_judgments.jsonl")
        await wait_until(lambda: pane.view.line == 0 and "judgment_id" in pane.view.lines.line(0))
        rows = len(before["data/attribute_judgments.jsonl"].splitlines())
        row = json.loads(pane.view.lines.line(0))["judgment_id"]
        await pilot.press("y", "d")
        assert row in pilot.app.clipboard
        await wait_until(
            lambda: (
                len(pane.files.get("data/attribute_judgments.jsonl", b"").splitlines()) == rows - 1
            )
        )
        assert "Taken out" in told(pilot)
        # Of the contributor there is one row, which stays.
        pane.list.cursor = pane.paths.index("data/contributors.jsonl")
        await wait_until(lambda: "contributor_id" in pane.view.lines.line(0))
        assert not pane.check_action("delete", ())


def _files(paths: Paths) -> dict[str, bytes]:
    with open_store(paths.database) as store:
        found = donations.open_draft(store)
        return donations.files(store, found.donation_id) if found is not None else {}


async def test_preparing_can_be_stopped(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    judged(paths)
    real = steps.make

    def slow(*args: object, tell: object = None, **options: object) -> object:
        while True:
            tell(1, 10)  # type: ignore[operator]

    monkeypatch.setattr(steps, "make", slow)
    async with donating(paths) as (pilot, screen):
        await pilot.press("a")
        await wait_until(lambda: items(paths)["labels"] == 9)
        await pilot.press("3")
        await wait_until(lambda: "10 %" in words(screen))
        await pilot.press("escape")
        await wait_until(lambda: "Stopped" in words(screen))
        monkeypatch.setattr(steps, "make", real)
        await pilot.press("p")
        await wait_until(lambda: preview_of(screen).files)


async def test_nothing_to_prepare_is_told_where_it_is_looked_for(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        await pilot.press("3")
        assert "Nothing is chosen yet" in words(screen)
        await pilot.press("1", "a", "n", "3")
        await wait_until(lambda: "Nothing is chosen to give" in words(screen))


async def test_signing_needs_every_statement_and_cools_off(paths: Paths) -> None:
    judged(paths)
    async with donating(paths, hours=24) as (pilot, screen):
        await pilot.press("a")
        await wait_until(lambda: items(paths)["labels"] == 9)
        await pilot.press("4")
        assert "Nothing is prepared" in words(screen)
        await previewing(pilot, screen)
        await pilot.press("4")
        pane = sign_of(screen)
        await wait_until(lambda: len(pane.query(Tick)) == 4)
        assert not any(tick.value for tick in pane.query(Tick))
        ticks = list(pane.query(Tick))
        for tick in ticks[1:]:
            tick.focus()
            await pilot.press("space")
        assert not pane.check_action("sign", ())
        assert pane.query_one("#sign-now", Button).disabled
        assert "1 not ticked yet" in words(screen)
        await pilot.press("s")
        await pilot.pause()
        assert (found := draft(paths)) is not None
        assert found.status == "draft"
        ticks[0].focus()
        await pilot.press("space", "s")
        await wait_until(lambda: "cools off until" in words(screen))
        # Nothing can be changed or given meanwhile.
        await pilot.press("5")
        assert not give_of(screen).check_action("file", ())
        assert not give_of(screen).check_action("publish", ())
        await pilot.press("1", "space")
        assert items(paths)["labels"] == 9
        assert not choose_of(screen).check_action("cycle", ())
        await pilot.press("3")
        await wait_until(lambda: "Signed" in words(screen))
        assert not preview_of(screen).check_action("delete", ())
        await pilot.press("4", "c")
        await wait_until(lambda: (found := draft(paths)) is not None and found.status == "draft")
        assert items(paths)["labels"] == 9
        # The signature is gone, and nothing is ticked when it is prepared anew.
        await previewing(pilot, screen)
        await pilot.press("4")
        await wait_until(lambda: len(pane.query(Tick)) == 4)
        assert not any(tick.value for tick in pane.query(Tick))


async def test_a_donation_is_withdrawn_and_a_draft_thrown_away(paths: Paths) -> None:
    judged(paths)
    async with donating(paths) as (pilot, screen):
        await pilot.press("a")
        await wait_until(lambda: items(paths)["labels"] == 9)
        await previewing(pilot, screen)
        await signed(pilot, screen)
        target = paths.data_dir / "mine.zip"
        await pilot.press("5", "f")
        await wait_until(lambda: isinstance(pilot.app.screen, PromptScreen))
        pilot.app.screen.query_one(Input).value = str(target)
        await pilot.press("enter")
        await wait_until(target.exists)
        await wait_until(lambda: give_of(screen).check_action("withdraw", ()))
        assert all(one.given for one in choose_of(screen).choices if not one.never)
        await pilot.press("w")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("tab", "enter")
        await wait_until(lambda: "withdrawn" in words(screen).lower())
        (request,) = paths.donations.glob("withdraw-*.json")
        assert json.loads(request.read_bytes())["contributor_id"]
        assert mode_of(request) == "0600"
        # A draft beside it: all of that was given takes a keypress of its own each.
        await pilot.press("1", "a")
        await pilot.press("space")
        await wait_until(lambda: sum(items(paths).values()) > 0)
        await pilot.press("5", "home", "delete")
        await wait_until(lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("tab", "enter")
        await wait_until(lambda: draft(paths) is None)
        await wait_until(lambda: len(give_of(screen).rows) == 1)
