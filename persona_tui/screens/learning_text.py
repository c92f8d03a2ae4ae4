"""What the Learning screen says: rows, details, help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from persona_tui.jobs.learning import telling
from persona_tui.jobs.learning.after import LearningState
from persona_tui.jobs.learning.trainer import Lacking
from persona_tui.jobs.learning.training import TrainStep
from persona_tui.jobs.learning.using import NAMES
from persona_tui.jobs.progress import time_text
from store.learned_records import LearnedKind, LearnedModel
from widgets.safe import counted, plain, shorten

HELP = """\
Three small models learn from your judgments, on this machine, in seconds:

- the **verifier** tells which inferred attributes you would call unsure or bad,
- the **relevance model** which attributes matter for a prompt,
- the **reward model** which of two answers you would prefer (weakly: it never stands for a judgment).

They learn by themselves after a sitting of judging (Settings, `learning.auto_train`); **t** trains the
highlighted one now, **a** all of them, **s** stops.

Each version is measured on judgments that it had not seen, only those drawn at random, and compared
with the one in use on the same judgments. It is put in use unless it is worse by more than chance
explains. **Enter** goes to the versions of the highlighted model; there it puts one in use, also an earlier
one, and **Esc** leads back. **Delete** forgets a model with all its versions; your judgments stay, and
it learns again from the next ones. **PageDown** scrolls what is said below.

Forgetting a conversation or an attribute forgets all three, since they may have learned from it; they
learn anew from what stays. On the command line: `persona-tui train --explain`.
"""


def kind_line(
    kind: LearnedKind,
    models: Sequence[LearnedModel],
    lacking: Lacking | None,
    step: TrainStep | None,
    width: int,
) -> Content:
    """One kind in the list: what it is called, where it stands."""
    used = next((one for one in models if one.in_use), None)
    name = NAMES[kind].capitalize()
    if step is not None and step.kind == kind and step.result is None:
        said = progress_text(step)
    elif used is not None:
        count = telling.number(used.trained_on, "judgments")
        said = f"version {used.version}, learned from {counted(count, 'judgment')}"
    elif models:
        said = "no version in use"
    elif lacking is not None:
        said = f"not yet: {lacking.missing:,} more {lacking.what}"
    else:
        said = "has not learned yet"
    mark = "●" if used is not None else "○"
    return Content.assemble(
        f"{mark} ",
        (f"{name:<17}", "bold"),
        shorten(said, max(10, width - 19)),
    )


def versions_heading(kind: LearnedKind, count: int) -> str:
    """What stands over the versions."""
    one = f"Your {NAMES[kind]} has one version"
    return one if count == 1 else f"The {count} versions of your {NAMES[kind]}, the newest first"


def version_line(model: LearnedModel, width: int) -> Content:
    """One version in the list."""
    when = f"{model.created_at.astimezone():%d %b %H:%M}"
    count = counted(telling.number(model.trained_on, "judgments"), "judgment")
    state = "in use" if model.in_use else "not put in use" if refused(model) else ""
    head = f"{model.version:>5}  {when}  {count:<16}"
    style = "" if model.in_use else "dim"
    return Content.assemble((_cut(f"{head}  {state}", width), style))


def _cut(line: str, width: int) -> str:
    """``shorten`` would close the gaps that make columns."""
    return line if len(line) <= width else line[: width - 1] + "…"


def refused(model: LearnedModel) -> bool:
    """Whether it was not put in use when it was learned, being worse than its predecessor."""
    compared = model.trained_on.get("comparison")
    return isinstance(compared, Mapping) and compared.get("keep") is False


def progress_text(step: TrainStep) -> str:
    """What is going on, with the time that is left."""
    at = step.progress
    parts = [at.note]
    if at.total and at.total > 1:
        parts.append(f"{at.done:,} of {at.total:,}")
    parts.append(time_text(at.seconds_left))
    return " · ".join(part for part in parts if part)


def details(
    kind: LearnedKind, model: LearnedModel | None, lacking: Lacking | None, *, version: bool
) -> Content:
    """The panel: of a kind (its version in use), or of one version."""
    about = telling.ABOUT[kind]
    lines: list[Content] = []
    if model is None:
        lines.append(Content.styled(f"Your {NAMES[kind]}", "bold"))
        if lacking is not None:
            lines.append(Content(plain(telling.missing(kind, lacking))))
            lines.append(Content.styled(f"It would tell {about.tells}; {about.used_for}.", "dim"))
        else:
            lines.append(Content(telling.not_trained(kind)))
        return Content("\n").join(lines)
    lines.append(Content.styled(plain(telling.summary(model)), "bold"))
    if version:
        lines.append(Content(telling.verdict(model)))
        if not model.in_use:
            lines.append(Content("Enter puts this version in use."))
    for line in telling.figure_lines(model):
        study = f" · in the study: {line.study}" if line.study else ""
        lines.append(
            Content.assemble(
                f"{plain(line.title)}  ",
                (line.value, "bold"),
                (f"  n = {line.n:,}{plain(study)}", "dim"),
            )
        )
    words = telling.words(model)
    if words:
        lines.append(Content(""))
    lines += [Content(f"· {plain(word)}") for word in words]
    on = model.trained_on
    made = f"Version {model.version}, {model.created_at.astimezone():%d %b %Y %H:%M}, from "
    made += (
        f"{telling.number(on, 'judgments'):,} judgments in {telling.number(on, 'groups'):,} groups"
    )
    parts = [made, str(on.get("embedder") or ""), str(on.get("model") or "")]
    lines.append(Content.styled(plain(" · ".join(part for part in parts if part)), "dim"))
    if not version:
        lines.append(Content.styled(f"What for: {about.used_for}.", "dim"))
    return Content("\n").join(lines)


def work_line(state: LearningState, width: int) -> str:
    """The line at the bottom while it learns, in ``width`` cells with the key that stops it, or about
    how it ended."""
    if state.running and state.step is not None:
        name = NAMES[state.step.kind]
        if state.stopping:
            return f"Your {name}: stopping after this one   s drops it"
        hint = "   s stops"
        return shorten(f"Your {name}: {progress_text(state.step)}", width - len(hint)) + hint
    if state.running:
        return "Learning …   s stops"
    if state.error:
        return f"{state.error}   t tries again"
    failed = [one for one in state.results if one.outcome in ("failed", "forgotten")]
    return plain(telling.result_text(failed[0])) if failed else ""
