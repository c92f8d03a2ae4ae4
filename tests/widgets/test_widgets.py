"""The parts of the chat screen, each alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from textual.app import App, ComposeResult

from persona_tui.app import PersonaApp
from persona_tui.paths import default_paths
from store.records import Attribute, AttributeJudgment, Evidence, JudgmentContext, Message
from widgets.attribute_panel import AttributePanel, PanelCard, card
from widgets.composer import Composer
from widgets.context_meter import ContextMeter, MeterState, bar
from widgets.message import SHOWN_CHARACTERS, MessageView, code_blocks
from widgets.tabs import ModeTabs, Tab, TabLabel

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
QUOTE = Evidence("c", "m", 0, 26, "I work nights [b]as a nurse[/]"[:26])
ATTRIBUTE = Attribute(
    "a1", "The user works [b]night shifts[/nope].", 0.93, "grounded", NOW, evidence=(QUOTE,)
)


def message(text: str, role: str = "user") -> Message:
    return Message("m", "c", 0, role, text, NOW)  # type: ignore[arg-type]


def test_code_blocks() -> None:
    text = "a\n```py\nx = 1\n```\n~~~\n```\n~~~\n````\n```\ny\n````\n```\nopen"
    assert code_blocks(text) == ["x = 1", "```", "```\ny", "open"]
    assert code_blocks("no code") == []


def test_an_enormous_message_is_not_drawn_whole() -> None:
    view = MessageView(message("x" * 1_000_000), name="You")
    assert len(view.body()) < SHOWN_CHARACTERS + 200
    assert "980,000 more characters" in view.body()


def test_what_can_be_done_with_a_message() -> None:
    mine = MessageView(message("hi"), name="You")
    theirs = MessageView(message("```\nx\n```", "assistant"), name="tiny")
    assert mine.check_action("ask", ("edit",))
    assert not mine.check_action("ask", ("retry",))
    assert not mine.check_action("ask", ("copy_code",))
    assert theirs.check_action("ask", ("retry",))
    assert theirs.check_action("ask", ("copy_code",))
    assert not theirs.check_action("ask", ("versions",))


def test_a_card_shows_the_words_and_hides_the_confidence() -> None:
    text = card(ATTRIBUTE, fresh=True).plain
    assert "The user works [b]night shifts[/nope]." in text
    assert "+ new" in text
    assert "I work nights" in text
    assert "93" not in text
    judgment = AttributeJudgment(
        "j", "a1", NOW, JudgmentContext("g", "0"), verdict="bad", use="never"
    )
    judged = card(replace(ATTRIBUTE, judgment=judgment)).plain
    assert "✗ bad" in judged
    assert "⊘ never use" in judged


async def test_the_panel_lists_newest_first_and_tells_what_was_chosen() -> None:
    chosen: list[str] = []

    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield AttributePanel()

        def on_attribute_panel_chosen(self, event: AttributePanel.Chosen) -> None:
            chosen.append(event.attribute.attribute_id)

    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        panel = app.query_one(AttributePanel)
        later = replace(ATTRIBUTE, attribute_id="a2", created_at=NOW.replace(hour=13))
        await panel.show([ATTRIBUTE, later])
        await pilot.pause()
        cards = list(app.query(PanelCard))
        assert [c.attribute.attribute_id for c in cards] == ["a2", "a1"]
        assert panel.count == 2
        await pilot.click(cards[1])
        await pilot.pause()
        assert chosen == ["a1"]
        await panel.show([])
        assert not app.query(PanelCard)


async def test_the_composer_sends_grows_and_recalls() -> None:
    sent: list[str] = []

    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield Composer()

        def on_composer_sent(self, event: Composer.Sent) -> None:
            sent.append(event.text)

    app = Host()
    async with app.run_test(size=(60, 20)) as pilot:
        composer = app.query_one(Composer)
        composer.focus()
        await pilot.press("enter")
        assert sent == []  # nothing to send
        await pilot.press("a", "shift+enter", "b")
        await pilot.pause()
        assert composer.size.height >= 2
        await pilot.press("enter")
        assert sent == ["a\nb"]
        composer.clear()
        composer.sent_before = ["one", "two"]
        await pilot.press("up")
        assert composer.text == "two"
        await pilot.press("up", "up")
        assert composer.text == "one"
        await pilot.press("down", "down")
        assert composer.text == ""
        await pilot.press("x", "up")
        assert composer.text == "x"  # what is being written is not replaced


async def test_the_meter_says_it_in_words_too() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield ContextMeter()

    app = Host()
    async with app.run_test(size=(100, 5)) as pilot:
        meter = app.query_one(ContextMeter)
        meter.state = MeterState("tiny", "this machine", 1900, 2048, 6, 40, 31.4)
        await pilot.pause()
        text = meter.render().plain
        assert "sees the last 6 of 40" in text
        assert "1,900/2,048 tokens" in text
        assert "nearly full" in text
        assert "31 tokens/s" in text
        meter.set(doing="Writing … 3 s · Esc stops")
        assert meter.render().plain.startswith("Writing")
    assert bar(0.0) == "┄" * 10
    assert bar(0.001).startswith("━")
    assert bar(2.0) == "━" * 10


async def test_tabs_tell_where_one_is_and_are_clicked() -> None:
    chosen: list[str] = []

    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield ModeTabs([Tab("a", "F2", "One"), Tab("b", "F3", "Two")], "a")

        def on_mode_tabs_chosen(self, event: ModeTabs.Chosen) -> None:
            chosen.append(event.mode)

    app = Host()
    async with app.run_test(size=(60, 5)) as pilot:
        assert [str(t.render()) for t in app.query(TabLabel)] == ["[F2 One]", " F3 Two "]
        await pilot.click(app.query(TabLabel).last())
        assert chosen == ["b"]


async def test_tabs_take_little_room_where_there_is_little() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield ModeTabs([Tab("a", "F2", "Conversations", "Chats"), Tab("b", "^x", "Two")], "a")

    app = Host()
    async with app.run_test(size=(26, 5)):
        assert [str(t.render()) for t in app.query(TabLabel)] == ["[2 Chats]", " ^x Two"]
        assert app.query_one(".keys").display
        assert not app.query_one(".brand").display


async def test_tabs_that_do_not_fit_are_left_out_but_never_the_current_one() -> None:
    tabs = [Tab(name, f"F{n}", name.title()) for n, name in enumerate(("one", "two", "three"), 2)]
    seen: dict[tuple[str, int], list[str]] = {}
    for current in ("one", "three"):
        for width in (22, 40, 60):

            class Host(App[None]):
                def compose(self, current: str = current) -> ComposeResult:
                    yield ModeTabs(tabs, current)

            app = Host()
            async with app.run_test(size=(width, 5)) as pilot:
                await pilot.pause()
                shown = [label for label in app.query(TabLabel) if label.display]
                assert all(0 <= t.region.x < t.region.right <= width for t in shown)
                seen[current, width] = [label.tab.mode for label in shown]
                assert app.query_one(".brand").display == (width == 60)
    assert seen["one", 22] == ["one", "two"]
    assert seen["three", 22] == ["one", "three"]
    assert all(seen[current, 40] == ["one", "two", "three"] for current in ("one", "three"))


async def test_all_tabs_but_the_last_are_seen_in_80_columns(home: Path) -> None:
    tabs = PersonaApp(default_paths()).mode_tabs()
    last = tabs[-1].mode

    class Host(App[None]):
        def __init__(self, current: str) -> None:
            super().__init__()
            self.now = current

        def compose(self) -> ComposeResult:
            yield ModeTabs(tabs, self.now)

    for tab in tabs:
        app = Host(tab.mode)
        async with app.run_test(size=(80, 5)):
            hidden = {label.tab.mode for label in app.query(TabLabel) if not label.display}
            assert tab.mode not in hidden
            assert hidden <= ({last} if tab.mode != last else {tabs[-2].mode})
