"""Choosing a judge: which model, which stages, up to what it may cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from persona_tui.jobs.backends import ready
from persona_tui.jobs.costs import money, price_of
from persona_tui.jobs.judges.beside import Estimate, JudgeOrder, estimate
from persona_tui.screens import judge_text as texts
from persona_tui.screens.base import is_expected
from persona_tui.screens.confirm import PromptScreen
from persona_tui.screens.model_list import ModelList
from widgets.safe import plain

if TYPE_CHECKING:
    from models.catalogue import ModelSpec
    from persona_tui.screens.base import HostApp

Wanted = tuple[JudgeOrder, Estimate]


class JudgeScreen(ModalScreen[Wanted | None]):
    """Dismisses with the order and what it would take, or ``None``."""

    DEFAULT_CSS = """
    JudgeScreen { align: center middle; }
    JudgeScreen > Vertical {
        width: 76; max-width: 96%; height: auto; max-height: 96%; padding: 0 2;
        border: round $primary; background: $surface;
    }
    JudgeScreen .title { text-style: bold; margin-bottom: 1; }
    JudgeScreen ModelList { height: auto; max-height: 6; background: $surface; }
    JudgeScreen .what { height: auto; margin-top: 1; }
    JudgeScreen .takes { height: auto; min-height: 2; margin-top: 1; text-style: bold; }
    JudgeScreen .hint { color: $text-muted; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(n), f"stage({n})", f"Stage {n}", id=f"judge.stage{n}")
            for n in range(1, len(texts.STAGES) + 1)
        ),
        Binding("a", "everything", "All", id="judge.everything"),
        Binding("d", "detail", "Each attribute", id="judge.detail"),
        Binding("b", "budget", "Budget", id="judge.budget"),
        Binding("escape", "cancel", "Leave it", id="judge.cancel"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.specs: list[ModelSpec] = []
        self.order: JudgeOrder | None = None
        self.found: Estimate | None = None
        self._error: str | None = None

    @property
    def _host(self) -> HostApp:
        return cast("HostApp", self.app)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static("Let a model answer what you were asked", classes="title", markup=False)
            yield ModelList(compact=True)
            yield Static(classes="what", markup=False)
            yield Static(classes="takes", markup=False)
            yield Static("Enter starts · Esc leaves it", classes="hint", markup=False)

    def on_mount(self) -> None:
        settings = self._host.settings
        self.specs = ready(settings, self._host.paths)
        view = self.query_one(ModelList)
        for spec in self.specs:
            price = price_of(settings.models.get(spec.ref))
            where = "an endpoint" if spec.kind == "endpoint" else "this machine"
            cost = "" if price is None else f" · {money(price.sent)} a million tokens sent"
            # Content, not str: a name is not to be read as markup.
            view.add_option(Option(Content(plain(f"{spec.ref} · {where}{cost}", one_line=True))))
        view.highlighted = 0
        view.focus()

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        ref = self.specs[event.option_index].ref
        # Prices differ: what was said of one model's cost is not said of another's.
        one = self.order or JudgeOrder(ref)
        self._want(replace(one, ref=ref, detail=None, max_usd=None, max_tokens=None))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.order is not None and self.found is not None and self.found.plan.items:
            self.dismiss((self.order, self.found))

    def _want(self, order: JudgeOrder) -> None:
        """Show an order, and count what it would take."""
        self.order, self.found, self._error = order, None, None
        self._paint()
        self.run_worker(self._count(order), group="count", exclusive=True, exit_on_error=False)

    async def _count(self, order: JudgeOrder) -> None:
        host = self._host
        try:
            found = await estimate(host.db, host.backends, host.settings, order)
        except Exception as error:  # noqa: BLE001 - said here; what nobody foresaw is logged, too
            self._error = str(error) if is_expected(error) else "It could not be counted."
            if not is_expected(error):
                host.tell_error(error)
        else:
            self.found = found
        self._paint()

    def _paint(self) -> None:
        order = self.order
        if order is None or not self.is_mounted:
            return
        lines = [
            f"{n} [{'x' if kind in order.kinds else ' '}] {label}"
            for n, (kind, label) in enumerate(texts.STAGES, 1)
        ]
        detail = order.detail if self.found is None else self.found.detail
        lines += [
            f"a [{'x' if order.everything else ' '}] also what you have not judged yourself",
            f"d [{'x' if detail else ' '}] each attribute of a pair, too",
            f"b budget: {texts.budget_line(order)}",
        ]
        self.query_one(".what", Static).update("\n".join(lines))
        takes = (
            f"{order.ref}: {texts.estimate_line(self.found, self._error)}\n"
            f"{texts.where_line(self.found)}"
        )
        self.query_one(".takes", Static).update(plain(takes.rstrip()))

    def action_stage(self, number: int) -> None:
        if self.order is not None:
            kind = texts.STAGES[number - 1][0]
            chosen = {*self.order.kinds} ^ {kind}
            kinds = tuple(one for one, _ in texts.STAGES if one in chosen)
            if kinds:
                self._want(replace(self.order, kinds=kinds))

    def action_everything(self) -> None:
        if self.order is not None:
            self._want(replace(self.order, everything=not self.order.everything))

    def action_detail(self) -> None:
        if self.order is not None:
            now = self.found.detail if self.found is not None else bool(self.order.detail)
            self._want(replace(self.order, detail=not now))

    def action_budget(self) -> None:
        if self.order is None:
            return
        priced = self.found is not None and self.found.price is not None
        title = "Stop before it costs more US dollars than" if priced else "Stop before more tokens"
        self.app.push_screen(PromptScreen(title, placeholder="nothing: no budget"), self._budget)

    def _budget(self, said: str | None) -> None:
        order = self.order
        if order is None:
            return
        priced = self.found is not None and self.found.price is not None
        try:
            usd, tokens = texts.read_budget(said or "", priced=priced)
        except ValueError:
            self._host.tell("A budget is a number above 0, such as 0.50 or 20000.", "warning")
            return
        self._want(replace(order, max_usd=usd, max_tokens=tokens))

    def action_cancel(self) -> None:
        self.dismiss(None)
