"""The first start: ways to begin, on one screen. Who imported by a verb before is offered the next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from store.errors import StoreError
from widgets.safe import counted

if TYPE_CHECKING:
    from persona_tui.screens.base import HostApp
    from store.db import Store

Way = tuple[str, str, str]
"""The name that is dismissed with, a title, a note."""
CHAT: Way = ("chat", "Chat now", "A small model is on this machine already. Nothing to set up.")
MODELS: Way = (
    "models", "Connect a stronger model", "On this machine, to download, or with an API key.",
)  # fmt: skip
CHOICES: tuple[Way, ...] = (
    CHAT,
    ("import", "Import my history", "Years of ChatGPT or Claude, other exports, llm logs."),
    MODELS,
)
"""Where there is nothing yet."""
MORE: tuple[Way, ...] = (
    CHAT,
    ("import", "Import more", "ChatGPT, Claude, other exports, llm logs."),
    MODELS,
)
"""After the next step, where there are conversations."""

INTRO = (
    "Find out what a chatbot infers about you,\n"
    "say where it is wrong, and keep all of it to yourself."
)
PROMISE = (
    "Everything stays in one file on this machine. No account, and no connection that you "
    "did not choose. F1 explains any screen, Ctrl+Q leaves."
)


def next_step(waiting: int, inferred: int) -> Way:
    """What follows where there are conversations: ``waiting`` of ``inferred`` attributes are not judged."""
    if waiting:
        note = f"{counted(waiting, 'attribute')} to judge on the Review screen, one key each."
        return "review", "Judge what was inferred about me", note
    if inferred:
        return "report", "See what my judgments come to", "The Report screen."
    note = "On the Review screen: g begins, and it can be stopped at any moment."
    return "review", "Find out what they say about me", note


class WelcomeScreen(ModalScreen[str | None]):
    """Dismisses with a mode's name or ``import``; None if closed."""

    HELP = """
Choose how to begin, with the arrows and **Enter** or with a digit. Every way stays open to you later:
press **Ctrl+P** and type *welcome*, *review*, *import* or *models*.
"""
    DEFAULT_CSS = """
    WelcomeScreen { align: center middle; background: $background; }
    WelcomeScreen > Vertical {
        width: 74;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        padding: 1 2;
    }
    WelcomeScreen .name { text-style: bold; color: $primary; }
    WelcomeScreen .intro { margin: 1 0; }
    WelcomeScreen OptionList {
        height: auto;
        border: round $primary 60%;
        background: $background;
        padding: 0 1;
    }
    WelcomeScreen .promise { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close", id="welcome.close"),
        Binding("f1", "app.show_help", "Help", id="welcome.help"),
        *(
            Binding(str(n), f"choose({n - 1})", f"Way {n}", show=False, id=f"welcome.{n}")
            for n in range(1, 5)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.ways: Sequence[Way] = ()
        """Empty until it is known what there is."""

    @property
    def _host(self) -> HostApp:
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("persona-tui", classes="name")
            yield Static(INTRO, classes="intro")
            yield OptionList()
            yield Static(PROMISE, classes="promise")

    def on_mount(self) -> None:
        if self._host.paths.database.exists():
            self.query_one(OptionList).display = False
            self.run_worker(self._look(), exit_on_error=False)
        else:
            self._offer(CHOICES)

    async def _look(self) -> None:
        """Offer what fits what is there, once the store is open."""
        await self._host.ready.wait()
        try:
            conversations, waiting, inferred = await self._host.db.run(_there)
        except StoreError as error:
            self._host.tell_error(error)
            conversations = waiting = inferred = 0
        if not conversations:
            self._offer(CHOICES)
            return
        are = "is" if conversations == 1 else "are"
        here = f"{counted(conversations, 'conversation')} {are} here already."
        self.query_one(".intro", Static).update(f"{INTRO}\n{here}")
        self._offer([next_step(waiting, inferred), *MORE])

    def _offer(self, ways: Sequence[Way]) -> None:
        self.ways = ways
        choices = self.query_one(OptionList)
        options: list[Option | None] = []
        for number, (name, title, note) in enumerate(ways, 1):
            label = Content.assemble((f"{number}  {title}", "bold"), "\n   ", (note, "dim"))
            options += [Option(label, id=name), None]
        # Four are as high as the smallest screen only without lines between them.
        choices.set_options(options[:-1] if len(ways) < 4 else filter(None, options))
        choices.display = True
        choices.highlighted = 0
        choices.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_choose(self, number: int) -> None:
        if number < len(self.ways):
            self.dismiss(self.ways[number][0])

    def action_close(self) -> None:
        self.dismiss(None)


def _there(store: Store) -> tuple[int, int, int]:
    """How many conversations; attributes not judged; attributes."""
    from store import attributes, conversations

    found = attributes.counts(store)
    return conversations.count(store), found["unjudged"], found["all"]
