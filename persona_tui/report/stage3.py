"""Stage 3: is the personalized answer better, for the person and for judges?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from persona_tui.report import study
from persona_tui.report.agreement import paired
from persona_tui.report.intervals import (
    Estimate,
    Floats,
    codes,
    difference,
    exact_binomial,
    jackknife,
    mean,
    share,
    sums,
    wilson,
)
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import MODELS_MISSING, figure, in_ten, percent, plural
from store.audit import AuditData

ARMS = {
    "relevant": "what you called relevant",
    "all": "everything you accepted (except what is only for when you ask)",
    "model": "the model's own choice",
    "personal": "your personal model's choice",
}


def rows_of(data: AuditData, arm: str | None = None) -> list[int]:
    """Randomly drawn, rated, not identical pairs of the arms with personalization."""
    r = data.responses
    return [
        i
        for i in range(len(r.rating))
        if r.sampling[i] == "random"
        and r.inclusion_prob[i]
        and not r.identical[i]
        and r.rating[i] is not None
        and (r.arm[i] == arm if arm else r.arm[i] != "models")
    ]


def headline_arm(data: AuditData) -> str:
    """The arm that the headline is about: ``relevant`` if it was used, else the one most used."""
    used = [data.responses.arm[i] for i in rows_of(data)]
    return "relevant" if "relevant" in used or not used else max(set(used), key=used.count)


def build(data: AuditData, ceiling: float | None) -> tuple[list[Figure], list[Plot]]:
    """Figures and plots of this stage."""
    r = data.responses
    arm = headline_arm(data)
    rows = rows_of(data, arm)
    rating = np.array([r.rating[i] for i in rows], dtype=float)
    group = codes([r.prompt_id[i] for i in rows])
    n = len(rows)
    better, tie = int((rating > 3).sum()), int((rating == 3).sum())
    worse = n - better - tie
    average = mean(rating, group) if n else wilson(0, 0)
    none = share(rating <= 3, group)
    figures = [
        figure(
            "stage3.rating", "3", "How much better personalized answers are", "rating", average,
            f"Personalized with {ARMS[arm]}, answers got {average.value:.2f} on average "
            "(3 is no difference, 5 much better).",
            "Mean of your ratings; Student's t by prompt.", study=study.RATING, ceiling=ceiling,
            need=FEWEST, what="comparison", tells="Whether personalizing helps you.",
        ),
        figure(
            "stage3.no_better", "3", "Personalizing did not help", "share", none,
            f"Personalizing helped you in {better} of {plural(n, 'comparison')}; "
            f"{tie} were no different, {worse} worse.",
            "Share of ratings of 3 or less; Wilson interval by prompt.", study=study.NO_BETTER,
            headline=True, what="comparison", tells="In how many answers personalizing helped.",
        ),
        _sign(better, worse),
    ]  # fmt: skip
    figures += _arms(data, arm)
    figures += [_mention(data, rows, rating), _length(data, rows, rating)]
    figures += _judges(data, rows, rating, ceiling)
    figures += _models_arm(data)
    plots = []
    if n >= FEWEST:
        counts = [float((rating == k).sum()) for k in range(1, 6)]
        plots.append(
            Plot(
                "stage3.ratings", "3", "bars", "Your ratings", "comparisons", "",
                (Series("comparisons", tuple(float(i) for i in range(5)), tuple(counts)),),
                ("much worse", "worse", "no difference", "better", "much better"), unit="count",
                description="How often a personalized answer was much worse to much better.",
            )
        )  # fmt: skip
    return figures, plots


FEWEST = 5


def _sign(better: int, worse: int) -> Figure:
    """Wins among those with a preference."""
    decided = better + worse
    p = exact_binomial(better, decided) if decided else 1.0
    return figure(
        "stage3.wins", "3", "Personalized preferred, ties aside", "share", wilson(better, decided),
        f"Where you had a preference it was the personalized answer in {better} of {decided} "
        f"(sign test: p = {p:.2g}).",
        "Share of wins without ties, Wilson interval; exact sign test against one half.",
        what="decided comparison",
    )  # fmt: skip


def _arms(data: AuditData, headline: str) -> list[Figure]:
    found = []
    for arm, words in ARMS.items():
        rows = rows_of(data, arm)
        if arm == headline or not rows:
            continue
        rating = np.array([data.responses.rating[i] for i in rows], dtype=float)
        average = mean(rating, codes([data.responses.prompt_id[i] for i in rows]))
        found.append(
            figure(
                f"stage3.rating.{arm}", "3", f"Personalized with {words}", "rating", average,
                f"Personalized with {words}, answers got {average.value:.2f} on average.",
                "Mean of your ratings; Student's t by prompt.", what="comparison",
            )
        )  # fmt: skip
    return found


def _mention(data: AuditData, rows: list[int], rating: Floats) -> Figure:
    r = data.responses
    known = np.array([r.explicit_mention[i] is not None for i in rows], dtype=bool)
    said = np.array([bool(r.explicit_mention[i]) for i in rows], dtype=bool)
    effect = _mention_effect(rating[known], said[known])
    return figure(
        "stage3.mention", "3", "What open mention of you does to your rating", "points", effect,
        f"Answers that mention something about you openly got {effect.value:+.2f} against those "
        "that do not." if effect.is_known else "",
        "Mean rating with mention minus without; Welch's t by Newcombe's square-and-add. Mentions are "
        "found by a program: precision 1.00 (0.91–1.00), recall 0.88 (0.75–0.95) on 84 sentences "
        "that were written before it.",
        study=study.MENTION, need=10, what="comparison",
    )  # fmt: skip


def _mention_effect(rating: Floats, said: NDArray[np.bool_]) -> Estimate:
    if said.sum() < 2 or (~said).sum() < 2:
        return Estimate(float("nan"), float("nan"), float("nan"), len(rating))
    return difference(mean(rating[said]), mean(rating[~said]))


def _length(data: AuditData, rows: list[int], rating: Floats) -> Figure:
    """Slope of the rating on the log2 of the length ratio: points for each doubling."""
    r = data.responses
    usable = [
        k for k, i in enumerate(rows) if (r.len_generic[i] or 0) > 0 and (r.len_personalized[i] or 0) > 0
    ]  # fmt: skip
    x = np.array(
        [
            np.log2((r.len_personalized[rows[k]] or 1) / (r.len_generic[rows[k]] or 1))
            for k in usable
        ]
    )
    y = rating[usable] if usable else rating[:0]
    n = len(usable)
    if n >= 3 and x.std() > 0:
        table = sums(codes([r.prompt_id[rows[k]] for k in usable]), x, y, x * x, x * y, np.ones(n))

        def slope(s: Floats) -> Floats:
            sx, sy, sxx, sxy, m = (s[..., k] for k in range(5))
            return np.asarray((m * sxy - sx * sy) / (m * sxx - sx * sx))

        found = jackknife(table, slope, n=n)
    else:
        found = Estimate(float("nan"), float("nan"), float("nan"), n)
    return figure(
        "stage3.length", "3", "What length does to your rating", "points", found,
        f"An answer twice as long got {found.value:+.2f}." if found.is_known else "",
        "Slope of the rating on the log2 length ratio (characters); jackknife by prompt.",
        need=10, what="comparison",
    )  # fmt: skip


def _judges(
    data: AuditData, rows: list[int], rating: Floats, ceiling: float | None
) -> list[Figure]:
    """Each LLM judge beside the person, on the same pairs."""
    m, r = data.models, data.responses
    said: dict[str, dict[str, tuple[int, bool | None]]] = {}
    for kind, tag, pair, value, flipped in zip(
        m.kind, m.model_tag, m.pair_id, m.rating, m.flipped, strict=True
    ):
        if kind == "response" and value is not None and pair:
            said.setdefault(tag, {})[pair] = (value, flipped)
    found = []
    for tag in sorted(said):
        both = [
            (k, said[tag][r.pair_id[i]]) for k, i in enumerate(rows) if r.pair_id[i] in said[tag]
        ]
        mine = rating[[k for k, _ in both]] if both else rating[:0]
        theirs = np.array([value for _, (value, _) in both], dtype=float)
        group = codes([r.prompt_id[rows[k]] for k, _ in both])
        inflation = mean(theirs - mine, group) if both else wilson(0, 0)
        found.append(
            figure(
                f"stage3.inflation[{tag}]", "3", f"How much kinder {tag} judges", "points", inflation,
                f"{tag}'s own opinion was {abs(inflation.value):.1f} "
                f"{'higher' if inflation.value >= 0 else 'lower'} than yours.",
                "Mean of (judge − you) on the same pairs; Student's t by prompt.",
                study=study.INFLATION, model_tag=tag, headline=True, what="comparison",
            )
        )  # fmt: skip
        for key, title, values, method in (
            ("spearman", "Rank correlation with you", study.SPEARMAN, "Bootstrap by prompt."),
            (
                "quadratic", "Agreement with you (quadratic κ)", (),
                "Jackknife by prompt on Fisher's z.",
            ),
        ):  # fmt: skip
            one = paired(key, mine, theirs, group)
            found.append(
                figure(
                    f"stage3.{key}[{tag}]", "3", f"{title}: {tag}", "correlation", one,
                    f"{title} of {tag}: {one.value:.2f}." if one.is_known else "",
                    method, study=values, need=10, model_tag=tag, ceiling=ceiling,
                    what="comparison",
                )
            )  # fmt: skip
        turned = np.array([f for _, (_, f) in both if f is not None], dtype=bool)
        found.append(
            figure(
                f"stage3.flips[{tag}]", "3", f"How often {tag} changes its mind with the order",
                "share", wilson(int(turned.sum()), len(turned)),
                f"{tag} preferred the other answer when the sides were exchanged in "
                f"{int(turned.sum())} of {len(turned)}.",
                "Share of pairs judged in both orders; Wilson interval.", model_tag=tag,
                what="comparison",
            )
        )  # fmt: skip
        mentioned = np.array([bool(r.explicit_mention[rows[k]]) for k, _ in both], dtype=bool)
        effect = _mention_effect(theirs, mentioned)
        found.append(
            figure(
                f"stage3.mention[{tag}]", "3", f"What open mention does to {tag}'s rating", "points",
                effect, f"{effect.value:+.2f} with open mention." if effect.is_known else "",
                "As for you.", study=study.JUDGE_MENTION, need=10, model_tag=tag, what="comparison",
            )
        )  # fmt: skip
    if not said:
        found.append(
            figure(
                "stage3.inflation", "3", "How much kinder LLM judges are", "points", wilson(0, 0), "",
                "Mean of (judge − you) on the same pairs.", study=study.INFLATION, headline=True,
                missing=MODELS_MISSING, tells="Whether models applaud where you do not.",
            )
        )  # fmt: skip
    return found


def _models_arm(data: AuditData) -> list[Figure]:
    """Two models compared without their names."""
    r = data.responses
    duels: dict[tuple[str, str], list[int]] = {}
    for i in range(len(r.rating)):
        if r.arm[i] == "models" and r.rating[i] is not None and r.sampling[i] == "random":
            duels.setdefault((r.model_generic[i], r.model_personalized[i]), []).append(i)
    found = []
    for (first, second), rows in sorted(duels.items()):
        rating = [r.rating[i] or 3 for i in rows]
        wins, losses = sum(v > 3 for v in rating), sum(v < 3 for v in rating)
        rate = wilson(wins, wins + losses)
        found.append(
            figure(
                f"stage3.models[{first}|{second}]", "3", f"{second} or {first}?", "share", rate,
                f"You preferred {second} in {wins} and {first} in {losses} of {len(rows)}"
                + (f": {percent(rate.value)} for {second}, about {in_ten(rate.value)}." if wins + losses else "."),
                "Share of wins without ties; Wilson interval.", what="decided comparison",
            )
        )  # fmt: skip
    return found
