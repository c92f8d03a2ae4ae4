"""Step 5: giving what was signed, and the ledger of everything that was given."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from persona_tui.jobs.donation import giving as donation_giving
from persona_tui.jobs.donation.desk import Desk
from persona_tui.screens import donate_text as texts
from persona_tui.screens.donate_base import DonatePane
from store import donations
from store.db import utc_now
from store.donations import Donation
from widgets.line_list import LineList


class GivePane(DonatePane):
    """See the module. The keys are about the donation under the cursor."""

    STEP = "Give"
    DEFAULT_CSS = """
    GivePane > .heading { height: 1; padding: 0 1; text-style: bold; }
    GivePane > LineList { margin-top: 1; height: 1fr; }
    GivePane > .details {
        height: auto; max-height: 9; padding: 0 1; border: round $primary 60%; max-width: 110;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "file", "File", tooltip="Write a file to hand over", id="donate_give.file"),
        Binding("p", "publish", "Publish", tooltip="As a pull request", id="donate_give.publish"),
        Binding("w", "withdraw", "Withdraw", tooltip="Write the request", id="donate_give.withdraw"),
        Binding("delete", "delete", "Throw away", tooltip="Throw the draft away", id="donate_give.delete"),
        Binding("y", "copy", "Copy where", show=False, id="donate_give.copy"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__(id="give")
        self.rows: tuple[Donation, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static("Your donations", classes="heading", markup=False)
        yield LineList()
        yield Static(classes="details", markup=False)

    def on_mount(self) -> None:
        self.set_interval(1.0, self._tick)
        self.paint()

    def _tick(self) -> None:
        if self.shown and any(one.status == "signed" for one in self.rows):
            self.paint()

    @property
    def view(self) -> LineList:
        """The ledger."""
        return self.query_one(LineList)

    @property
    def current(self) -> Donation | None:
        """The donation under the cursor."""
        at = self.view.cursor
        return self.rows[at] if 0 <= at < len(self.rows) else None

    def show_desk(self, desk: Desk) -> None:
        before = self.current
        self.rows = desk.ledger
        keys = [one.donation_id for one in self.rows]
        at = keys.index(before.donation_id) if before and before.donation_id in keys else 0
        self.view.fill(len(self.rows), self._line, cursor=at)
        self.paint()

    def _line(self, number: int, width: int) -> Content:
        return texts.ledger_line(self.rows[number], utc_now(), width)

    def paint(self) -> None:
        """Show what is known of the donation under the cursor."""
        self.query_one(".details", Static).update(texts.details(self.current, utc_now()))
        self.view.refresh()
        self.refresh_bindings()

    def entered(self) -> None:
        self.view.focus()
        if self.giving.desk is not None:
            self.show_desk(self.giving.desk)

    def state(self) -> str:
        count = sum(one.status in ("given", "withdrawn") for one in self.rows)
        return f"{count}" if count else ""

    def on_line_list_moved(self, event: LineList.Moved) -> None:
        event.stop()
        self.paint()

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        one = self.current
        if one is None:
            return action not in ("file", "publish", "withdraw", "delete", "copy")
        if action in ("file", "publish"):
            cooled = one.release_at is None or utc_now() >= one.release_at
            return one.status == "given" or (one.status == "signed" and cooled)
        if action == "withdraw":
            return one.status in ("given", "withdrawn")
        if action == "delete":
            return one.status in ("draft", "signed")
        if action == "copy":
            return one.destination is not None
        return True

    # --- giving ---------------------------------------------------------------------------------

    def action_file(self) -> None:
        if self.current is not None:
            self.giving.start(self._file(self.current), group="donate-give")

    async def _file(self, one: Donation) -> None:
        from persona_tui.screens.confirm import PromptScreen

        own = self.host.paths.donations
        default = donation_giving.place_of(own, one)
        typed = await self.app.push_screen_wait(
            PromptScreen("Write it as one zip file, readable by you only. Where?", str(default))
        )
        if typed is None:
            return
        target = donation_giving.target_of(typed, one)
        written = await self.giving.leave(
            donation_giving.write_file(self.host.db, one.donation_id, target, own)
        )
        self.host.tell(f"Written to {written}: hand it over to whom you chose.")

    def action_publish(self) -> None:
        if self.current is not None:
            self.giving.start(self._publish(self.current), group="donate-give")

    async def _publish(self, one: Donation) -> None:
        from persona_tui.screens.donate_publish import PublishScreen

        files = await self.host.db.run(donations.files, one.donation_id)
        await self.app.push_screen_wait(PublishScreen(self.giving, one, files))
        await self.giving.reread()

    def action_withdraw(self) -> None:
        if self.current is not None:
            self.giving.start(self._withdraw(self.current), group="donate-give")

    async def _withdraw(self, one: Donation) -> None:
        from persona_tui.screens.confirm import ConfirmScreen

        if one.status == "given":
            sure = await self.app.push_screen_wait(
                ConfirmScreen(
                    "Withdraw this donation?",
                    f"It was {texts.state(one, utc_now())} ({one.destination}).\n\nA request is "
                    "written that those who hold it can verify: send it to them. Who honours it "
                    "deletes the donation; copies that others made cannot be recalled.",
                    confirm="Withdraw it",
                    cancel="Leave it",
                    danger=True,
                )
            )
            if not sure:
                return
        _, path = await self.giving.leave(
            donation_giving.write_request(self.host.db, one.donation_id, self.host.paths.donations)
        )
        self.host.tell(f"The request is written to {path}: send it to those who hold the donation.")

    def action_delete(self) -> None:
        if self.current is not None:
            self.giving.start(self._delete(self.current), group="donate-give")

    async def _delete(self, one: Donation) -> None:
        from persona_tui.screens.confirm import ConfirmScreen

        sure = await self.app.push_screen_wait(
            ConfirmScreen(
                "Throw this draft away?",
                "What you chose and what you blacked out by hand go. Nothing was given, and your "
                "judgments stay.",
                confirm="Throw it away",
                cancel="Keep it",
                danger=True,
            )
        )
        if sure:
            await self.giving.leave(self.host.db.run(donations.delete, one.donation_id))
            self.host.tell("The draft is thrown away. Nothing was given.")

    def action_copy(self) -> None:
        if self.current is not None and self.current.destination:
            self.app.copy_to_clipboard(self.current.destination)
            self.host.tell("Copied.")
