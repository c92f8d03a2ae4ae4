"""Step 4: the consent, each statement ticked by the person, the signature, and taking it back."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from persona_tui.donation import consent
from persona_tui.jobs.donation import desk as donation_desk
from persona_tui.jobs.donation.desk import Desk
from persona_tui.screens import donate_text as texts
from persona_tui.screens.donate_base import DonatePane
from store.db import utc_now
from store.donations import Donation, Level
from widgets.tick import Tick


class SignPane(DonatePane):
    """See the module."""

    STEP = "Sign"
    DEFAULT_CSS = """
    SignPane > VerticalScroll {
        height: 1fr; border: round $primary 60%; padding: 0 1; scrollbar-size-vertical: 1;
        max-width: 110;
        &:focus { border: round $primary; }
    }
    SignPane > .licence { height: 1; padding: 0 1; max-width: 110; }
    SignPane > #statements { height: auto; padding: 0 1; max-width: 110; }
    SignPane > .buttons { height: 1; padding: 0 1; margin-top: 1; }
    SignPane > .buttons > .why { width: 1fr; color: $text-muted; padding-left: 2; }
    SignPane > .signed { height: auto; padding: 1; max-width: 80; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sign", "Sign", tooltip="Sign the bytes of step 3", id="donate_sign.sign"),
        Binding("c", "cancel", "Cancel", tooltip="Take the signature back", id="donate_sign.cancel"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="sign")
        self._for: tuple[str | None, Level, str] | None = None
        """Manifest, level and licence that the statements stand for."""

    def compose(self) -> ComposeResult:
        with VerticalScroll() as frame:
            frame.border_title = f"Consent, version {consent.CONSENT_VERSION}: read it (↑ ↓)"
            yield Static(texts.flowing(consent.text_of()), markup=False)
        yield Static(classes="licence muted", markup=False)
        yield Vertical(id="statements")
        yield Static(classes="signed", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("Sign", id="sign-now", variant="primary", compact=True)
            yield Button("Take the signature back", id="cancel-now", compact=True)
            yield Static(classes="why", markup=False)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self.paint()

    def _tick(self) -> None:
        if self.shown and self._draft is not None and self._draft.status == "signed":
            self.paint()

    @property
    def _draft(self) -> Donation | None:
        return self.giving.desk.draft if self.giving.desk is not None else None

    @property
    def level(self) -> Level:
        """That of the whole donation."""
        return self.giving.desk.level if self.giving.desk is not None else "labels"

    @property
    def ticked(self) -> tuple[str, ...]:
        """The statements that are agreed to now."""
        return tuple(tick.words for tick in self.query(Tick) if tick.value)

    # --- showing --------------------------------------------------------------------------------

    def show_desk(self, desk: Desk) -> None:
        if self.shown:
            self.giving.start(self._statements(), group="donate-statements")

    def entered(self) -> None:
        self.giving.start(self._statements(focus=True), group="donate-statements")

    async def _statements(self, *, focus: bool = False) -> None:
        """The statements for what is prepared now: none is ticked, whenever that is other bytes."""
        draft = self._draft
        wanted = (
            draft.manifest_sha256 if draft else None,
            self.level,
            draft.license if draft else "",
        )
        if wanted != self._for:
            self._for = wanted
            place = self.query_one("#statements")
            async with self.batch():
                await place.remove_children()
                await place.mount_all(map(Tick, consent.statements(self.level)))
        self.paint()
        if focus:
            scroll = self.query_one(VerticalScroll)
            (scroll if scroll.display else self).focus()

    def paint(self) -> None:
        """Show the consent, or where the signature is."""
        draft = self._draft
        signed = draft is not None and draft.status == "signed"
        prepared = draft is not None and draft.manifest_sha256 is not None
        for part in ("VerticalScroll", "#statements", ".licence"):
            self.query_one(part).display = prepared and not signed
        told = self.query_one(".signed", Static)
        told.display = not prepared or signed
        if draft is not None and signed:
            told.update(texts.cooling(draft, utc_now()))
        else:
            told.update("Nothing is prepared to be signed: look at the preview (step 3) first.")
        if draft is not None:
            self.query_one(".licence", Static).update(
                f"Licence: {texts.license_name(draft.license)}"
            )
        missing = len(self.query(Tick)) - len(self.ticked)
        sign, cancel = self.query_one("#sign-now", Button), self.query_one("#cancel-now", Button)
        sign.display, cancel.display = prepared and not signed, signed
        sign.disabled = bool(missing)
        why = ""
        if prepared and not signed:
            why = (
                f"{missing} not ticked yet (Tab, space)"
                if missing
                else "s signs; nothing leaves yet"
            )
        self.query_one(".why", Static).update(why)
        self.refresh_bindings()

    def state(self) -> str:
        draft = self._draft
        return "✓" if draft is not None and draft.status == "signed" else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        draft = self._draft
        signed = draft is not None and draft.status == "signed"
        if action == "sign":
            ticks = self.query(Tick)
            there = draft is not None and draft.manifest_sha256 is not None and bool(ticks)
            return there and not signed and len(self.ticked) == len(ticks)
        if action == "cancel":
            return signed
        return True

    # --- signing --------------------------------------------------------------------------------

    @on(Tick.Changed)
    def _changed(self, event: Tick.Changed) -> None:
        event.stop()
        self.paint()

    @on(Button.Pressed, "#sign-now")
    def action_sign(self) -> None:
        if self.check_action("sign", ()):
            self.giving.start(self._sign(self.ticked), group="donate-sign")

    async def _sign(self, ticked: tuple[str, ...]) -> None:
        config = self.giving.config
        done = await self.giving.run_on_draft(
            partial(donation_desk.sign, ticked=ticked, config=config)
        )
        if done is not None:
            self.host.tell("Signed. Nothing has left this machine.")
            self.focus()
        self.giving.show_desk()

    @on(Button.Pressed, "#cancel-now")
    def action_cancel(self) -> None:
        self.giving.start(self._cancel(), group="donate-sign")

    async def _cancel(self) -> None:
        if await self.giving.run_on_draft(donation_desk.cancel) is not None:
            self.host.tell("Taken back. Nothing was given; what you chose is still in the draft.")
        await self.giving.reread()
