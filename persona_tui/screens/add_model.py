"""Forms for a model of one's own: a provider's, any endpoint's, a GGUF file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from models.catalogue import PROVIDERS, host_of, is_loopback
from models.errors import ModelError
from persona_tui.config import Settings
from persona_tui.errors import UserError
from persona_tui.jobs.models import new_entry
from widgets.safe import plain

FormKind = Literal["provider", "endpoint", "gguf"]

ADD: tuple[tuple[FormKind, str], ...] = (
    ("provider", "a provider: OpenAI, OpenRouter, Anthropic, Ollama, …"),
    ("endpoint", "any OpenAI-compatible address"),
    ("gguf", "a GGUF file on this machine"),
)
"""The forms, as the Models screen offers them."""
TITLES: dict[FormKind, str] = {
    "provider": "Add a provider's model",
    "endpoint": "Add an endpoint",
    "gguf": "Add a GGUF file",
}


@dataclass(frozen=True, slots=True)
class NewModel:
    """What the form was filled in with, checked."""

    name: str
    entry: dict[str, object]
    key: str | None = None
    """A key that was typed in: kept for this session by the caller, and nowhere else."""


class AddModelScreen(ModalScreen[NewModel | None]):
    """Fill in one of the three forms. What is wrong is said in the form, which stays open."""

    DEFAULT_CSS = """
    AddModelScreen { align: center middle; }
    AddModelScreen > Vertical {
        width: 76;
        max-width: 96%;
        height: auto;
        max-height: 96%;
        padding: 0 1;
        border: round $primary;
        border-title-color: $primary;
        background: $surface;
    }
    AddModelScreen VerticalScroll { height: auto; max-height: 16; }
    AddModelScreen .field { height: auto; }
    AddModelScreen .field Label { width: 16; padding: 0 1 0 0; }
    AddModelScreen .field Input, AddModelScreen .field Select { width: 1fr; }
    AddModelScreen .where { color: $text-muted; height: auto; margin-top: 1; }
    AddModelScreen .error { color: $text-error; height: auto; }
    AddModelScreen .buttons { height: auto; align-horizontal: right; }
    AddModelScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", id="add_model.cancel"),
    ]

    def __init__(self, kind: FormKind, settings: Settings, *, base_url: str = "") -> None:
        super().__init__()
        self.kind = kind
        self.settings = settings
        self.base_url = base_url

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = TITLES[self.kind]
            frame.border_subtitle = "Tab next · Esc cancels"
            with VerticalScroll(can_focus=False):
                if self.kind == "provider":
                    options = [(one.name, one.id) for one in PROVIDERS.values()]
                    with Horizontal(classes="field"):
                        yield Label("Provider")
                        yield Select(
                            options, value="openai", allow_blank=False, compact=True, id="provider"
                        )
                if self.kind == "endpoint":
                    yield from self._field(
                        "Address", "base_url", "http://…/v1", value=self.base_url
                    )
                if self.kind == "gguf":
                    yield from self._field("GGUF file", "gguf", "~/models/name.gguf")
                else:
                    yield from self._field("Model there", "model", "as the endpoint calls it")
                yield from self._field("Name here", "name", "short, such as gpt or office")
                if self.kind != "gguf":
                    if self.kind == "endpoint":
                        yield from self._field("Key's name", "key_name", "none, if it wants no key")
                    yield from self._field(
                        "Key", "key", "if it is not in the environment", password=True
                    )
                yield from self._field("Context", "context", "tokens, if you know", number=True)
                if self.kind != "gguf":
                    yield Static(
                        "A key typed here is kept until the program ends and written to no file; "
                        "k on the model's row can put one into the system's keyring.",
                        classes="where",
                        markup=False,
                    )
                yield Static("", id="where", classes="where", markup=False)
                yield Static("", classes="error", markup=False)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button("Add", id="add", variant="primary", compact=True)

    def _field(
        self,
        label: str,
        id_: str,
        placeholder: str,
        *,
        value: str = "",
        password: bool = False,
        number: bool = False,
    ) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label(label)
            yield Input(
                value,
                placeholder=placeholder,
                password=password,
                type="integer" if number else "text",
                compact=True,
                id=id_,
            )

    def on_mount(self) -> None:
        first = {"provider": "#model", "endpoint": "#base_url", "gguf": "#gguf"}[self.kind]
        self.query_one(first, Input).focus()
        self._say_where()

    def _text(self, id_: str) -> str:
        found = self.query(f"#{id_}").results(Input)
        return next((field.value.strip() for field in found), "")

    @property
    def _provider(self) -> str:
        return str(self.query_one("#provider", Select).value)

    @on(Input.Changed, "#base_url")
    @on(Select.Changed)
    def _say_where(self) -> None:
        url = self._text("base_url")
        if self.kind == "provider":
            url = PROVIDERS[self._provider].base_url
        where = ""
        if self.kind == "gguf" or (url and is_loopback(url)):
            where = "What you write to it stays on this machine."
        elif url:
            open_ = ", unencrypted" if url.startswith("http://") else ""
            where = f"! What you write to it leaves this machine{open_} and goes to {host_of(url)}."
        self.query_one("#where", Static).update(plain(where))

    @on(Input.Submitted)
    @on(Button.Pressed, "#add")
    def _add(self) -> None:
        key_name = self._text("key_name") or None
        if self.kind == "endpoint" and self._text("key") and not key_name:
            key_name = self._text("name") or None
        context = self._text("context")
        try:
            entry = new_entry(
                self.settings,
                self._text("name"),
                gguf=self._text("gguf") if self.kind == "gguf" else None,
                provider=self._provider if self.kind == "provider" else None,
                base_url=self._text("base_url") if self.kind == "endpoint" else None,
                model=self._text("model") or None,
                key=key_name,
                context_tokens=int(context) if context.isdigit() else None,
            )
        except (UserError, ModelError) as error:
            self.query_one(".error", Static).update(plain(str(error)))
            return
        self.dismiss(NewModel(self._text("name"), entry, self._text("key") or None))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(None)
