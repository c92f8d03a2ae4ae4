"""A window to publish a donation: what would be sent, whose name becomes public, then sending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from models.secrets import Secret
from persona_tui.errors import UserError
from persona_tui.jobs.donation import giving as donation_giving
from persona_tui.jobs.progress import size_text
from persona_tui.screens.base import is_expected
from persona_tui.screens.donate_base import GivingScreen
from store.donations import Donation
from widgets.safe import plain

if TYPE_CHECKING:
    from persona_tui.donation.publish import Account, Plan, Progress
    from persona_tui.screens.base import HostApp

Phase = Literal["repo", "key", "asking", "confirm", "sending", "done"]
STAGES = {
    "start": "starting",
    "account": "asking whose key it is",
    "looking": "looking at the repository",
    "requests": "looking at its pull requests",
    "sending": "sending the files",
    "opening": "opening the pull request",
    "checking": "checking what arrived",
}
GO_ON = {"repo": "Go on", "key": "Use this key", "confirm": "Open it for everybody"}
SHOW_SECONDS = 0.2


class PublishScreen(ModalScreen[None]):
    """See the module. It can be closed at any time but while something is sent: that is stopped first."""

    DEFAULT_CSS = """
    PublishScreen { align: center middle; }
    PublishScreen > Vertical {
        width: 90; max-width: 98%; height: 22; max-height: 98%; padding: 0 2;
        border: round $primary; border-title-color: $primary; background: $surface;
    }
    PublishScreen Input { margin: 0; }
    PublishScreen VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; margin-top: 1; }
    PublishScreen .told { height: auto; max-height: 5; margin-top: 1; }
    PublishScreen .told.-wrong { color: $text-error; }
    PublishScreen Horizontal { height: 3; align-horizontal: right; }
    PublishScreen Button { margin-left: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Stop, or close", id="donate_publish.leave"),
    ]

    def __init__(
        self, giving: GivingScreen, donation: Donation, files: Mapping[str, bytes]
    ) -> None:
        super().__init__()
        self.giving, self.donation, self.files = giving, donation, files
        self.phase: Phase = "repo"
        self.plan: Plan | None = None
        self.account: Account | None = None
        self.progress: Progress | None = None
        self._key: Secret | None = None
        self._stop = threading.Event()

    @property
    def host(self) -> HostApp:
        """The app, with its type."""
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = "Publish as a pull request"
            yield Input(self.giving.config.repository or "", placeholder="owner/name", id="repo")
            yield Input(password=True, placeholder="Hub key: not shown, not kept", id="key")
            with VerticalScroll(can_focus=False):
                yield Static(id="plan", markup=False)
            yield Static(classes="told", markup=False)
            with Horizontal():
                yield Button("Close", id="close")
                yield Button("Go on", id="go", variant="primary")

    def on_mount(self) -> None:
        self.query_one("#repo", Input).focus()
        self._planned()
        self.set_interval(SHOW_SECONDS, self._show_progress)

    # --- showing --------------------------------------------------------------------------------

    def to(self, phase: Phase, told: str = "", *, wrong: bool = False) -> None:
        """Go to a phase and say ``told``."""
        self.phase = phase
        self.query_one("#repo", Input).display = phase == "repo"
        self.query_one("#key", Input).display = phase == "key"
        go, close = self.query_one("#go", Button), self.query_one("#close", Button)
        go.display = phase in GO_ON
        go.label = GO_ON.get(phase, "")
        go.disabled = phase == "repo" and self.plan is None
        close.label = "Stop" if phase in ("asking", "sending") else "Close"
        self.say(told, wrong=wrong)
        if phase == "key":
            self.query_one("#key", Input).focus()
        elif phase == "repo":
            self.query_one("#repo", Input).focus()
        else:  # the harmless answer has the focus
            close.focus()

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Tell something below the plan."""
        told = self.query_one(".told", Static)
        told.set_class(wrong, "-wrong")
        told.update(f"✗ {plain(text)}" if wrong else plain(text))

    def _planned(self) -> None:
        repo = self.query_one("#repo", Input).value.strip()
        self.plan, told = None, "Which dataset repository? Nothing is sent yet."
        if repo:
            endpoint = self.host.settings.downloads.endpoint
            try:
                self.plan = donation_giving.plan_for(self.files, self.donation, repo, endpoint)
                told = "This is all that would be sent. No connection was opened for it."
            except UserError as error:
                told = str(error)
        self.query_one("#plan", Static).update(self._plan_text())
        self.to("repo", told, wrong=bool(repo) and self.plan is None)

    def _plan_text(self) -> str:
        plan = self.plan
        if plan is None:
            return (
                "A pull request to a dataset repository adds the files of this donation and changes "
                "nothing else. It is public, and so is the name of the account that opens it."
            )
        lines = [f"To {plan.hub}, dataset {plan.repo}:", plan.title, "", f"Into {plan.folder}/"]
        lines += [
            f"{size_text(item.bytes):>8}  {item.path.removeprefix(plan.folder + '/')}"
            for item in plan.items
        ]
        return plain("\n".join([*lines, "", plan.description]))

    def _show_progress(self) -> None:
        progress = self.progress
        if self.phase == "sending" and progress is not None:
            share = f" {100 * progress.done // progress.total} %" if progress.total else ""
            self.say(f"{STAGES[progress.stage].capitalize()}{share} …")

    # --- going on -------------------------------------------------------------------------------

    @on(Input.Changed, "#repo")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.phase == "repo":
            self._planned()

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def _go(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        if self.phase == "repo" and self.plan is not None:
            self._begin(self._find_key())
        elif self.phase == "key" and self.query_one("#key", Input).value.strip():
            self._key = Secret(self.query_one("#key", Input).value.strip())
            self.query_one("#key", Input).value = ""
            self._begin(self._ask(self._key))
        elif self.phase == "confirm":
            self._begin(self._send())

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._stop = threading.Event()
        self.giving.stops.add(self._stop)
        self.run_worker(self._guarded(work), exclusive=True, exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        stop = self._stop
        try:
            await work
        except Exception as error:  # noqa: BLE001 - told here, where it is looked at
            if not is_expected(error):
                self.host.tell_error(error)
            if self.is_mounted:
                self._failed(error)
        finally:
            self.giving.stops.discard(stop)

    def _failed(self, error: Exception) -> None:
        reason = getattr(error, "reason", "")
        told = str(error) if is_expected(error) else "Something went wrong here; see the log."
        if getattr(error, "state", "") == "open":
            self.to("done", told, wrong=True)
        elif reason in ("key", "read_only", "other_account", "forbidden"):
            self._key = None
            self.to("key", told, wrong=True)
        else:
            self.to(
                "key" if self._key is None and self.phase == "asking" else "repo", told, wrong=True
            )

    async def _find_key(self) -> None:
        name = self.giving.config.key
        self.to("asking", "Looking for the key …")
        secrets = self.host.backends.secrets
        self._key = self._key or await asyncio.to_thread(donation_giving.key_from, secrets, name)
        if self._key is None:
            hint = "" if name else " A name for it can be set in Settings (Giving)."
            self.to("key", f"A key of your account at the hub, for this time only.{hint}")
        else:
            await self._ask(self._key)

    async def _ask(self, key: Secret) -> None:
        from persona_tui.donation.publish import who_am_i

        plan, stop = self.plan, self._stop
        if plan is None:
            return
        self.to("asking", "Asking the hub whose key it is …")
        self.account = await asyncio.to_thread(lambda: who_am_i(key, plan.hub, stop=stop))
        told = (
            "The pull request will be public under the name of your account: "
            f"{self.account.name}. Open it?"
        )
        if self.account.may_write is False:
            told += " (This key says that it may only read.)"
        self.to("confirm", told)

    async def _send(self) -> None:
        plan, account, key, stop = self.plan, self.account, self._key, self._stop
        if plan is None or account is None or key is None:
            return
        self.to("sending", "Starting …")

        def note(progress: Progress) -> None:
            self.progress = progress

        done = await self.giving.leave(
            donation_giving.publish(
                self.host.db, self.donation, plan, key,
                account=account.name, stop=stop, on_progress=note,
            )
        )  # fmt: skip
        told = f"Opened: {done.url}" if done.url else "Opened."
        if not done.checked:
            told += " The hub did not confirm every file; look at the page."
        self.to("done", told)

    @on(Button.Pressed, "#close")
    def action_leave(self) -> None:
        """Stop what is under way, else close."""
        if self.phase in ("asking", "sending"):
            self._stop.set()
            self.say("Stopping …")
        else:
            self.dismiss(None)
