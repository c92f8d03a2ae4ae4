"""Stage 1: is what was inferred right?"""

from __future__ import annotations

import numpy as np

from persona_tui.report import study
from persona_tui.report.agreement import auroc
from persona_tui.report.intervals import Estimate, codes, mean, share, wilson
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import figure, plural
from store.audit import AuditData

LABELS = {
    "overgeneralization": "too general",
    "missing_evidence": "no evidence",
    "task_context_confusion": "task, not me",
    "not_standalone": "unclear alone",
    "outdated": "outdated",
    "other": "other",
}
_WILSON = (
    "Share with a Wilson interval; attributes from one conversation count as less than that many "
    "(design effect, from five conversations on). Only randomly drawn items."
)


def build(data: AuditData, ceiling: float | None) -> tuple[list[Figure], list[Plot]]:
    """Figures and plots of this stage."""
    a = data.attributes
    rows = [
        i
        for i, (how, p) in enumerate(zip(a.sampling, a.inclusion_prob, strict=True))
        if how == "random" and p is not None
    ]
    verdict = np.array([a.verdict[i] for i in rows], dtype=object)
    group = codes([a.conversation_id[i] for i in rows])
    ok = verdict == "ok"
    n = len(rows)
    accepted = share(ok, group)
    figures = [
        figure(
            "stage1.acceptance", "1", "What you accept", "share", accepted,
            f"Of {plural(n, 'attribute')} you accepted {int(ok.sum())}.", _WILSON,
            study=study.ACCEPTANCE, headline=True, ceiling=ceiling,
            tells="How much of what a model infers about you is right.",
        ),
        figure(
            "stage1.problems", "1", "What is problematic (unsure or bad)", "share", share(~ok, group),
            f"{int((~ok).sum())} of {plural(n, 'attribute')} were unsure or bad.", _WILSON,
            study=study.PROBLEMS,
        ),
    ]  # fmt: skip
    figures += _models(data, rows, ok)
    modes = [a.failure_mode[i] for i in rows if a.verdict[i] != "ok" and a.failure_mode[i]]
    for mode, label in LABELS.items():
        count = modes.count(mode)
        figures.append(
            figure(
                f"stage1.failure.{mode}", "1", f"Wrong because: {label}", "share",
                wilson(count, len(modes)),
                f"{count} of {plural(len(modes), 'problem')} with a reason: {label}.",
                "Count over all problems that you gave a reason for; Wilson interval.",
                study=study.FAILURES[mode], what="reason",
            )
        )  # fmt: skip
    figures.append(
        figure(
            "stage1.missed", "1", "What it missed, at least", "share",
            wilson(data.added, data.added + int(ok.sum())),
            f"You added {plural(data.added, 'attribute')} that it had missed.",
            "Added / (added + accepted), Wilson interval: a lower bound, because you add only what "
            "comes to your mind.",
        )
    )  # fmt: skip
    figures += _questions(data, rows)
    more, plots = _confidence(data, rows, ok)
    figures += more
    figures.append(
        figure(
            "stage1.verifier", "1", "Your personal verifier (F1 for problematic)", "share",
            wilson(0, 0), "", "Grouped cross-validation by conversation.", study=study.VERIFIER,
            missing="it is not trained yet: training comes with a later version",
            tells="Whether a small model that learned from you finds what is wrong.",
        )
    )  # fmt: skip
    shown = [f for f in figures if f.key.startswith("stage1.failure.") and f.value is not None]
    if shown:
        plots.append(
            Plot(
                "stage1.failures", "1", "intervals", "Why it was wrong", "share of problems", "",
                (
                    Series(
                        "you", tuple(f.value or 0.0 for f in shown),
                        tuple(float(i) for i in range(len(shown))),
                        tuple(f.low or 0.0 for f in shown), tuple(f.high or 0.0 for f in shown),
                    ),
                    Series(
                        "study", tuple(f.study[0].value if f.study else 0.0 for f in shown),
                        tuple(float(i) for i in range(len(shown))),
                    ),
                ),
                tuple(LABELS[f.key.rsplit(".", 1)[1]] for f in shown),
                description="How often each kind of mistake was the reason, with intervals.",
            )
        )  # fmt: skip
    return figures, plots


def _models(data: AuditData, rows: list[int], ok: np.ndarray) -> list[Figure]:
    """Acceptance by the model that inferred, where there were several."""
    a = data.attributes
    names = sorted({a.model[i] or "unknown" for i in rows})
    if len(names) < 2:
        return []
    found = []
    for name in names:
        mine = np.array([(a.model[i] or "unknown") == name for i in rows])
        group = codes([a.conversation_id[i] for i, yes in zip(rows, mine, strict=True) if yes])
        found.append(
            figure(
                f"stage1.acceptance[{name}]", "1", f"What you accept of {name}", "share",
                share(ok[mine], group),
                f"Of {plural(int(mine.sum()), 'attribute')} by {name} you accepted "
                f"{int(ok[mine].sum())}.", _WILSON, model_tag=name,
            )
        )  # fmt: skip
    return found


def _questions(data: AuditData, rows: list[int]) -> list[Figure]:
    a = data.attributes
    found = []
    for key, title, values, said in (
        ("accurate", "True of you", a.accurate, "are true of you"),
        ("supported", "Shown by your words", a.supported, "are shown by your words"),
    ):
        answers = np.array([values[i] for i in rows if values[i] is not None], dtype=bool)
        found.append(
            figure(
                f"stage1.{key}", "1", title, "share", share(answers),
                f"{int(answers.sum())} of {len(answers)} {said}.",
                "Share of those that you answered this for; Wilson interval.", what="answer",
            )
        )  # fmt: skip
    uses = [a.use[i] for i in rows]
    never = uses.count("never")
    found.append(
        figure(
            "stage1.never", "1", "Never to be used", "share", wilson(never, len(rows)),
            f"You refused the use of {plural(never, 'attribute')}, right or wrong.",
            "Share of all that you judged; Wilson interval.",
        )
    )  # fmt: skip
    return found


def _confidence(
    data: AuditData, rows: list[int], ok: np.ndarray
) -> tuple[list[Figure], list[Plot]]:
    """Is the model's confidence worth anything?"""
    a = data.attributes
    known = np.array([a.confidence[i] is not None for i in rows], dtype=bool)
    scores = np.array([a.confidence[i] for i in rows if a.confidence[i] is not None], dtype=float)
    truth = ok[known].astype(bool)
    group = codes([a.conversation_id[i] for i, k in zip(rows, known, strict=True) if k])
    area = auroc(truth, scores, group) if len(truth) else Estimate(float("nan"), 0, 0, 0)
    brier = mean((scores - truth) ** 2, group)
    figures = [
        figure(
            "stage1.confidence_auroc", "1", "Is the model's confidence worth anything? (AUROC)",
            "correlation", area,
            f"Of two attributes, one right and one wrong, the model was surer of the right one in "
            f"{100 * area.value:.0f} of 100 cases (50 is chance)." if area.is_known else "",
            "Area under the ROC curve; bootstrap by conversation.", need=10,
            tells="Whether the model is surer of what is right.",
        ),
        figure(
            "stage1.confidence_brier", "1", "How far off its confidence is (Brier)", "correlation",
            brier, f"Its confidence is off by {brier.value:.2f} (squared; 0 is perfect, 0.25 is "
            "always saying one half)." if brier.is_known else "",
            "Mean squared difference of confidence and acceptance; Student's t by conversation.",
            need=10,
        ),
    ]  # fmt: skip
    plots: list[Plot] = []
    if len(scores) >= 20:
        cuts = np.unique(np.quantile(scores, np.linspace(0, 1, 6)))
        place = np.clip(np.searchsorted(cuts, scores, side="right") - 1, 0, max(0, len(cuts) - 2))
        points = [
            (float(scores[place == b].mean()), wilson(float(truth[place == b].sum()), int((place == b).sum())))
            for b in range(max(1, len(cuts) - 1)) if (place == b).any()
        ]  # fmt: skip
        plots.append(
            Plot(
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
            )
        )  # fmt: skip
    return figures, plots
