"""Every key that can be changed, and asking for another one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

EVERYWHERE = "everywhere"
_ORDER = (EVERYWHERE, "chat", "composer", "message", "find", "attribute", "review", "conversations")


@dataclass(frozen=True, slots=True)
class Remappable:
    """One binding: its id, where it works, what it does, its keys as written in the code."""

    id: str
    scope: str
    description: str
    keys: str

    def keys_now(self, keymap: Mapping[str, str]) -> str:
        """The keys in force."""
        return keymap.get(self.id, self.keys)


def collect(app: App[Any]) -> list[Remappable]:
    """Every binding with an id, of the app, its screens and its widgets.

    Imports all screens: done when the list is first shown, not when the app starts.
    """
    found: dict[str, Remappable] = {}
    for kind in type(app).__mro__:
        if not kind.__module__.startswith("textual"):
            _add(found, kind.__dict__.get("BINDINGS", ()), EVERYWHERE)
    for package in ("persona_tui.screens", "widgets"):
        for module in _modules(package):
            for _, kind in inspect.getmembers(module, inspect.isclass):
                if kind.__module__ == module.__name__:
                    _add(found, kind.__dict__.get("BINDINGS", ()), "")
    places = {name: place for place, name in enumerate(_ORDER)}
    return sorted(found.values(), key=lambda one: (places.get(one.scope, 99), one.scope))


def _modules(package: str) -> Iterable[Any]:
    path = importlib.import_module(package).__path__
    for info in pkgutil.iter_modules(path):
        yield importlib.import_module(f"{package}.{info.name}")


def _add(found: dict[str, Remappable], bindings: Iterable[Any], scope: str) -> None:
    grouped: dict[str, list[Binding]] = {}
    for binding in bindings:
        if isinstance(binding, Binding) and binding.id and binding.description:
            grouped.setdefault(binding.id, []).append(binding)
    for id_, same in grouped.items():
        keys = ",".join(binding.key for binding in same)
        place = scope or id_.split(".")[0]
        found.setdefault(id_, Remappable(id_, place, same[0].description, keys))


def conflict(
    all_: Iterable[Remappable], changed: Remappable, key: str, keymap: Mapping[str, str]
) -> Remappable | None:
    """The other binding that has ``key`` where ``changed`` works, if there is one."""
    for other in all_:
        if other.id == changed.id:
            continue
        meets = other.scope == changed.scope or EVERYWHERE in (other.scope, changed.scope)
        if meets and key in [one.strip() for one in other.keys_now(keymap).split(",")]:
            return other
    return None


class KeyCaptureScreen(ModalScreen[str | None]):
    """Wait for one key. Dismisses with its name, or None for Escape."""

    DEFAULT_CSS = """
    KeyCaptureScreen { align: center middle; }
    KeyCaptureScreen > Vertical {
        width: 60;
        max-width: 94%;
        height: auto;
        padding: 1 2;
        border: round $primary;
        background: $surface;
    }
    """
    BINDINGS: ClassVar[list[Any]] = []

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(
                f"Press the key for “{self.what}”. Esc leaves it as it is; Ctrl+Q and Ctrl+P work "
                "everywhere and cannot be chosen.",
                markup=False,
            )

    async def on_event(self, event: events.Event) -> None:
        # Before the bindings of the screen (those with priority, of the app, come even earlier).
        if isinstance(event, events.Key):
            event.stop()
            event.prevent_default()
            self.dismiss(None if event.key == "escape" else event.key)
            return
        await super().on_event(event)
