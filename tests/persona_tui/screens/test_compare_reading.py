"""Reading two answers: scrolled together or apart, side by side or stacked; what is asked and told."""

from __future__ import annotations

import pytest
from textual import events
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Footer, Static

from persona_tui.paths import Paths
from persona_tui.screens.compare import CompareScreen
from store import attributes, responses
from store.audit import Mention, Response
from store.db import open_store, utc_now
from tests.helpers import wait_until
from tests.persona_tui.audit_data import audit
from tests.persona_tui.screens.test_compare import app_of, screen_of
from widgets.answer_pane import AnswerPane

SIZES = [(80, 24), (99, 30), (100, 30), (120, 40)]


def answer(lines: int) -> str:
    return "\n\n".join(f"Line {n}." for n in range(lines))


def with_long(paths: Paths, *, left: int = 30, right: int = 60) -> None:
    """A pair whose left answer has ``left`` paragraphs and whose right one has ``right``."""
    with open_store(paths.database) as store:
        accepted, (prompt, *_) = audit(store, 2)
        keys = tuple(one.attribute_id for one in accepted)
        one = Response("", prompt.prompt_id, False, "m", utc_now(), answer(left))
        two = Response("", prompt.prompt_id, True, "m", utc_now(), answer(right), None, keys, False)
        responses.add_pair(store, prompt.prompt_id, one, two, arm="relevant", shown_left="generic")


async def panes(pilot: Pilot[None]) -> tuple[CompareScreen, AnswerPane, AnswerPane]:
    screen = await screen_of(pilot)
    left, right = screen.query_one("#left", AnswerPane), screen.query_one("#right", AnswerPane)
    await wait_until(lambda: left.max_scroll_y > 5 and right.max_scroll_y > left.max_scroll_y)
    return screen, left, right


async def settled(pilot: Pilot[None]) -> None:
    """Long enough for an echo to come back, if there were one."""
    for _ in range(6):
        await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_side_by_side_from_100_columns_and_stacked_below(
    paths: Paths, size: tuple[int, int]
) -> None:
    with_long(paths)
    async with app_of(paths).run_test(size=size) as pilot:
        _, left, right = await panes(pilot)
        if size[0] >= 100:
            assert (left.region.y, left.region.height) == (right.region.y, right.region.height)
            assert left.region.right <= right.region.x
        else:
            assert (left.region.x, left.region.width) == (right.region.x, right.region.width)
            assert left.region.bottom <= right.region.y
        assert min(left.size.height, right.size.height) >= 3


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_ten_quick_keys_move_ten_lines_and_nothing_moves_after(
    paths: Paths, size: tuple[int, int]
) -> None:
    with_long(paths)
    async with app_of(paths).run_test(size=size) as pilot:
        _, left, right = await panes(pilot)
        await pilot.press(*["down"] * 10)
        assert (left.scroll_y, right.scroll_y) == (10, 10)
        await settled(pilot)
        assert (left.scroll_y, right.scroll_y) == (10, 10)
        await pilot.press(*["up"] * 4)
        assert (left.scroll_y, right.scroll_y) == (6, 6)


def wheel(pane: AnswerPane, kind: type[events.MouseEvent]) -> None:
    x, y = pane.region.x + 2, pane.region.y + 2
    pane.post_message(kind(pane, 2, 2, 0, 0, 0, False, False, False, x, y))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("over", ["#left", "#right"])
async def test_the_longer_one_is_read_to_its_end(
    paths: Paths, size: tuple[int, int], over: str
) -> None:
    """Also with the wheel over the shorter one, whose end is no end."""
    with_long(paths)
    async with app_of(paths).run_test(size=size) as pilot:
        screen, left, right = await panes(pilot)
        pane = screen.query_one(over, AnswerPane)
        places: list[tuple[float, float]] = []
        while right.scroll_y < right.max_scroll_y and len(places) < 120:
            wheel(pane, events.MouseScrollDown)
            await pilot.pause()
            places.append((left.scroll_y, right.scroll_y))
        assert right.scroll_y == right.max_scroll_y
        assert left.scroll_y == left.max_scroll_y
        assert places == sorted(places)  # never back
        await settled(pilot)
        assert (left.scroll_y, right.scroll_y) == places[-1]
        wheel(pane, events.MouseScrollUp)
        await settled(pilot)
        assert right.scroll_y == places[-1][1] - pilot.app.scroll_sensitivity_y
        assert left.scroll_y == left.max_scroll_y


async def test_a_focused_shorter_one_leads_on(paths: Paths) -> None:
    with_long(paths)
    async with app_of(paths).run_test(size=(120, 40)) as pilot:
        _, left, right = await panes(pilot)
        left.focus()
        await pilot.press("end")
        assert (left.scroll_y, right.scroll_y) == (left.max_scroll_y, right.max_scroll_y)
        await pilot.press("home")
        assert (left.scroll_y, right.scroll_y) == (0, 0)
        await pilot.press("pagedown")
        assert left.scroll_y == right.scroll_y == left.scrollable_content_region.height - 1


def label(screen: CompareScreen) -> str:
    """What the footer calls the key ``t``: all of its words."""
    shown = [binding for _, binding, enabled, _ in screen.active_bindings.values() if enabled]
    assert screen.query_one(Footer).display
    return next((one.description for one in shown if one.key == "t"), "")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_apart_each_scrolls_by_itself(paths: Paths, size: tuple[int, int]) -> None:
    with_long(paths)
    async with app_of(paths).run_test(size=size) as pilot:
        screen, left, right = await panes(pilot)
        assert label(screen) == "Scrolled together"
        await pilot.press("t")
        assert label(screen) == "Scrolled apart"
        right.focus()
        await pilot.press("down", "down")
        left.focus()
        await pilot.press("down")
        await settled(pilot)
        assert (left.scroll_y, right.scroll_y) == (1, 2)
        await pilot.press("t")
        assert label(screen) == "Scrolled together"
        assert left.scroll_y == right.scroll_y == 2  # where the longer one is


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_attribute_that_is_asked_about_can_be_read(
    paths: Paths, size: tuple[int, int]
) -> None:
    with_long(paths)
    text = "The user " + "works night shifts in a hospital far from home and " * 4 + "sleeps late."
    with open_store(paths.database) as store, store.write() as conn:
        conn.execute("UPDATE attributes SET text = ?", (text,))
    async with app_of(paths).run_test(size=size) as pilot:
        screen, _, _ = await panes(pilot)
        box = screen.query_one(".asked", VerticalScroll)
        await wait_until(lambda: not box.display)
        await pilot.press("4")
        await wait_until(lambda: box.display and box.size.height > 1)
        line = box.query_one(Static)
        assert line.size.height == box.size.height  # all of it, nothing to scroll to
        seen = "".join(piece.text for y in range(line.size.height) for piece in line.render_line(y))
        assert "".join(seen.split()) == "".join(text.split())


def with_many(paths: Paths, count: int = 20) -> list[str]:
    """A pair told ``count`` attributes, of which the last two are mentioned."""
    with open_store(paths.database) as store:
        accepted, (prompt, *_) = audit(store, count)
        keys = tuple(one.attribute_id for one in accepted)
        told = Response(
            "", prompt.prompt_id, True, "m", utc_now(), "You know. You see it.", None, keys, True,
            (Mention(keys[-1], 0, 9, "lexical", 1.0), Mention(keys[-2], 10, 21, "lexical", 1.0),
             Mention(keys[-1], 10, 21, "lexical", 1.0)),
        )  # fmt: skip
        one = Response("", prompt.prompt_id, False, "m", utc_now(), "No.")
        responses.add_pair(store, prompt.prompt_id, one, told, arm="relevant", shown_left="generic")
        return [attributes.get(store, key).text for key in keys]


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_was_told_names_each_mention_and_can_be_scrolled(
    paths: Paths, size: tuple[int, int]
) -> None:
    texts = with_many(paths)
    async with app_of(paths).run_test(size=size) as pilot:
        screen = await screen_of(pilot)
        await pilot.press("4", "escape")
        box = screen.query_one(".told", VerticalScroll)
        await wait_until(lambda: box.display and box.size.height > 1)
        lines = str(box.query_one(Static).content).splitlines()
        assert lines[0] == (
            "The right one was personalized. It mentions [1], [2] openly, where it is marked."
        )
        assert lines[2] == f"[1] {texts[-1]} · mentioned 2 times"
        assert lines[3] == f"[2] {texts[-2]} · mentioned once"
        assert all(any(text in line for line in lines) for text in texts)
        right = screen.query_one("#right", AnswerPane)
        assert str(right.query_one(Static).content) == "You know. [1] You see it. [1, 2]"
        assert box.max_scroll_y > 0
        assert right.region.right >= size[0] - 2  # the box takes no column from the answers
        box.focus()
        await pilot.press("end")
        await wait_until(lambda: box.scroll_y == box.max_scroll_y)
        assert right.size.height >= 3  # it leaves room to read
