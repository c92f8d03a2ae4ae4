"""Learning: three small models of the person's own, what they learned, what that is worth."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from persona_tui.jobs.learning import telling
from persona_tui.jobs.learning.after import LearningBeside, LearningState
from persona_tui.jobs.learning.using import NAMES
from persona_tui.screens import learning_text as texts
from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.confirm import ConfirmScreen
from persona_tui.screens.learning_host import learning_of
from store import learned
from store.db import Store
from store.learned_records import KINDS, LearnedKind, LearnedModel
from widgets.safe import counted
from widgets.work_line import WorkLine


class LearningScreen(PersonaScreen):
    """See the module."""

    MODE = "learning"
    NAME = "Learning"
    HELP = texts.HELP
    AUTO_FOCUS = "OptionList"
    DEFAULT_CSS = """
    LearningScreen .title { height: 1; padding: 0 2; color: $text-muted; }
    LearningScreen #body { layout: vertical; height: 1fr; }
    LearningScreen OptionList {
        height: auto; max-height: 45%; margin: 0 1; padding: 0; border: none;
        background: $background; scrollbar-size-vertical: 1; overflow-x: hidden;
    }
    LearningScreen #details {
        height: 1fr; border-top: solid $foreground 20%; padding: 0 2; background: $background;
        scrollbar-size-vertical: 1;
    }
    LearningScreen.-wide .title { margin-top: 1; }
    LearningScreen.-wide OptionList { margin: 1; }
    LearningScreen.-wide #details { padding: 1 3; }
    LearningScreen #about { max-width: 100; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "t", "train", "Train", tooltip="Train the highlighted one now", id="learning.train"
        ),
        Binding("a", "train_all", "All", tooltip="Train all three now", id="learning.all"),
        Binding("s", "stop", "Stop", tooltip="Stop learning", id="learning.stop"),
        # Priority: the list has this key too, and says nothing of it.
        Binding(
            "enter",
            "use",
            "Use",
            tooltip="Put this version in use",
            priority=True,
            id="learning.use",
        ),
        Binding("delete", "forget", "Forget", tooltip="Forget this model", id="learning.forget"),
        Binding("escape", "app.go('report')", "Report", id="learning.back"),
        Binding("pagedown", "scroll(8)", "Scroll", show=False),
        Binding("pageup", "scroll(-8)", "Scroll", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[LearnedKind, list[LearnedModel]] = {}
        self._looked: set[LearnedKind] = set()
        """Of which it was tried to find out what is missing."""

    def compose(self) -> ComposeResult:
        yield from super().compose()
        yield WorkLine()

    def compose_body(self) -> ComposeResult:
        yield Static(
            "What small models of your own learned from your judgments, on this machine",
            classes="title",
            markup=False,
        )
        with Container(id="body"):
            yield OptionList(compact=True)
            with VerticalScroll(id="details", can_focus=False):
                yield Static(id="about", markup=False)

    @property
    def learning(self) -> LearningBeside:
        return learning_of(self.host)

    @property
    def _is_built(self) -> bool:
        """Whether there is something to write on; screens are built from the outside in."""
        return self.is_mounted and bool(self.query("#about")) and bool(self.query(WorkLine))

    # --- showing --------------------------------------------------------------------------------

    async def load(self) -> None:
        """Read the versions; find out what is missing where nothing was learned yet."""
        self.models = await self.host.db.run(_versions)
        while not self._is_built:  # noqa: ASYNC110 - the journal may be quicker than the screen
            await asyncio.sleep(0.01)
        self.fill()
        state = self.learning.state
        unknown = {k for k in KINDS if not self.models.get(k) and k not in state.lacking}
        if unknown - self._looked and not state.running:  # once: what fails would fail again
            self._looked |= unknown
            self.learning.look(k for k in KINDS if k in unknown)
        self._say(self.learning.state)

    def show_learning(self, state: LearningState) -> None:
        """Learning went on: shown where it is, read anew when a kind is done."""
        if not self._is_built:
            return
        self._say(state)
        result = None if state.step is None else state.step.result
        if result is not None or not state.running:
            self.reload()
        else:
            self.fill()

    def _say(self, state: LearningState) -> None:
        line = self.query_one(WorkLine)
        line.say(texts.work_line(state, self.size.width - line.styles.padding.width))

    def on_resize(self) -> None:
        super().on_resize()
        self.call_after_refresh(self.fill)

    def fill(self) -> None:
        """Write the list anew and keep the highlight where it was."""
        if not self._is_built or not self.models:
            return
        view, state = self.query_one(OptionList), self.learning.state
        width = max(40, view.scrollable_content_region.width - 1)
        before, place = self._highlighted(), view.highlighted or 0
        options = []
        for kind in KINDS:
            models, lacking = self.models.get(kind, []), state.lacking.get(kind)
            line = texts.kind_line(kind, models, lacking, state.step, width)
            options.append(Option(line, id=kind))
            options += [
                Option(texts.version_line(one, width), id=f"{kind}:{one.version}") for one in models
            ]
        view.set_options(options)
        ids = [option.id for option in options]
        view.highlighted = ids.index(before) if before in ids else min(place, len(ids) - 1)
        self._describe()

    def _highlighted(self) -> str | None:
        view = self.query_one(OptionList)
        if view.highlighted is None or not view.option_count:
            return None
        return view.get_option_at_index(view.highlighted).id

    @property
    def kind(self) -> LearnedKind:
        """The highlighted kind, or that of the highlighted version."""
        name = (self._highlighted() or "").partition(":")[0]
        return next((kind for kind in KINDS if kind == name), KINDS[0])

    @property
    def version(self) -> LearnedModel | None:
        """The highlighted version; ``None``: a kind is highlighted."""
        number = (self._highlighted() or "").partition(":")[2]
        return next((m for m in self.models.get(self.kind, ()) if str(m.version) == number), None)

    @on(OptionList.OptionHighlighted)
    def _describe(self) -> None:
        kind, version = self.kind, self.version
        used = next((one for one in self.models.get(kind, ()) if one.in_use), None)
        lacking = self.learning.state.lacking.get(kind)
        shown = texts.details(kind, version or used, lacking, version=version is not None)
        self.query_one("#about", Static).update(shown)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._is_built:
            return True
        running, asked = self.learning.state.running, self.learning.state.asked
        if action in ("train", "train_all"):
            return not (running and asked)  # after a run that nobody asked for theirs begins
        if action == "stop":
            return running
        if action == "use":
            version = self.version
            return version is not None and not version.in_use
        if action == "forget":
            return bool(self.models.get(self.kind)) and not running
        return True

    # --- doing ----------------------------------------------------------------------------------

    def action_train(self) -> None:
        self.learning.start([self.kind])
        self.refresh_bindings()

    def action_train_all(self) -> None:
        self.learning.start()
        self.refresh_bindings()

    @on(WorkLine.Pressed)
    def action_stop(self) -> None:
        """Stop after the kind under way; a second time, at once."""
        if self.learning.state.running:
            self.learning.ask_to_stop()

    @on(OptionList.OptionSelected)
    def action_use(self) -> None:
        version = self.version
        if version is not None and not version.in_use:
            self.start(self._use(version), group="use")

    async def _use(self, model: LearnedModel) -> None:
        await self.host.db.run(learned.use, model.learned_id)
        self.host.tell(f"Version {model.version} of your {NAMES[model.kind]} is in use.")
        await self.load()

    def action_forget(self) -> None:
        self.start(self._forget(self.kind), group="forget")

    async def _forget(self, kind: LearnedKind) -> None:
        count = len(self.models.get(kind, ()))
        sure = await self.app.push_screen_wait(
            ConfirmScreen(
                f"Forget your {NAMES[kind]}?",
                f"All it learned goes ({counted(count, 'version')}). Your judgments stay, and it learns "
                "again from them when you judge more, or when you train it.",
                confirm="Forget",
                danger=True,
            )
        )
        if sure:
            await self.host.db.run(_remove, kind)
            await self.load()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#details").scroll_relative(y=lines, animate=False)

    def commands(self) -> Iterable[SystemCommand]:
        yield SystemCommand("Learning: train all", telling.TRAIN_ALL, self.action_train_all)


def _versions(store: Store) -> dict[LearnedKind, list[LearnedModel]]:
    found: dict[LearnedKind, list[LearnedModel]] = {kind: [] for kind in KINDS}
    for model in learned.list_all(store):
        found[model.kind].append(model)
    return found


def _remove(store: Store, kind: LearnedKind) -> None:
    learned.remove(store, kind)
    learned.set_mark(store, kind, learned.mark(store, kind))  # else it would learn again at once
