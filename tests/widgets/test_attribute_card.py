"""The card shows any text as it is and scrolls inside."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from widgets.attribute_card import AttributeCard
from widgets.evidence_list import EvidenceLine, EvidenceList
from widgets.verdict_bar import Choice, VerdictBar


class Small(App[None]):
    CSS = "AttributeCard { height: 10; }"

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def compose(self) -> ComposeResult:
        yield AttributeCard()
        yield VerdictBar()

    def key_q(self) -> None:
        self.pressed.append("q")


def text_of(card: AttributeCard, part: str) -> str:
    return str(card.query_one(part, Static).content)


@pytest.mark.parametrize(
    "text",
    [
        "[red]not markup[/] [@click=app.quit]x[/] [/]",
        "\x1b[2J\x07 control",
        "宽字符" * 40,
        "مرحبا بالعالم " * 20,
        "👩‍👩‍👧‍👦 " * 30,
        "word" * 2000,
        "\ud800 lone",
        "",
    ],
)
async def test_hostile_text_is_shown_as_text(text: str) -> None:
    app = Small()
    async with app.run_test(size=(80, 24)) as pilot:
        card = app.query_one(AttributeCard)
        line = EvidenceLine(text, text, text, text, 3)
        card.show(text, correction=text, facts="f", evidence=[line], more=2)
        await pilot.pause()
        shown = text_of(card, ".sentence")
        assert "\x1b" not in shown
        if "[red]" in text:
            assert shown == text
        assert card.size.height <= 10
        assert app.export_screenshot()
        assert "and 2 more" in str(app.query_one(EvidenceList).content)


async def test_long_evidence_scrolls_inside() -> None:
    app = Small()
    async with app.run_test(size=(80, 24)) as pilot:
        card = app.query_one(AttributeCard)
        card.show("A.", evidence=[EvidenceLine("", "long " * 900, "", "here")])
        await pilot.pause()
        assert card.max_scroll_y > 20
        card.show("A.", evidence=None, hint="e shows")
        await pilot.pause()
        assert card.max_scroll_y == 0
        assert not app.query_one(EvidenceList).display


async def test_a_click_does_what_the_key_does() -> None:
    app = Small()
    async with app.run_test(size=(80, 24)) as pilot:
        bar = app.query_one(VerdictBar)
        bar.ask("Well?", [Choice("b", "ring", "app.bell", "twice", chosen=True)], [])
        await pilot.pause()
        rung: list[bool] = []
        app.bell = lambda: rung.append(True)  # type: ignore[method-assign]
        await pilot.click(VerdictBar, offset=(4, 1))
        assert rung == [True]
        assert "✓" in str(bar.query_one(".first", Static).content)
