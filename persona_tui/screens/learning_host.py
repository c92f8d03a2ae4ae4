"""Learning beside everything else: one for the program, whatever screen is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from persona_tui.screens import refining_host
from store import learned

if TYPE_CHECKING:
    from persona_tui.jobs.learning.after import LearningBeside, LearningState
    from store.learned_records import LearnedKind

Severity = Literal["information", "warning", "error"]

JUDGED_IN = frozenset({"review", "relevance", "compare"})
"""Modes in which the person judges: leaving one ends a sitting."""
AT_START = 4.0
"""Seconds after the journal is open until it is looked whether there is something to learn: the first
frames and the first key come before it."""


class Services(refining_host.Services, Protocol):
    """What of the app it needs."""

    learning: LearningBeside | None

    def tell(self, text: str, severity: Severity = "information") -> None: ...
    def set_timer(self, delay: float, callback: Callable[[], None]) -> object: ...
    def set_interval(self, interval: float, callback: Callable[[], None]) -> object: ...


def learning_of(host: Services) -> LearningBeside:
    """The program's one; made when it is first asked for."""
    from persona_tui.jobs.learning.after import LearningBeside, due_in, run_order

    if host.learning is None:
        host.learning = LearningBeside(
            lambda kinds, anew, stop: run_order(host.db, host.backends, kinds, anew, stop),
            due_in(host.db),
            lambda state: _changed(host, state),
            lambda: host.settings.learning.auto_train,
        )
    return host.learning


def look(host: Services) -> None:
    """A sitting ended, something was forgotten, the program began."""
    if host.settings.learning.auto_train:
        learning_of(host).look()


async def about_to_forget(host: Services) -> tuple[LearnedKind, ...]:
    """What was learned, and goes along with whatever is forgotten: for :func:`forgot`."""
    models = await host.db.run(learned.list_all)
    return tuple(dict.fromkeys(model.kind for model in models))


def forgot(host: Services, kinds: tuple[LearnedKind, ...]) -> None:
    """Something was forgotten, and with it what ``kinds`` had learned: they learn again from what stays,
    also where nothing is learned unasked, as ``persona-tui forget`` does. How that ended is told."""
    if host.settings.learning.auto_train:
        learning_of(host).look()
    elif kinds:
        host.tell("Your own models went along; they learn again from what stays.")
        learning_of(host).start(kinds)


def judged(host: Services) -> None:
    """Something was judged."""
    if host.settings.learning.auto_train:
        learning_of(host).judged()


def begin(host: Services) -> None:
    """Look whether there is something to learn, once the first frames are drawn; from then on say what
    could not be read where it was to be used."""
    host.set_timer(AT_START, lambda: look(host))
    host.set_interval(AT_START, lambda: tell_set_aside(host))


def tell_set_aside(host: Services) -> None:
    """Say of a model that was set aside why, once."""
    from persona_tui.jobs.learning.using import to_tell

    for sentence in to_tell():
        host.tell(sentence, "warning")


def _changed(host: Services, state: LearningState) -> None:
    result = None if state.step is None else state.step.result
    if result is not None:
        from persona_tui.jobs.learning.telling import answer, note

        said = answer(result) if state.asked else note(result)
        if said:
            host.tell(said)
        if result.kind == "verifier" and result.outcome == "used":
            refining_host.look(host)
    show = getattr(host.screen, "show_learning", None)
    if show is not None:
        show(state)
