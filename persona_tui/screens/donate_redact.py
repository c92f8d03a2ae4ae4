"""Step 2: every text that would be given, what is blacked out of it, and the person's last word."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from persona_tui.jobs.donation.desk import Desk
from persona_tui.jobs.donation.material import Choice
from persona_tui.jobs.donation.redacting import ONLY
from persona_tui.screens import donate_marks as marks
from persona_tui.screens import donate_text as texts
from persona_tui.screens.donate_redact_deciding import RedactDeciding
from widgets.marked_text import MarkedText
from widgets.verdict_bar import VerdictBar

SHOW_SECONDS = 0.2
"""Between two looks at how far the thread is."""
SELECTING = frozenset({"widen", "accept", "leave"})
NEEDS_TEXT = frozenset({"go", "step", "copy", "only"})
CHANGES = frozenset(
    {"keep", "select", "type", "word", "labels", "drop", "reset", "undo", "widen", "accept"}
)


class RedactPane(RedactDeciding):
    """See the module."""

    STEP = "Redact"
    DEFAULT_CSS = """
    RedactPane > .top { height: 1; padding: 0 1; }
    RedactPane > .top > .heading { width: 1fr; text-style: bold; }
    RedactPane > .top > .work { width: auto; color: $text-muted; }
    RedactPane > MarkedText { margin: 1 0; padding: 0 1; max-width: 112; }
    RedactPane > .nothing { height: 1fr; padding: 1; }
    RedactPane > VerdictBar { padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "go(1)", "Next", tooltip="The next text; a word on", id="donate_redact.next"),
        Binding("left", "go(-1)", "Text before; a word back", show=False, id="donate_redact.before"),
        Binding("down,tab", "step(1)", "Next stretch; a line down", show=False, id="donate_redact.down"),
        Binding("up,shift+tab", "step(-1)", "Stretch before; a line up", show=False, id="donate_redact.up"),
        Binding("k", "keep", "Keep", tooltip="Leave it standing, or black it out again", id="donate_redact.keep"),
        Binding("b", "select", "Black out", tooltip="Select words to black out", id="donate_redact.select"),
        Binding("shift+right", "widen(1)", "Take a word in", show=False, id="donate_redact.wider"),
        Binding("shift+left", "widen(-1)", "Take a word out", show=False, id="donate_redact.narrower"),
        Binding("enter", "accept", "Black out what is selected", show=False, id="donate_redact.accept"),
        Binding("escape", "leave", "Leave the selection", show=False, id="donate_redact.leave"),
        Binding("t", "type", "Type the words to black out", show=False, id="donate_redact.type"),
        Binding("w", "word", "Black these words out everywhere", show=False, id="donate_redact.word"),
        Binding("l", "words", "The list of words never given", show=False, id="donate_redact.words"),
        Binding("d", "labels", "Give labels only of this item", show=False, id="donate_redact.labels"),
        Binding("x", "drop", "Take this item out", show=False, id="donate_redact.drop"),
        Binding("r", "reset", "Take back all you said of this text", show=False, id="donate_redact.reset"),
        Binding("z", "undo", "Undo", tooltip="Take back what was last done", id="donate_redact.undo"),
        Binding("f", "only", "Show", tooltip="Which texts to go through", id="donate_redact.only"),
        Binding("y", "copy", "Copy what would be given", show=False, id="donate_redact.copy"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.choices: dict[tuple[str, str], Choice] = {}
        self._painted: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal(classes="top"):
            yield Static(classes="heading", markup=False)
            yield Static(classes="work", markup=False)
        yield Static(classes="origin line muted", markup=False)
        yield MarkedText()
        yield Static(texts.NO_TEXTS, classes="nothing muted", markup=False)
        yield Static(classes="others line warn", markup=False)
        yield Static(classes="names line muted", markup=False)
        yield VerdictBar()

    def on_mount(self) -> None:
        self.set_interval(SHOW_SECONDS, self._show_work)
        self.paint()

    @property
    def view(self) -> MarkedText:
        """The text."""
        return self.query_one(MarkedText)

    def show_desk(self, desk: Desk) -> None:
        self.choices = {(one.kind, one.item_id): one for one in desk.choices}
        super().show_desk(desk)

    def entered(self) -> None:
        (self.view if self.view.display else self).focus()
        self.read_if_new()
        self.paint()

    def state(self) -> str:
        desk = self.giving.desk
        if self.session is None or desk is None or desk.draft is None:
            return ""
        count = len(self.session.redaction.texts)
        return f"{count:,}" if count else ""

    # --- showing --------------------------------------------------------------------------------

    def _show_work(self) -> None:
        if not self.shown:
            return
        text = ""
        if self.progress is not None:
            done, total = self.progress
            text = f"looking … {100 * done // total} %" if total else "looking …"
        elif self.session is not None:
            text = marks.count_line(self.session)
        work = self.query_one(".work", Static)
        if work.content != text:
            work.update(text)

    def _key(self, binding: str, key: str) -> str:
        """The key as shown: the person may have changed it."""
        chosen = self.host.settings.keymap.get(binding)
        if chosen is None:
            return key
        return self.app.get_key_display(Binding(chosen.partition(",")[0].strip(), ""))

    def paint(self) -> None:
        if not self.is_attached:  # the program ended while a thread worked
            return
        session = self.session
        one = session.current if session is not None else None
        self.view.display = one is not None
        nothing = self.query_one(".nothing", Static)
        nothing.display = one is None
        nothing.update("Looking at the texts …" if self.progress is not None else texts.NO_TEXTS)
        self.keep_keys(self.view)
        if session is None or one is None:
            for part in (".heading", ".origin", ".others", ".names"):
                self.query_one(part, Static).update("")
            self.query_one(VerdictBar).ask("", [], [])
            self.refresh_bindings()
            return
        room = max(20, self.size.width - 4)
        self.query_one(".heading", Static).update(marks.heading(session))
        self.query_one(".origin", Static).update(marks.origin(session, self.choices, room))
        self.query_one(".others", Static).update(texts.others_line(one.others, room))
        names = texts.names_line(
            uses_ner=session.redaction.uses_ner, wanted=self.giving.config.names
        )
        self.query_one(".names", Static).update(names)
        self.view.show(
            marks.parts(session),
            stop=session.stop if session.selection is None else None,
            selection=session.span(),
            home=self._painted != session.place,
        )
        if self._painted != session.place and session.place is not None:
            self._painted = session.place
            self.host.ui_state.values["donate.text"] = session.place
        self.query_one(VerdictBar).ask(marks.told(session), *marks.keys(session, self._key))
        self._show_work()
        self.refresh_bindings()

    def on_resize(self) -> None:
        self.paint()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        session, desk = self.session, self.giving.desk
        one = session.current if session is not None else None
        if action == "words":
            return desk is not None
        if session is None or one is None:
            return action not in SELECTING | NEEDS_TEXT | CHANGES or (
                action == "undo" and bool(self._undo)
            )
        if action in CHANGES and (desk is None or not desk.open):
            return False
        if action in SELECTING:
            return session.selection is not None
        if action == "keep":
            return session.at_stop is not None and session.selection is None
        if action == "word":
            return session.selection is not None or session.at_stop is not None
        return True

    # --- moving ---------------------------------------------------------------------------------

    def action_go(self, by: int) -> None:
        session = self.session
        if session is None:
            return
        if session.selection is not None:
            session.move(by)
        elif not session.go(by):
            self.host.tell("There is no other one." if by > 0 else "There is none before it.")
        self.paint()

    def action_step(self, by: int) -> None:
        session = self.session
        if session is None:
            return
        if session.selection is not None:
            self._line(by)
        elif not session.step(by):
            self.view.scroll_relative(y=by, animate=False)
            return
        self.paint()

    def _line(self, by: int) -> None:
        """Select the word that stands in the next line on the screen."""
        session = self.session
        span = session.span() if session is not None else None
        if session is None or span is None or session.current is None:
            return
        length = len(session.current.text.original)
        line, at = self.view.line_of(span[0]), span[0]
        while 0 <= at < length and self.view.line_of(at) == line:
            at += by
        session.select(max(0, min(at, length - 1)))

    def action_widen(self, by: int) -> None:
        if self.session is not None:
            self.session.move(by, widen=True)
            self.paint()

    def action_only(self) -> None:
        if self.session is not None:
            before = self.session.only
            if self.session.next_only() == before:
                self.host.tell(f"There are only {dict(ONLY)[before]}.")
            self.paint()

    def on_marked_text_pressed(self, event: MarkedText.Pressed) -> None:
        event.stop()
        session, desk = self.session, self.giving.desk
        if session is None:
            return
        if event.number is not None:
            session.stop, session.selection = event.number, None
        elif desk is not None and desk.open:
            session.select(event.offset)
        self.paint()
