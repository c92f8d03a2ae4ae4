"""What an answer's model was told about the person, why, and saying no to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from widgets.safe import plain

if TYPE_CHECKING:
    from persona_tui.jobs.chat.personalizing import ToldItem
    from persona_tui.screens.base import HostApp
    from store.records import Message

BY_MODEL = (
    "Chosen by your relevance model from what you accepted. It learned that from your answers on the "
    "Relevance screen, and errs."
)
BY_RULE = (
    "Chosen from what you accepted: nearest to what you wrote, or called relevant for it by you. Your relevance "
    "model had no part in these."
)
HINT = """\
x  not for this: left out when the same is answered again (r at the
   answer), and your relevance model learns from it
n  never again: no answer is told it until you allow it in Review
z  takes back · Esc closes · this answer stays as it is"""
HERE, EVER = "✗ not for this", "⊘ never used again"
_FORGOTTEN = "(forgotten since)"


class ToldScreen(ModalScreen[bool]):
    """Dismisses with whether anything was refused (or taken back)."""

    DEFAULT_CSS = """
    ToldScreen { align: center middle; }
    ToldScreen > Vertical {
        width: 78; max-width: 98%; height: auto; max-height: 96%; padding: 0 2;
        border: round $primary; background: $surface;
    }
    ToldScreen .title { text-style: bold; }
    ToldScreen .chosen { color: $text-muted; margin-bottom: 1; height: auto; }
    ToldScreen OptionList {
        height: auto; max-height: 40vh; padding: 0; border: none; background: transparent;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    ToldScreen .hint { color: $text-muted; margin-top: 1; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "refuse('here')", "Not for this", id="told.here"),
        Binding("n", "refuse('ever')", "Never use", id="told.never"),
        Binding("z", "take_back", "Undo", id="told.undo"),
        Binding("escape,u", "leave", "Close", id="told.close"),
    ]

    def __init__(self, answer: Message, items: Sequence[ToldItem]) -> None:
        super().__init__()
        self.answer = answer
        self.items = list(items)
        before = {one.attribute_id: HERE for one in items if one.refused}
        before |= {one.attribute_id: EVER for one in items if one.use == "never"}
        self.said: dict[str, str] = dict(before)
        """What the person said of each, just now or before."""
        self._before = before
        self._steps: list[tuple[str, str]] = []
        """(attribute, judgment), the newest last."""
        self._changed = False

    @property
    def _host(self) -> HostApp:
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(
                "What the model knew about you for this answer", classes="title", markup=False
            )
            learned = any(one.probability is not None for one in self.items)
            yield Static(BY_MODEL if learned else BY_RULE, classes="chosen", markup=False)
            yield OptionList(id="told", compact=True)
            yield Static(HINT, classes="hint", markup=False)

    def on_mount(self) -> None:
        told = self.query_one("#told", OptionList)
        told.add_options([Option(self._line(one)) for one in self.items])
        told.highlighted = 0
        told.focus()

    def _draw(self) -> None:
        """Draw what was said; the place that is looked at stays."""
        told = self.query_one("#told", OptionList)
        for at, one in enumerate(self.items):
            told.replace_option_prompt_at_index(at, self._line(one))

    def _line(self, one: ToldItem) -> Content:
        """Content, not str: nothing here is read as markup."""
        parts: list[str | tuple[str, str]] = [
            (plain(one.text or _FORGOTTEN, one_line=True), "bold" if one.text else "dim")
        ]
        said = self.said.get(one.attribute_id)
        if said:
            parts.append((f"  {said}", "$text-warning"))
        if one.probability is not None:
            said = f"it expects your yes in about {_of_100(one.probability)} of 100 such cases"
            parts.append((f"\n  {said}", "dim"))
        # What was observed, never what moved the model: stages/relevance/reasons.py.
        parts += [(f"\n  for it: {plain(words, one_line=True)}", "dim") for words in one.why]
        return Content.assemble(*parts)

    def _current(self) -> ToldItem | None:
        at = self.query_one(OptionList).highlighted
        one = self.items[at] if at is not None and at < len(self.items) else None
        return one if one is not None and one.text is not None else None

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()  # Enter alone refuses nothing

    async def action_refuse(self, how: str) -> None:
        from persona_tui.jobs.chat import personalizing

        one = self._current()
        if one is None or self.said.get(one.attribute_id) == EVER:
            return
        db, key = self._host.db, one.attribute_id
        if how == "here" and self.said.get(key) == HERE:
            return

        async def refuse() -> None:
            made: str | None
            if how == "here":
                made = await db.run(personalizing.refuse_here, self.answer, key)
            else:
                made = await db.run(personalizing.refuse_ever, key)
            if made is not None:
                self._steps.append((key, made))
            self.said[key] = HERE if how == "here" else EVER
            self._changed = True

        await self._host.guarded(refuse())
        self._draw()

    async def action_take_back(self) -> None:
        from persona_tui.jobs.chat import personalizing

        if not self._steps:
            return
        key, judgment = self._steps[-1]

        async def back() -> None:
            await self._host.db.run(personalizing.take_back, judgment)
            self._steps.pop()
            # Before a *never* there can only have been a *not for this*, now or in an earlier look.
            if key in self._before or any(one == key for one, _ in self._steps):
                self.said[key] = HERE
            else:
                self.said.pop(key, None)
            self._changed = True

        await self._host.guarded(back())
        self._draw()

    def action_leave(self) -> None:
        self.dismiss(self._changed)


def _of_100(probability: float) -> int:
    """Never sure: no model of this size is."""
    return min(99, max(1, round(100 * probability)))
