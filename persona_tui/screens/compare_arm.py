"""Choosing what is compared, and the second model where two are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from models.catalogue import host_of
from persona_tui.jobs.backends import ready
from store.audit import Arm
from widgets.safe import plain

if TYPE_CHECKING:
    from models.catalogue import ModelSpec
    from persona_tui.screens.base import HostApp

OFFERED: tuple[Arm, ...] = ("relevant", "all", "model", "personal", "models")
WORDS: dict[Arm, str] = {
    "relevant": "a generic answer with one that knows what you called relevant",
    "all": "… with one that knows all you accepted (except: only when I ask)",
    "model": "… with one that knows what the model itself finds relevant",
    "personal": "… with one that knows what your personal model finds relevant",
    "models": "two models, both without a word about you",
}
Chosen = tuple[Arm, str | None]
"""The arm and, where two models are compared, the name of the second one."""


class ArmScreen(ModalScreen[Chosen | None]):
    """Dismisses with what was chosen, or ``None``."""

    DEFAULT_CSS = """
    ArmScreen { align: center middle; }
    ArmScreen > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 1 2;
        border: round $primary; background: $surface;
    }
    ArmScreen .title, ArmScreen .second { text-style: bold; margin-bottom: 1; }
    ArmScreen .second { margin-top: 1; height: auto; }
    ArmScreen OptionList {
        height: auto; max-height: 7; padding: 0; border: none; background: transparent;
        scrollbar-size-vertical: 1;
        &:focus { border: none; }
    }
    ArmScreen .hint { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Leave it", id="arm.cancel"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.others: list[ModelSpec] = []

    @property
    def _host(self) -> HostApp:
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("What is compared?", classes="title", markup=False)
            yield OptionList(id="arms", compact=True)
            yield Static(classes="second", markup=False)
            yield OptionList(id="others", compact=True)
            yield Static("Enter chooses · Esc leaves it", classes="hint", markup=False)

    def on_mount(self) -> None:
        compare = self._host.settings.compare
        arms = self.query_one("#arms", OptionList)
        for arm in OFFERED:
            # Content, not str: a name is not to be read as markup.
            arms.add_option(Option(Content(f"{_tick(arm == compare.arm)}{WORDS[arm]}"), id=arm))
        arms.highlighted = OFFERED.index(compare.arm) if compare.arm in OFFERED else 0
        first = self._host.backends.task_ref("compare")
        self.others = [
            one for one in ready(self._host.settings, self._host.paths) if one.ref != first
        ]
        others = self.query_one("#others", OptionList)
        for spec in self.others:
            where = host_of(spec.base_url) if spec.base_url else "this machine"
            words = f"{_tick(spec.ref == compare.other_model)}{spec.name} · {where}"
            others.add_option(Option(Content(plain(words, one_line=True))))
        refs = [spec.ref for spec in self.others]
        if self.others:
            others.highlighted = (
                refs.index(compare.other_model) if compare.other_model in refs else 0
            )
        arms.focus()

    @on(OptionList.OptionHighlighted, "#arms")
    def _looked_at(self, event: OptionList.OptionHighlighted) -> None:
        two = event.option.id == "models"
        second = self.query_one(".second", Static)
        second.display = two
        self.query_one("#others").display = two and bool(self.others)
        first = plain(self._host.backends.task_ref("compare"), one_line=True)
        second.update(
            f"Second model, beside {first}:"
            if self.others
            else f"There is no second model beside {first} yet: add or download one in Models (F8)."
        )

    @on(OptionList.OptionSelected, "#arms")
    def _arm(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        arm = OFFERED[event.option_index]
        if arm != "models":
            self.dismiss((arm, None))
        elif self.others:
            self.query_one("#others").focus()

    @on(OptionList.OptionSelected, "#others")
    def _other(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(("models", self.others[event.option_index].ref))

    def action_cancel(self) -> None:
        self.dismiss(None)


def _tick(chosen: bool) -> str:
    return "✓ " if chosen else "  "


async def keep(host: HostApp, chosen: Chosen) -> None:
    """Write what was chosen into the settings, and use it.

    Raises:
        ConfigError: the settings cannot be written.
    """
    import asyncio

    from persona_tui.config_file import set_values

    arm, other = chosen
    changes: dict[str, object] = {"compare.arm": arm}
    if other is not None:
        changes["compare.other_model"] = other
    await asyncio.to_thread(set_values, host.paths, changes)
    await host.reload_settings()
