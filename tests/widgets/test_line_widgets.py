"""Lists of lines, exact bytes, marked texts and steps: drawn as they come into sight."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.widgets import Static

from widgets.byte_lines import ByteLines, exact
from widgets.byte_view import ByteView
from widgets.line_list import LineList
from widgets.marked_text import MarkedText, Part, bits_of, lay_out
from widgets.step_strip import Step, StepStrip
from widgets.tick import Tick


def drawn(widget: LineList | MarkedText) -> list[str]:
    height = widget.scrollable_content_region.height
    return [widget.render_line(y).text.rstrip() for y in range(height)]


async def test_a_list_draws_only_what_is_seen() -> None:
    asked: set[int] = set()

    class Host(App[None]):
        chosen: int | None = None

        def compose(self) -> ComposeResult:
            yield LineList()

        def on_line_list_chosen(self, event: LineList.Chosen) -> None:
            self.chosen = event.line

    def draw(line: int, width: int) -> Content:
        asked.add(line)
        return Content(f"[red]line {line}[/red]")

    app = Host()
    async with app.run_test(size=(30, 10)) as pilot:
        view = app.query_one(LineList)
        view.fill(1_000_000, draw)
        view.focus()
        await pilot.press("down", "down", "enter")
        assert app.chosen == 2
        assert drawn(view)[2] == "▸ [red]line 2[/red]"  # told by a sign, and no markup
        await pilot.press("end")
        await pilot.pause()
        assert drawn(view)[-1].startswith("▸ [red]line 999999")
        assert len(asked) < 200
        await pilot.click(view, offset=(5, 3))
        assert app.chosen == 999_993
        view.fill(3, draw)
        assert view.cursor == 2
        view.fill(0, draw)
        await pilot.press("up", "down", "end", "enter")
        assert view.cursor == 0


LONG = '{"text": "' + "x" * 95 + '"}'
BOOK = "é" * 5 + "你好" * 30


@pytest.mark.parametrize("width", [10, 33, 78])
def test_bytes_are_shown_whole_and_fit(width: int) -> None:
    data = f"{LONG}\n\n{BOOK}\nlast\n".encode()
    lines = ByteLines(data, width, text=True)
    rows = [lines[row] for row in range(lines.count)]
    assert all(cell_len(row) <= width for row in rows)
    assert "".join(rows) == LONG + BOOK + "last"
    assert [lines.line_of(row) for row in range(lines.count)] == sorted(
        lines.line_of(row) for row in range(lines.count)
    )
    assert lines.line_of(lines.count - 1) == 3
    assert lines.line(3) == "last"
    assert all(lines.line_of(lines.row_of(line)) == line for line in range(4))


def test_nothing_that_a_terminal_obeys() -> None:
    lines = ByteLines("a\x1b[2Jb\u202ec\u200bd\re".encode(), 80, text=True)
    assert lines[0] == "a⟨U+001B⟩[2Jb⟨U+202E⟩c⟨U+200B⟩d⟨U+000D⟩e"
    assert exact("né 你\n") == "né 你\n"


def test_what_is_no_text_is_shown_by_its_bytes() -> None:
    lines = ByteLines(b"PAR1\x00\xff" + b"z" * 30, 40, text=False)
    assert lines.count == 3
    assert lines[0].startswith("00000000  50 41 52 31 00 ff 7a")
    assert lines[0].endswith("PAR1..zzzzzzzzzz")
    assert lines.spans(0, "PAR") == []
    assert ByteLines(b"", 40, text=False).count == 1


def test_words_are_found_over_the_end_of_a_line_on_the_screen() -> None:
    lines = ByteLines(b"0123456789abcdef", 10, text=True)
    assert lines.spans(0, "89AB") == [(8, 10)]
    assert lines.spans(1, "89AB") == [(0, 2)]
    assert lines.spans(0, "") == []


async def test_a_view_of_bytes_marks_the_line_of_the_file_and_what_was_found() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield ByteView()

    app = Host()
    async with app.run_test(size=(24, 8)) as pilot:
        view = app.query_one(ByteView)
        view.focus()
        view.show(ByteLines(b"x" * 50 + b"needle\nsecond\n", 20, text=True), line=0)
        view.mark("needle")
        view.go_to(0)
        await pilot.pause()
        assert view.cursor == 2  # the piece in which it begins
        assert [s.text for s in view.render_line(2) if s.style and s.style.reverse] == ["needle"]
        assert drawn(view)[:4] == [
            "┃ " + "x" * 20,
            "┃ " + "x" * 20,
            "▸ " + "x" * 10 + "needle",
            "  second",
        ]
        await pilot.press("down")
        assert view.line == 1
        view.show(None)
        assert view.line == 0


PARTS = [
    Part("I am ", "same", 0),
    Part("Mira [b]Kovač[/b]", "removed", 5, 0),
    Part("[NAME_1]", "added", 22, 0),
    Part(", a nurse in ", "same", 22),
    Part("Lisbon", "kept", 35, 1),
    Part(".\nFin", "same", 41),
]


@pytest.mark.parametrize("width", [9, 20, 60])
def test_a_marked_text_is_told_by_signs(width: int) -> None:
    lines = lay_out(bits_of(PARTS), width)
    text = ["".join(bit.text for bit in line) for line in lines]
    assert all(cell_len(line.rstrip()) <= width for line in text)
    whole = "".join(text)
    for sign in ("[-Mira", "Kovač", "/b]-]", "[NAME_1]", "[=Lisbon=]"):
        assert sign.replace(" ", "") in whole.replace(" ", "")
    assert text[-1] == "Fin"
    assert not any(line.startswith((",", ".", "-]", "=]")) for line in text if width > 9)


async def test_a_marked_text_scrolls_to_its_stop_and_tells_where_was_clicked() -> None:
    class Host(App[None]):
        def __init__(self) -> None:
            super().__init__()
            self.pressed: list[tuple[int, int | None]] = []

        def compose(self) -> ComposeResult:
            yield MarkedText()

        def on_marked_text_pressed(self, event: MarkedText.Pressed) -> None:
            self.pressed.append((event.offset, event.number))

    app = Host()
    many = [Part("word " * 200, "same", 0), Part("here", "removed", 1000, 0)]
    async with app.run_test(size=(40, 6)) as pilot:
        view = app.query_one(MarkedText)
        view.show(many, stop=0)
        await pilot.pause()
        assert any("[-here-]" in line for line in drawn(view))
        view.show(PARTS, home=True)
        await pilot.pause()
        await pilot.click(view, offset=(2, 0))
        await pilot.click(view, offset=(8, 0))
        assert app.pressed == [(2, None), (5, 0)]
        view.point(None, (2, 4))
        assert [s.text for s in view.render_line(0) if s.style and s.style.reverse] == ["am"]
        assert view.line_of(36) >= 1


async def test_steps_are_clicked() -> None:
    class Host(App[None]):
        chosen = 0

        def compose(self) -> ComposeResult:
            yield StepStrip()

        def on_step_strip_chosen(self, event: StepStrip.Chosen) -> None:
            self.chosen = event.number

    app = Host()
    async with app.run_test(size=(60, 4)) as pilot:
        strip = app.query_one(StepStrip)
        strip.show([Step("Choose", "3"), Step("Sign")], 1)
        assert strip.render().plain.strip() == "[1 Choose 3]  2 Sign"
        await pilot.pause()
        await pilot.click(strip, offset=(18, 0))
        assert app.chosen == 2


async def test_a_statement_is_ticked_by_key_and_by_mouse_and_told_by_signs() -> None:
    class Host(App[None]):
        def compose(self) -> ComposeResult:
            yield Tick("I have [b]read[/b] it " * 6)
            yield Tick("And this")

    app = Host()
    async with app.run_test(size=(40, 10)) as pilot:
        first, second = app.query(Tick)
        boxes = [tick.query_one(".box", Static) for tick in (first, second)]
        assert first.size.height > 2  # all of its words
        assert [tick.value for tick in (first, second)] == [False, False]
        first.focus()
        await pilot.press("space")
        assert [str(box.render()) for box in boxes] == ["▸[x]", " [ ]"]
        await pilot.press("down", "enter", "space")
        await pilot.click(second)
        assert [str(box.render()) for box in boxes] == [" [x]", "▸[x]"]
