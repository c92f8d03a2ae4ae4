"""Step 1: what is given, item by item. Nothing is ticked beforehand."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from persona_tui.donation.consent import LICENSE_NAMES
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.desk import Desk
from persona_tui.jobs.donation.material import Choice
from persona_tui.screens import donate_text as texts
from persona_tui.screens.donate_base import DonatePane
from store.donations import ItemKind, Level
from widgets.line_list import LineList
from widgets.safe import plain

Place = tuple[ItemKind, str]
NEXT: dict[Level | None, Level | None] = {None: "labels", "labels": "texts", "texts": None}
BOX_CELLS = 13
"""Cells of a line in which a click ticks it, without being on it before."""


class ChoosePane(DonatePane):
    """See the module."""

    STEP = "Choose"
    DEFAULT_CSS = """
    ChoosePane > .intro { height: auto; padding: 0 1; max-width: 110; margin-bottom: 1; }
    ChoosePane > .bar { height: 1; padding: 0 1; }
    ChoosePane > .bar > .standing { width: 1fr; text-style: bold; }
    ChoosePane > .bar > .label { width: auto; color: $text-muted; padding: 0 1; }
    ChoosePane > .bar > Input {
        width: 22; height: 1; border: none; padding: 0 1; background: $boost;
        &:focus { background: $primary 20%; }
    }
    ChoosePane > .nothing { height: 1fr; padding: 1 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "cycle", "Tick", tooltip="Not given, labels, texts", id="donate_choose.cycle"),
        Binding("a", "all('labels')", "All", tooltip="All that are shown at labels", id="donate_choose.all"),
        Binding("t", "all('texts')", "With texts", tooltip="All that are shown, with texts", id="donate_choose.texts"),
        Binding("n", "all('')", "None", tooltip="Take out all that are shown", id="donate_choose.none"),
        Binding("f", "kind", "Show", tooltip="Which ones are listed", id="donate_choose.kind"),
        Binding("slash", "search", "Search", id="donate_choose.search"),
        Binding("c", "license", "Change the licence", show=False, id="donate_choose.license"),
        Binding("escape", "leave_search", "To the list", show=False, id="donate_choose.leave"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="choose")
        self.choices: tuple[Choice, ...] = ()
        self.rows: list[Choice] = []
        """What is listed."""
        self.levels: dict[Place, Level | None] = {}
        """As it is shown: what is being written comes true or is read again."""
        self.words = ""
        self.only = ""
        self.license = ""

    def compose(self) -> ComposeResult:
        yield Static(classes="intro", markup=False)
        with Horizontal(classes="bar"):
            yield Static(classes="standing", markup=False)
            yield Static("Search", classes="label")
            yield Input(placeholder="words", compact=True)
        yield LineList()
        yield Static(classes="nothing", markup=False)
        yield Static(classes="foot line muted", markup=False)

    def on_mount(self) -> None:
        wanted = self.host.ui_state.values.get("donate.only", "")
        self.only = wanted if wanted in dict(texts.SHOWN) else ""
        self.query_one(".intro", Static).update(texts.intro(self.giving.config.cooling_off_hours))
        self.query_one(".nothing").display = False

    @property
    def view(self) -> LineList:
        """The list."""
        return self.query_one(LineList)

    # --- showing --------------------------------------------------------------------------------

    def show_desk(self, desk: Desk) -> None:
        self.choices = desk.choices
        self.levels = {(one.kind, one.item_id): one.level for one in desk.choices}
        self.license = desk.draft.license if desk.draft else self.giving.config.license
        self.query_one(".intro", Static).update(texts.intro(self.giving.config.cooling_off_hours))
        self.filter()

    def filter(self) -> None:
        """List what fits the words and the kind; the cursor stays on its item."""
        here = self.current
        words = self.words.casefold()
        self.rows = [one for one in self.choices if self._fits(one, words)]
        at = next((n for n, one in enumerate(self.rows) if here and self._place(one) == self._place(here)), 0)  # fmt: skip
        self.view.fill(len(self.rows), self._line, cursor=at)
        self.paint()

    def _fits(self, one: Choice, words: str) -> bool:
        if words and words not in one.text.casefold():
            return False
        if self.only == "new":
            return not one.given
        if self.only == "chosen":
            return self.levels.get(self._place(one)) is not None
        return self.only in ("", one.kind)

    def paint(self) -> None:
        """Show the counts."""
        standing = texts.chosen_line(self.levels.values(), len(self.rows), len(self.choices))
        self.query_one(".standing", Static).update(standing)
        nothing = self.query_one(".nothing", Static)
        nothing.display = not self.rows
        self.view.display = bool(self.rows)
        nothing.update(texts.nothing_to_choose(len(self.choices)))
        self.keep_keys(self.view)
        listed = dict(texts.SHOWN)[self.only]
        licence = texts.license_name(self.license) if self.size.width >= 100 else self.license
        self.query_one(".foot", Static).update(
            f"Shown (f): {listed} · Licence (c): {plain(licence)} · then 2 Redact, 3 Preview"
        )
        self.view.refresh()
        self.refresh_bindings()

    def on_resize(self) -> None:
        self.paint()

    def _line(self, number: int, width: int) -> Content:
        one = self.rows[number]
        return texts.choice_line(one, self.levels.get(self._place(one)), width)

    @staticmethod
    def _place(one: Choice) -> Place:
        return one.kind, one.item_id

    @property
    def current(self) -> Choice | None:
        """The item under the cursor."""
        at = self.view.cursor
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def state(self) -> str:
        count = sum(level is not None for level in self.levels.values())
        return f"{count:,}" if count else ""

    def entered(self) -> None:
        (self.view if self.rows else self).focus()

    # --- choosing -------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        typing = isinstance(self.screen.focused, Input)
        desk = self.giving.desk
        can = desk is not None and desk.open
        if action in ("cycle", "all"):
            return bool(self.rows) and can and not typing
        if action == "license":
            return can and not typing
        if action == "leave_search":
            return typing or bool(self.words)
        return not typing

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def action_cycle(self) -> None:
        one = self.current
        if one is not None:
            self._put([self._place(one)], NEXT[self.levels.get(self._place(one))])

    def action_all(self, level: str) -> None:
        """All that are shown; what must never be used, or was given before, only by itself."""
        if level == "":
            self._put([self._place(one) for one in self.rows], None)
            return
        meant = [one for one in self.rows if not one.never and not one.given]
        self._put([self._place(one) for one in meant], "texts" if level == "texts" else "labels")
        left = len(self.rows) - len(meant)
        if left:
            self.host.tell(
                f"{left:,} left as they were: to be used never, or given before; space takes one "
                "all the same."
            )

    def _put(self, places: list[Place], level: Level | None) -> None:
        changed = [place for place in places if self.levels.get(place) != level]
        if not changed:
            return
        for place in changed:
            self.levels[place] = level
        self.paint()
        self.giving.start(self._write(changed, level), group="donate-choose", exclusive=False)

    async def _write(self, places: list[Place], level: Level | None) -> None:
        await self.giving.write(lambda store, draft: donating.choose(store, draft, places, level))
        self.giving.show_steps()

    def action_license(self) -> None:
        names = list(LICENSE_NAMES)
        other = names[(names.index(self.license) + 1) % len(names)]
        self.license = other
        self.paint()
        self.giving.start(self._write_license(other), group="donate-choose", exclusive=False)

    async def _write_license(self, name: str) -> None:
        await self.giving.write(
            lambda store, draft: donating.set_license(store, draft.donation_id, name)
        )

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        event.stop()
        if self.check_action("cycle", ()) and (event.again or 0 <= event.x < BOX_CELLS):
            self.action_cycle()

    # --- finding --------------------------------------------------------------------------------

    def action_kind(self) -> None:
        keys = [key for key, _ in texts.SHOWN]
        self.only = keys[(keys.index(self.only) + 1) % len(keys)]
        self.host.ui_state.values["donate.only"] = self.only
        self.host.save_ui_state()
        self.filter()

    def action_search(self) -> None:
        self.query_one(Input).focus()

    def action_leave_search(self) -> None:
        if not isinstance(self.screen.focused, Input) or not self.rows:
            self.query_one(Input).value = ""
        (self.view if self.rows else self).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.words = event.value.strip()
        self.filter()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.rows:
            self.view.focus()
