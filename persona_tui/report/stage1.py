"""Stage 1: is what was inferred right?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from persona_tui.report import refined, study
from persona_tui.report.agreement import Flags
from persona_tui.report.intervals import (
    CONVERSATION,
    UNKNOWN,
    Estimate,
    Ints,
    codes,
    mean,
    share,
    unknown,
    wilson,
)
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import count_of, drawn, figure, lacking, plural, within
from persona_tui.report.ranks import auroc
from store.audit import AuditData

LABELS = {
    "overgeneralization": "too general",
    "missing_evidence": "no evidence",
    "task_context_confusion": "task, not me",
    "not_standalone": "unclear alone",
    "outdated": "outdated",
    "other": "other",
}
_CLUSTERED = (
    "attributes from one conversation count as less than that many (design effect, moderated where "
    "there are few conversations). Only randomly drawn items, as you judged them before you were told "
    "what the model thought."
)
_WILSON = f"Share with a Wilson interval; {_CLUSTERED}"


@dataclass(frozen=True, slots=True)
class _Mine:
    """Judgments that figures rest on."""

    rows: list[int]
    ok: Flags
    group: Ints
    """Conversations."""

    def share(self, hits: Flags, of: Flags | None = None) -> Estimate:
        """Share of ``hits`` (of those in ``of``), by conversation."""
        if of is None:
            return share(hits, self.group, alike=CONVERSATION)
        return share(hits[of], within(self.group, of), alike=CONVERSATION)


def build(data: AuditData) -> tuple[list[Figure], list[Plot]]:
    """Figures and plots of this stage."""
    a = data.attributes
    rows = drawn(a)
    mine = _Mine(
        rows,
        np.array([a.verdict[i] == "ok" for i in rows], dtype=bool),
        codes([a.conversation_id[i] for i in rows]),
    )
    ok, n = mine.ok, len(rows)
    accepted = mine.share(ok)
    figures = [
        figure(
            "stage1.acceptance", "1", "What you accept", "share", accepted,
            f"Of {plural(n, 'attribute')} you accepted {int(ok.sum())}.", _WILSON,
            study=study.ACCEPTANCE, headline=True, clusters=count_of(mine.group),
            tells="How much of what a model infers about you is right.",
        ),
        figure(
            "stage1.problems", "1", "What is problematic (unsure or bad)", "share", mine.share(~ok),
            f"{int((~ok).sum())} of {plural(n, 'attribute')} were unsure or bad.", _WILSON,
            study=study.PROBLEMS, clusters=count_of(mine.group),
        ),
    ]  # fmt: skip
    figures += _models(data, mine)
    figures += _failures(data, mine)
    figures.append(_missed(data, accepted))
    figures += _questions(data, mine)
    more, plots = _confidence(data, mine)
    figures += more
    figures += _verifier(data)
    figures += refined.build(data)
    shown = [f for f in figures if f.key.startswith("stage1.failure.") and f.value is not None]
    if shown:
        plots.append(_reasons(shown))
    return figures, plots


def _failures(data: AuditData, mine: _Mine) -> list[Figure]:
    """Why what is not ok is wrong: shares of everything that is not ok."""
    modes = np.array([data.attributes.failure_mode[i] or "" for i in mine.rows], dtype=object)
    wrong = ~mine.ok
    flagged = int(wrong.sum())
    found = []
    for mode, label in (*LABELS.items(), ("", "no reason given")):
        hits = np.asarray(modes == mode, dtype=bool)
        count = int(hits[wrong].sum())
        found.append(
            figure(
                f"stage1.failure.{mode or 'none'}", "1",
                f"Wrong because: {label}" if mode else "Wrong, and you gave no reason", "share",
                mine.share(hits, wrong) if flagged else UNKNOWN,
                f"{count} of {plural(flagged, 'problem')}: {label}.",
                f"Count over everything that was unsure or bad; Wilson interval; {_CLUSTERED}",
                study=study.FAILURES.get(mode, ()), what="problem",
            )
        )  # fmt: skip
    return found


def _missed(data: AuditData, accepted: Estimate) -> Figure:
    """What was missed, at least: what was added, among that and all that would be accepted."""
    added, inferred, judged = data.added, data.inferred, accepted.n
    found = unknown(judged + added)
    right = accepted.value * inferred
    if accepted.is_known and right > 0:
        value = added / (added + right)
        counted = wilson(added, added + right)
        # What has been judged is known: only the rest of the profile can turn out otherwise.
        left = float(np.sqrt(max(0.0, 1 - judged / max(inferred, judged))))
        scarcer = _log_gap(accepted.value, accepted.low) * left
        richer = _log_gap(accepted.high, accepted.value) * left
        low, high = 0.0, float(special.expit(special.logit(counted.high) + scarcer))
        if added:
            here = special.logit(value)
            low = special.expit(here - np.hypot(here - special.logit(counted.low), richer))
            high = special.expit(here + np.hypot(special.logit(counted.high) - here, scarcer))
        found = Estimate(value, float(low), float(high), judged + added)
    return figure(
        "stage1.missed", "1", "What it missed, at least", "share", found,
        f"You added {plural(added, 'attribute')} that it had missed; of the {inferred:,} that it "
        f"inferred, about {round(right):,} are right by what you accepted." if found.is_known else "",
        "Added / (added + accepted), accepted being your acceptance times what was inferred (you add "
        "to the whole profile, and have judged a part of it); Wilson interval, with that of acceptance "
        "by the square-and-add method on the logit scale. A lower bound, because you add only what "
        "comes to your mind.",
    )  # fmt: skip


def _log_gap(high: float, low: float) -> float:
    return float(np.log(high / low)) if low > 0 else float("inf")


_HELD_OUT = (
    "Of randomly drawn attributes, each flagged or not by a model and a threshold that learned from other "
    "conversations only (nested grouped cross-validation, threshold of the highest F2); score interval by "
    "conversation."
)


def _verifier(data: AuditData) -> list[Figure]:
    """What a small model that learned from the person's verdicts finds of what they reject."""
    learned = data.learned.get("verifier")
    found = []
    for name, title, said in (
        ("precision", "precision", "Of what it flags you reject {of}."),
        ("recall", "recall", "It flags {of} of what you reject."),
        ("f1", "F1", "Both together: {value:.2f}."),
        ("f2", "F2", "Both together, recall counting twice: {value:.2f}."),
    ):
        key = "stage1.verifier" + ("" if name == "f1" else f".{name}")
        heading = f"Your personal verifier ({title} for problematic)"
        values = study.VERIFIER if name == "f1" else ()
        metric = None if learned is None else learned.metrics.get(name)
        if metric is None:
            found.append(
                lacking(
                    key, "1", heading, "share",
                    "it is not trained yet (persona-tui train)" if learned is None else
                    "not measured yet: too few of the attributes that it learned from were drawn at random",
                    _HELD_OUT, study=values,
                    tells="Whether a small model that learned from you finds what is wrong.",
                )
            )  # fmt: skip
            continue
        estimate = Estimate(metric.value, metric.low, metric.high, metric.n)
        share_of = f"{100 * metric.value:.0f} %"
        found.append(
            figure(
                key, "1", heading, "share", estimate, said.format(of=share_of, value=metric.value),
                _HELD_OUT, study=values,
            )
        )  # fmt: skip
    return found


def _reasons(shown: list[Figure]) -> Plot:
    known = [(row, f.study[0].value) for row, f in enumerate(shown) if f.study]
    return Plot(
        "stage1.failures", "1", "intervals", "Why it was wrong", "share of problems", "",
        (
            Series(
                "you", tuple(f.value or 0.0 for f in shown),
                tuple(float(i) for i in range(len(shown))),
                tuple(f.low or 0.0 for f in shown), tuple(f.high or 0.0 for f in shown),
            ),
            Series("study", tuple(v for _, v in known), tuple(float(row) for row, _ in known)),
        ),
        tuple(LABELS.get(f.key.rsplit(".", 1)[1], "no reason given") for f in shown),
        description="How often each kind of mistake was the reason, with intervals.",
    )  # fmt: skip


def _models(data: AuditData, mine: _Mine) -> list[Figure]:
    """Acceptance by the model that inferred, where there were several."""
    by = np.array([data.attributes.model[i] or "unknown" for i in mine.rows], dtype=object)
    names = sorted(set(by))
    if len(names) < 2:
        return []
    found = []
    for name in names:
        of = np.asarray(by == name, dtype=bool)
        found.append(
            figure(
                f"stage1.acceptance[{name}]", "1", f"What you accept of {name}", "share",
                mine.share(mine.ok, of),
                f"Of {plural(int(of.sum()), 'attribute')} by {name} you accepted "
                f"{int(mine.ok[of].sum())}.", _WILSON, model_tag=name,
                clusters=count_of(within(mine.group, of)),
            )
        )  # fmt: skip
    return found


def _questions(data: AuditData, mine: _Mine) -> list[Figure]:
    a = data.attributes
    found = []
    for key, title, values, said in (
        ("accurate", "True of you", a.accurate, "are true of you"),
        ("supported", "Shown by your words", a.supported, "are shown by your words"),
    ):
        given = np.array([values[i] is not None for i in mine.rows], dtype=bool)
        yes = np.array([bool(values[i]) for i in mine.rows], dtype=bool)
        found.append(
            figure(
                f"stage1.{key}", "1", title, "share",
                mine.share(yes, given) if given.any() else UNKNOWN,
                f"{int(yes[given].sum())} of {int(given.sum())} {said}.",
                f"Share of those that you answered this for; Wilson interval; {_CLUSTERED}",
                what="answer",
            )
        )  # fmt: skip
    never = np.array([a.use[i] == "never" for i in mine.rows], dtype=bool)
    found.append(
        figure(
            "stage1.never", "1", "Never to be used", "share", mine.share(never),
            f"You refused the use of {plural(int(never.sum()), 'attribute')}, right or wrong.",
            f"Share of all that you judged; Wilson interval; {_CLUSTERED}",
        )
    )  # fmt: skip
    return found


def _confidence(data: AuditData, mine: _Mine) -> tuple[list[Figure], list[Plot]]:
    """Is the model's confidence worth anything?"""
    a = data.attributes
    known = np.array([a.confidence[i] is not None for i in mine.rows], dtype=bool)
    scores = np.array([a.confidence[i] for i in mine.rows], dtype=float)[known]
    truth, group = mine.ok[known], within(mine.group, known)
    area = auroc(truth, scores, group, alike=CONVERSATION)
    brier = mean((scores - truth) ** 2, group, within=(0.0, 1.0), alike=CONVERSATION)
    figures = [
        figure(
            "stage1.confidence_auroc", "1", "Is the model's confidence worth anything? (AUROC)",
            "correlation", area,
            f"Of two attributes, one right and one wrong, the model was surer of the right one in "
            f"{100 * area.value:.0f} of 100 cases (50 is chance)." if area.is_known else "",
            "Area under the ROC curve; DeLong's interval by conversation, on the logit scale.", need=10,
            tells="Whether the model is surer of what is right.",
        ),
        figure(
            "stage1.confidence_brier", "1", "How far off its confidence is (Brier)", "correlation",
            brier, f"Its confidence is off by {brier.value:.2f} (squared; 0 is perfect, 0.25 is "
            "always saying one half)." if brier.is_known else "",
            "Mean squared difference of confidence and acceptance; score interval by conversation.",
            need=10,
        ),
    ]  # fmt: skip
    if len(scores) < 20:
        return figures, []
    cuts = np.unique(np.quantile(scores, np.linspace(0, 1, 6)))
    place = np.clip(np.searchsorted(cuts, scores, side="right") - 1, 0, max(0, len(cuts) - 2))
    points = [
        (float(scores[place == b].mean()),
         share(truth[place == b], within(group, place == b), alike=CONVERSATION))
        for b in range(max(1, len(cuts) - 1)) if (place == b).any()
    ]  # fmt: skip
    plot = Plot(
        "stage1.reliability", "1", "line", "How sure it was, and how often it was right",
        "the model's confidence", "share that you accepted",
        (
            Series(
                "accepted", tuple(x for x, _ in points), tuple(e.value for _, e in points),
                tuple(e.low for _, e in points), tuple(e.high for _, e in points),
            ),
            Series("perfect", (0.0, 1.0), (0.0, 1.0)),
        ),
        description="A reliability curve: on the diagonal, confidence means what it says.",
    )  # fmt: skip
    return figures, [plot]
