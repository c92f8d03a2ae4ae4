"""Settings: everything in ``config.toml``, by keyboard or mouse, saved as it is changed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import TabbedContent, TabPane

from persona_tui import config
from persona_tui.config_file import SettingDoc, documented, get_value, set_value
from persona_tui.errors import UserError
from persona_tui.jobs.backends import ready
from persona_tui.screens.base import PersonaScreen
from persona_tui.screens.setting_row import SettingRow
from persona_tui.screens.settings_lists import (
    ApiKeyList,
    FileList,
    KeyboardList,
    SettingsList,
    ThemeList,
)

LANGUAGES: tuple[tuple[str, str], ...] = (
    ("that of the chat", ""),
    ("English", "en"),
    ("Deutsch", "de"),
    ("Español", "es"),
    ("Français", "fr"),
    ("Italiano", "it"),
    ("Português", "pt"),
    ("Nederlands", "nl"),
    ("Polski", "pl"),
    ("Türkçe", "tr"),
    ("Русский", "ru"),
    ("العربية", "ar"),
    ("हिन्दी", "hi"),
    ("中文", "zh"),
    ("日本語", "ja"),
    ("한국어", "ko"),
)

TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("chat", "Chat", ("chat.",)),
    ("extraction", "Extraction", ("extraction.", "language")),
    ("judging", "Judging", ("judging.", "compare.")),
    ("learning", "Learning", ("learning.",)),
    ("giving", "Giving", ("donation.",)),
    ("machine", "Machine", ("local.", "remote.", "downloads.")),
)
STRATEGIES: tuple[tuple[str, str], ...] = (
    ("auto: as the model can", "auto"),
    ("grounded: sentence by sentence, for small models", "grounded"),
    ("holistic: the whole conversation, for capable models", "holistic"),
)
SCALES: tuple[tuple[str, str], ...] = (
    ("yes or no", "yes_no"),
    ("five levels that fold to yes and no", "five"),
)
ARMS: tuple[tuple[str, str], ...] = (
    ("what you called relevant", "relevant"),
    ("all you accepted, but not: only when I ask", "all"),
    ("what the model calls relevant", "model"),
    ("what your personal model calls relevant", "personal"),
    ("nothing: two models are compared", "models"),
)
NO_MODEL = {
    "judging.model": "that of extraction",
    "compare.model": "that of the chat",
    "compare.other_model": "none",
}
"""What stands for it where a model may be left out."""
LICENSES: tuple[tuple[str, str], ...] = (
    ("CC BY 4.0: reuse with attribution to the dataset", "CC-BY-4.0"),
    ("CC0 1.0: no rights reserved", "CC0-1.0"),
)
CHOICES = {
    "donation.license": LICENSES,
    "extraction.strategy": STRATEGIES,
    "judging.scale": SCALES,
    "compare.arm": ARMS,
}
OPTIONAL = {"language", *NO_MODEL}
LABELS = {
    "repeat_after_days": "Ask again after days",
    "repeat_share": "Share asked again",
    "catch_share": "Share of planted items",
    "scale": "Relevance scale",
    "other_model": "Second model",
    "arm": "Personalized with",
    "ahead": "Pairs ahead",
    "n_ctx": "Context",
    "n_threads": "Threads",
    "n_gpu_layers": "GPU layers",
    "top_p": "Top p",
    "live": "While chatting",
    "timeout": "Endpoint time-out",
    "max_concurrency": "Endpoint requests",
    "max_retries": "Endpoint retries",
    "key": "Hub key",
    "endpoint": "Hub address",
    "license": "Licence",
    "cooling_off_hours": "Cooling-off hours",
    "names": "Name recognition",
    "repository": "Dataset repository",
}


def told_default(default: object) -> str:
    """``It comes as 0.7.``"""
    shown = f"{default:g}" if isinstance(default, float) else default
    if isinstance(default, bool):
        shown = "on" if default else "off"
    return f"It comes as {shown}."


class SettingsScreen(PersonaScreen):
    """Tabs of settings. A change is checked, written and in force at once."""

    MODE = "settings"
    NAME = "Settings"
    HELP = """\
Every change is checked, saved and in force at once; what is wrong is said below the setting and not
saved. Tab and Shift+Tab move between settings, the arrow keys between tabs when a tab has the focus.

- **Chat**, **Extraction**: the model of each task and how it is used.
- **Judging**: what is asked again and when, planted items, how pairs of answers are made.
- **Learning**: the small models that learn from your judgments, and what they are used for.
- **Theme**: moving through the list tries a theme on; Enter keeps it.
- **Keyboard**: Enter on an action, then press its new key; conflicts are told.
- **API keys**: where each key comes from. A key itself is never shown and never in the file.
- **Machine**: memory, threads, time-outs, where downloads come from.
- **Giving**: what the Donate screen (F10) begins with; nothing is given by a setting.
- **Files**: where everything lies.

All of it is in one TOML file that you can also edit by hand, or with `persona-tui config`.
"""
    DEFAULT_CSS = """
    SettingsScreen TabbedContent { height: 1fr; }
    SettingsScreen Tabs { padding: 0 1; }
    SettingsScreen TabPane { padding: 1 1 0 2; height: 1fr; }
    SettingsScreen ContentSwitcher { height: 1fr; }
    SettingsScreen VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; padding: 0 1 0 0; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: object = None
        """What the rows were made from."""

    def compose_body(self) -> ComposeResult:
        with TabbedContent(id="tabs"):
            for id_, title, _ in TABS:
                with TabPane(title, id=id_):
                    yield VerticalScroll(can_focus=False)
            with TabPane("Theme", id="theme"):
                yield ThemeList()
            with TabPane("Keyboard", id="keyboard"):
                yield KeyboardList()
            with TabPane("API keys", id="api_keys"):
                yield ApiKeyList()
            with TabPane("Files", id="files"):
                yield FileList()

    async def load(self) -> None:
        # What was changed elsewhere (a model added, a file edited) shows when we come back.
        docs = await asyncio.to_thread(documented)
        models = await asyncio.to_thread(ready, self.host.settings, self.host.paths)
        names = [(f"{spec.ref}  ({spec.where})", spec.ref) for spec in models]
        shown = (self.host.settings, names)
        if shown == self._shown:  # back from a dialog: leave focus and half-typed text alone
            return
        self._shown = shown
        for id_, _, prefixes in TABS:
            rows = [row for doc in docs for row in self._rows(doc, prefixes, names)]
            place = self.query_one(f"#{id_} VerticalScroll", VerticalScroll)
            async with self.batch():
                await place.remove_children()
                await place.mount_all(rows)
        self._show_list()

    def _rows(
        self, doc: SettingDoc, prefixes: Iterable[str], models: list[tuple[str, str]]
    ) -> Iterable[SettingRow]:
        if not doc.key.startswith(tuple(prefixes)) or doc.key.startswith("models."):
            return
        leaf = doc.key.rsplit(".", 1)[-1]
        label = LABELS.get(leaf, leaf.replace("_", " ").capitalize())
        if doc.key == "judging.model":
            label = "Model beside you"
        elif doc.key.startswith("compare.") and leaf in ("model", "temperature", "max_tokens"):
            label = f"Compare: {label.lower()}"
        value = get_value(self.host.settings, doc.key)
        choices = models if doc.key in ("chat.model", "extraction.model") else None
        if doc.key == "language":
            choices, value = list(LANGUAGES), value or ""
        if doc.key in NO_MODEL:
            choices, value = [(NO_MODEL[doc.key], ""), *models], value or ""
        if doc.key in CHOICES:
            choices = list(CHOICES[doc.key])
        told = doc.doc.replace("`", "")
        if choices is None and doc.default is not None:
            told += f" {told_default(doc.default)}"
        name = config.ENV_PREFIX + doc.key.upper().replace(".", "__")
        locked = name if name in os.environ else None
        lines = doc.key == "chat.system_prompt"
        yield SettingRow(
            doc.key, label, told, value, choices=choices, locked_by=locked, lines=lines
        )

    @on(SettingRow.Changed)
    def _changed(self, event: SettingRow.Changed) -> None:
        value = event.value
        if event.row.key in OPTIONAL and value == "":
            value = None
        self.start(self._save(event.row, event.value, value), group=f"save:{event.row.key}")

    async def _save(self, row: SettingRow, shown: Any, value: Any) -> None:
        try:
            await asyncio.to_thread(set_value, self.host.paths, row.key, value)
        except UserError as error:
            sentence = str(error).split(": ", 1)[-1]  # without the file's name
            row.say(sentence.replace(f"`{row.key}`", f"“{row.label}”"))
            return
        row.value = shown
        row.say(None)
        await self.host.reload_settings()
        if isinstance(self._shown, tuple):
            self._shown = (self.host.settings, self._shown[1])

    @on(TabbedContent.TabActivated)
    def _show_list(self) -> None:
        """Fill the list of the tab that is shown."""
        pane = self.query_one(TabbedContent).active_pane
        if pane is None:
            return
        for list_ in pane.query(SettingsList):
            if isinstance(list_, ThemeList | KeyboardList | ApiKeyList | FileList):
                list_.show()

    def on_screen_suspend(self) -> None:
        self.query_one(ThemeList).put_back()
        for row in self.query(SettingRow):  # another mode leaves the focus where it is
            row.take_over()

    async def before_quit(self) -> None:
        for row in self.query(SettingRow):
            with suppress(UserError):  # what is wrong was told at the field
                value = row.typed()
                if row.locked_by is None and value != row.value:
                    await asyncio.to_thread(set_value, self.host.paths, row.key, value)
