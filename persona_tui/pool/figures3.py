"""Stage 3 over all donors: is the personalized answer better, for people and for judges?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from persona_tui.pool import estimates
from persona_tui.pool.estimates import Statistic, smooth
from persona_tui.pool.figures1 import WILSON
from persona_tui.pool.maker import Maker
from persona_tui.pool.statistics import RATINGS
from persona_tui.pool.sums import Sums
from persona_tui.pool.withhold import shown
from persona_tui.report import study
from persona_tui.report.intervals import UNKNOWN, Estimate, Floats, Scale
from persona_tui.report.model import Plot, Series

HEADLINE = "relevant"
"""The arm that the study has: personalized with what the person called relevant."""
ARMS = {
    "all": "everything accepted",
    "model": "the model's own choice",
    "personal": "the personal model's choice",
}
HIST = tuple(f"r{value}" for value in RATINGS)
CROSS = tuple(f"c{mine}{theirs}" for mine in RATINGS for theirs in RATINGS)
_T = "Weighted by inclusion probability; delete-one-donor jackknife, Student's t."


def build(make: Maker, sums: Mapping[str, Sums]) -> None:
    """Figures of this stage."""
    everything = sums["ratings"]
    r = everything.where(arm=HEADLINE)
    who = r.donors()
    make.add(
        "stage3.rating", "3", "How much better personalized answers are", "rating", who,
        lambda: _rating(r),
        "{of} gave personalized answers {value:.2f} on average of {n} comparisons "
        "(3 is no difference, 5 much better).",
        _T, study=study.RATING, what="comparison", tells="Whether personalizing helps people.",
    )  # fmt: skip
    for key, title, hits, totals, values, headline in (
        ("no_better", "Personalizing did not help", HIST[:3], "w", study.NO_BETTER, True),
        ("wins", "Personalized preferred, ties aside", HIST[3:], HIST[:2] + HIST[3:], (), False),
        ("win", "Personalized won", HIST[3:], "w", (), False),
        ("tie", "No difference", HIST[2:3], "w", (), False),
        ("loss", "Personalized lost", HIST[:2], "w", (), False),
    ):
        make.add(
            f"stage3.{key}", "3", title, "share", who,
            partial(estimates.share, r, hits, totals),
            f"{title}: {{percent}} of {{n}} comparisons of {{of}}.",
            WILSON, study=values, headline=headline, what="comparison",
        )  # fmt: skip
    for by in ("model", "month"):
        make.breakdown("stage3.rating", "3", "How much better personalized answers are", "rating", r,
                       by, _rating, _T, what="comparison")  # fmt: skip
    _arms(make, everything)
    make.add(
        "stage3.mention", "3", "What open mention does to the rating", "points", r.donors("n_mention"),
        lambda: smooth(
            r.by_donor(*(f"said{v}" for v in RATINGS), *(f"unsaid{v}" for v in RATINGS)),
            estimates.mean_difference, n=r.total("n_mention"),
        ),
        "Answers that mention something about the person openly got {shown} "
        "against those that do not ({of}).",
        f"Mean rating with mention minus without. {_T}", study=study.MENTION, need=10,
        what="comparison",
    )  # fmt: skip
    make.add(
        "stage3.length", "3", "What length does to the rating", "points", r.donors("n_length"),
        lambda: smooth(r.by_donor("lw", "lx", "ly", "lxx", "lxy"), estimates.slope, n=r.total("n_length")),
        "An answer twice as long got {shown} ({of}).",
        f"Slope of the rating on the log2 length ratio (characters). {_T}", need=10, what="comparison",
    )  # fmt: skip
    _judges(make, sums["judges"].where(arm=HEADLINE))
    if "stage3.rating" in make.donors:
        counts = tuple(r.total(name) / r.total("w") for name in HIST)
        make.plots.append(
            Plot("stage3.ratings", "3", "bars", "Ratings", "comparisons", "",
                 (Series("share", tuple(float(i) for i in range(5)), counts),),
                 ("much worse", "worse", "no difference", "better", "much better"), unit="share",
                 description="How often a personalized answer was much worse to much better.")
        )  # fmt: skip


def _rating(r: Sums) -> Estimate:
    return smooth(r.by_donor(*HIST), estimates.mean_rating, n=r.total("n"))


def _arms(make: Maker, everything: Sums) -> None:
    for arm, words in ARMS.items():
        r = everything.where(arm=arm)
        if r.donors():
            make.add(
                f"stage3.rating.{arm}", "3", f"Personalized with {words}", "rating", r.donors(),
                partial(_rating, r),
                f"Personalized with {words}: {{value:.2f}} on average of {{n}} comparisons of {{of}}.",
                _T, what="comparison",
            )  # fmt: skip


def _judges(make: Maker, everything: Sums) -> None:
    """Each judge beside the donors, on the same pairs."""
    cells = {tag: everything.where(model=tag) for tag in everything.values("model")}
    allowed = shown({tag: cell.donors() for tag, cell in cells.items()}, make.k,
                    never=frozenset({None}))  # fmt: skip
    before = len(make.figures)
    for tag in filter(None, cells):
        _judge(make, tag, cells[tag], allowed=tag in allowed)
    if not any(cells):
        make.add(
            "stage3.inflation", "3", "How much kinder LLM judges are", "points", set(),
            lambda: UNKNOWN, "", "Mean of (judge − donor) on the same pairs.",
            study=study.INFLATION, headline=True, tells="Whether models applaud where people do not.",
        )  # fmt: skip
    made = [one for one in make.figures[before:] if one.key.startswith("stage3.inflation[")]
    make.plot("stage3.inflations", "3", "How much kinder judges are", made, "points")


def _cross(j: Sums, statistic: Statistic, scale: Scale = "plain") -> Estimate:
    return smooth(j.by_donor(*CROSS), statistic, n=j.total("n"), scale=scale)


def _judge(make: Maker, tag: str, j: Sums, *, allowed: bool) -> None:
    make.add(
        f"stage3.inflation[{tag}]", "3", f"How much kinder judges are: {tag}", "points", j.donors(),
        partial(_cross, j, estimates.inflation),
        f"{tag}'s own opinion was {{shown}} against that of "
        "{of} on the same {n} pairs.",
        f"Mean of (judge − donor) on the same pairs. {_T}", allowed=allowed, study=study.INFLATION,
        headline=True, model_tag=tag, what="comparison",
    )  # fmt: skip
    for key, title, statistic, values in (
        ("spearman", "Rank correlation with the donors", estimates.spearman, study.SPEARMAN),
        ("quadratic", "Agreement with the donors (quadratic κ)", estimates.quadratic_kappa, ()),
    ):
        make.add(
            f"stage3.{key}[{tag}]", "3", f"{title}: {tag}", "correlation", j.donors(),
            partial(_cross, j, statistic, "fisher"),
            f"{title}, {tag}: {{value:.2f}} ({{of}}).",
            f"{_T} On Fisher's z, from the cross table over all donors.", allowed=allowed, study=values,
            need=10, model_tag=tag, what="comparison",
        )  # fmt: skip

    def effect(s: Floats) -> Floats:
        return s[..., 1] / s[..., 0] - s[..., 3] / s[..., 2]

    make.add(
        f"stage3.mention[{tag}]", "3", f"What open mention does to the judge's rating: {tag}", "points",
        j.donors("n_mention"),
        lambda: smooth(j.by_donor("w_said", "sum_said", "w_unsaid", "sum_unsaid"), effect,
                       n=j.total("n_mention")),
        f"{tag} gave {{shown}} with open mention ({{of}}).",
        f"As for the donors. {_T}", allowed=allowed, study=study.JUDGE_MENTION, need=10, model_tag=tag,
        what="comparison",
    )  # fmt: skip
