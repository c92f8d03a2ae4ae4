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
    LearningScreen .title, LearningScreen #heading { height: 1; padding: 0 2; color: $text-muted; }
    LearningScreen #body { layout: vertical; height: 1fr; }
    LearningScreen OptionList {
        height: auto; margin: 0 1; padding: 0; border: none;
        background: $background; scrollbar-size-vertical: 1; overflow-x: hidden;
    }
    LearningScreen #versions { max-height: 4; }
    LearningScreen #versions > .option-list--option-highlighted {
        background: $background; text-style: none;
    }
    LearningScreen #versions:focus > .option-list--option-highlighted {
        background: $block-cursor-background; color: $block-cursor-foreground;
        text-style: $block-cursor-text-style;
    }
    LearningScreen #details {
        height: 1fr; border-top: solid $foreground 20%; padding: 0 2; background: $background;
        scrollbar-size-vertical: 1;
    }
    LearningScreen.-wide .title { margin-top: 1; }
    LearningScreen.-wide OptionList { margin: 1; }
    LearningScreen.-wide #versions { max-height: 12; margin-top: 0; }
    LearningScreen.-wide #details { padding: 1 3; }
    LearningScreen #about { max-width: 100; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # Priority: the lists have this key too, and say nothing of it.
        Binding("enter", "versions", "Versions", tooltip="Go to the versions of the highlighted one",
                priority=True, id="learning.versions"),
        Binding("enter", "use", "Use", tooltip="Put this version in use",
                priority=True, id="learning.use"),
        Binding("t", "train", "Train", tooltip="Train the highlighted one now", id="learning.train"),
        Binding("a", "train_all", "All", tooltip="Train all three now", id="learning.all"),
        Binding("s", "stop", "Stop", tooltip="Stop learning", id="learning.stop"),
        Binding("delete", "forget", "Forget", tooltip="Forget this model", id="learning.forget"),
        Binding("escape", "kinds", "Back", tooltip="Back to the three models", id="learning.kinds"),
        Binding("escape", "app.go('report')", "Report", id="learning.back"),
        Binding("pagedown", "scroll(8)", "More", tooltip="Scroll what is said below",
                priority=True, id="learning.down"),
        Binding("pageup", "scroll(-8)", "Scroll", show=False, priority=True, id="learning.up"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[LearnedKind, list[LearnedModel]] = {}
        self._looked: set[LearnedKind] = set()
        """Of which it was tried to find out what is missing."""
        self._shown: list[tuple[str, bool]] = []
        """The versions that are listed and which is in use, and their width."""
        self._about: tuple[LearnedKind, str | None] | None = None
        """Of which kind, or which version of it, is told below."""

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
            yield OptionList(id="kinds", compact=True)
            yield Static(id="heading", markup=False)
            yield OptionList(id="versions", compact=True)
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
        """Write both lists anew and keep the highlights where they were."""
        if not self._is_built or not self.models:
            return
        view, state = self.query_one("#kinds", OptionList), self.learning.state
        width, place = _room(view), view.highlighted or 0
        lines = [
            texts.kind_line(
                kind, self.models.get(kind, []), state.lacking.get(kind), state.step, width
            )
            for kind in KINDS
        ]
        view.set_options(Option(line, id=kind) for kind, line in zip(KINDS, lines, strict=True))
        view.highlighted = place
        self._fill_versions()
        self._describe()

    def _fill_versions(self) -> None:
        view, models = self.query_one("#versions", OptionList), self.models.get(self.kind, [])
        width = _room(self.query_one("#kinds", OptionList)) - 1  # of that which is always there
        shown = [(one.learned_id, one.in_use) for one in models] + [(str(width), False)]
        if shown == self._shown:
            return  # else it would jump with each step of training
        before, self._shown = self._highlighted() if view.has_focus else None, shown
        if not models and view.has_focus:
            self.query_one("#kinds").focus()
        view.display = self.query_one("#heading").display = bool(models)
        self.query_one("#heading", Static).update(texts.versions_heading(self.kind, len(models)))
        view.set_options(
            Option(texts.version_line(one, width), id=one.learned_id) for one in models
        )
        if models:
            ids, in_use = [one.learned_id for one in models], [one.in_use for one in models]
            at = in_use.index(True) if any(in_use) else 0
            view.highlighted = ids.index(before) if before in ids else at
            self.call_after_refresh(view.scroll_to_highlight)  # it may not have had its place yet

    def _highlighted(self) -> str | None:
        view = self.query_one("#versions", OptionList)
        at = view.highlighted
        return None if at is None else view.get_option_at_index(at).id

    @property
    def kind(self) -> LearnedKind:
        """The highlighted kind."""
        return KINDS[self.query_one("#kinds", OptionList).highlighted or 0]

    @property
    def version(self) -> LearnedModel | None:
        """The highlighted version; ``None``: it is the kinds that are looked at."""
        if not self.query_one("#versions").has_focus:
            return None
        found = self._highlighted()
        return next((m for m in self.models.get(self.kind, ()) if m.learned_id == found), None)

    @on(OptionList.OptionHighlighted, "#kinds")
    def _other_kind(self) -> None:
        self._fill_versions()
        self._describe()

    def on_descendant_focus(self) -> None:
        self._describe()

    @on(OptionList.OptionHighlighted, "#versions")
    def _describe(self) -> None:
        if not self._is_built:
            return
        kind, version = self.kind, self.version
        used = next((one for one in self.models.get(kind, ()) if one.in_use), None)
        lacking = self.learning.state.lacking.get(kind)
        shown = texts.details(kind, version or used, lacking, version=version is not None)
        self.query_one("#about", Static).update(shown)
        about = kind, None if version is None else version.learned_id
        if about != self._about:
            self._about = about
            self.query_one("#details").scroll_home(animate=False)
        self.call_after_refresh(self.refresh_bindings)  # whether it scrolls shows when it is drawn

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if not self._is_built:
            return True
        running, asked = self.learning.state.running, self.learning.state.asked
        if action in ("train", "train_all"):
            return not (running and asked)  # after a run that nobody asked for theirs begins
        if action == "stop":
            return running
        version = self.version
        if action == "versions":
            return version is None and bool(self.models.get(self.kind))
        if action == "kinds":
            return version is not None
        if action == "app.go":
            return version is None
        if action == "use":
            return version is not None and not version.in_use
        if action == "scroll":
            return self.query_one("#details").max_scroll_y > 0
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

    @on(OptionList.OptionSelected, "#kinds")
    def action_versions(self) -> None:
        self.query_one("#versions").focus()

    def action_kinds(self) -> None:
        self.query_one("#kinds").focus()

    @on(OptionList.OptionSelected, "#versions")
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


def _room(view: OptionList) -> int:
    return max(40, view.scrollable_content_region.width - 1)


def _versions(store: Store) -> dict[LearnedKind, list[LearnedModel]]:
    found: dict[LearnedKind, list[LearnedModel]] = {kind: [] for kind in KINDS}
    for model in learned.list_all(store):
        found[model.kind].append(model)
    return found


def _remove(store: Store, kind: LearnedKind) -> None:
    learned.remove(store, kind)
    learned.set_mark(store, kind, learned.mark(store, kind))  # else it would learn again at once
