"""Stage 3: is the personalized answer better?"""

from __future__ import annotations

import numpy as np

from persona_tui.report import study
from persona_tui.report.intervals import (
    UNKNOWN,
    Estimate,
    Floats,
    Ints,
    codes,
    difference,
    exact_binomial,
    jackknife,
    mean,
    share,
    sums,
    unknown,
)
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import (
    FEWEST,
    RANKS_FROM,
    Ceilings,
    count_of,
    drawn,
    figure,
    in_ten,
    percent,
    plural,
    signed,
    within,
)
from store.audit import AuditData

ARMS = {
    "relevant": "what you called relevant",
    "all": "everything you accepted",
    "model": "the model's own choice",
    "personal": "your personal model's choice",
}
SCALE = (1.0, 5.0)
_MEAN = "Mean of your ratings; score interval with Student's t, by prompt."
_SHARE = "Wilson interval by prompt."


def by_arm(data: AuditData) -> dict[str, list[int]]:
    """Arm with personalization → randomly drawn pairs, rated blinded, not identical. First the arm
    that the headline is about: ``relevant`` if it was used or none was, else the one most used."""
    r = data.responses
    found: dict[str, list[int]] = {}
    for i in drawn(r):
        if not r.identical[i] and r.rating[i] is not None and r.arm[i] != "models":
            found.setdefault(r.arm[i], []).append(i)
    if not found:
        return {"relevant": []}
    first = max(found, key=lambda arm: (arm == "relevant", len(found[arm])))
    return {first: found[first], **found}


def build(
    data: AuditData, arms: dict[str, list[int]], ceilings: Ceilings
) -> tuple[list[Figure], list[Plot]]:
    """Figures and plots of this stage, without those of judges. ``arms`` as :func:`by_arm`."""
    r = data.responses
    arm, rows = next(iter(arms.items()))
    rating = np.array([r.rating[i] for i in rows], dtype=float)
    group = codes([r.prompt_id[i] for i in rows])
    n, prompts = len(rows), count_of(group)
    better, tie = int((rating > 3).sum()), int((rating == 3).sum())
    worse = n - better - tie
    average = mean(rating, group, within=SCALE)
    apart = ceilings.get("quality.retest.3.distance")
    figures = [
        figure(
            "stage3.rating", "3", "How much better personalized answers are", "rating", average,
            f"Personalized with {ARMS[arm]}, answers got {average.value:.2f} on average "
            "(3 is no difference, 5 much better)."
            + (f" Asked again, your ratings lay {apart:.1f} apart." if apart is not None else ""),
            _MEAN, study=study.RATING, what="comparison", clusters=prompts,
            tells="Whether personalizing helps you.",
        ),
        figure(
            "stage3.no_better", "3", "Personalizing did not help", "share", share(rating <= 3, group),
            f"Personalizing helped you in {better} of {plural(n, 'comparison')}; "
            f"{tie} were no different, {worse} worse.",
            f"Share of ratings of 3 or less; {_SHARE}", study=study.NO_BETTER,
            headline=True, what="comparison", clusters=prompts,
            tells="In how many answers personalizing helped.",
        ),
    ]  # fmt: skip
    for key, title, hits, said in (
        ("win", "Personalized was better", rating > 3, f"{better} of {n} were better."),
        ("tie", "No difference", rating == 3, f"{tie} of {n} were no different."),
        ("loss", "Personalized was worse", rating < 3, f"{worse} of {n} were worse."),
    ):
        figures.append(
            figure(
                f"stage3.{key}", "3", title, "share", share(hits, group), said,
                f"Share of all comparisons; {_SHARE}", what="comparison", clusters=prompts,
            )
        )  # fmt: skip
    figures.append(_sign(rating, group))
    figures += _attributes(data, rows)
    figures += _arms(data, arms, arm)
    figures += [_mention(data, rows, rating), _length(data, rows, rating)]
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


def _sign(rating: Floats, group: Ints) -> Figure:
    """Wins among those with a preference."""
    decided = rating != 3
    wins, n = int((rating > 3).sum()), int(decided.sum())
    p = exact_binomial(wins, n) if n else 1.0
    return figure(
        "stage3.wins", "3", "Personalized preferred, ties aside", "share",
        share(rating[decided] > 3, within(group, decided)) if n else UNKNOWN,
        f"Where you had a preference it was the personalized answer in {wins} of {n} "
        f"(sign test: p = {p:.2g}).",
        f"Share of wins without ties; {_SHARE} Exact sign test against one half.",
        what="decided comparison",
    )  # fmt: skip


def _attributes(data: AuditData, rows: list[int]) -> list[Figure]:
    """What was said of each attribute: this is what annotators of the study were asked."""
    given = [
        (pair, float(value))
        for pair, i in enumerate(rows)
        for value in data.responses.attribute_ratings[i].values()
    ]
    rating = np.array([value for _, value in given])
    pair = np.unique(np.array([p for p, _ in given], dtype=np.int64), return_inverse=True)[1]
    average = mean(rating, pair, within=SCALE)
    n, worse = len(rating), int((rating <= 3).sum())
    return [
        figure(
            "stage3.attribute_rating", "3", "How much better, attribute by attribute", "rating",
            average, f"As far as single attributes are concerned, answers got {average.value:.2f} on "
            "average (3 is no difference, 5 much better).",
            "Mean of your ratings for each attribute; score interval with Student's t, by pair.",
            study=study.ATTRIBUTE_RATING, what="attribute rating", clusters=count_of(pair),
            tells="The same question that the study asked.",
        ),
        figure(
            "stage3.attribute_no_better", "3", "No better, attribute by attribute", "share",
            share(rating <= 3, pair), f"For {worse} of {plural(n, 'attribute')} asked about the "
            "personalized answer was no better.",
            "Share of ratings of 3 or less for each attribute; Wilson interval by pair.",
            study=study.ATTRIBUTE_NO_BETTER, what="attribute rating", clusters=count_of(pair),
        ),
    ]  # fmt: skip


def _arms(data: AuditData, arms: dict[str, list[int]], headline: str) -> list[Figure]:
    found = []
    for arm, words in ARMS.items():
        rows = arms.get(arm)
        if arm == headline or not rows:
            continue
        rating = np.array([data.responses.rating[i] for i in rows], dtype=float)
        group = codes([data.responses.prompt_id[i] for i in rows])
        average = mean(rating, group, within=SCALE)
        found.append(
            figure(
                f"stage3.rating.{arm}", "3", f"Personalized with {words}", "rating", average,
                f"Personalized with {words}, answers got {average.value:.2f} on average.", _MEAN,
                what="comparison",
            )
        )  # fmt: skip
    return found


def _mention(data: AuditData, rows: list[int], rating: Floats) -> Figure:
    r = data.responses
    effect = mention_effect(
        rating, [r.explicit_mention[i] for i in rows], [r.prompt_id[i] for i in rows]
    )
    return figure(
        "stage3.mention", "3", "What open mention of you does to your rating", "points", effect,
        f"Answers that mention something about you openly got {signed(effect.value)} against those "
        "that do not." if effect.is_known else "",
        f"{MENTION_EFFECT} Mentions are found by a program: precision 1.00 (0.91–1.00), recall 0.88 "
        "(0.75–0.95) on 84 sentences that were written before it.",
        study=study.MENTION, need=RANKS_FROM, what="comparison",
    )  # fmt: skip


MENTION_EFFECT = (
    "Mean rating with mention minus without, where it is known whether there is one; two score "
    "intervals by prompt, joined by Newcombe's square-and-add."
)


def mention_effect(rating: Floats, said: list[bool | None], prompts: list[str]) -> Estimate:
    """Mean with mention minus mean without; pairs of which it is not known are left out."""

    def of(wanted: bool) -> Estimate:
        place = [k for k, one in enumerate(said) if one is wanted]
        return mean(rating[place], codes([prompts[k] for k in place]), within=SCALE)

    first, second = of(True), of(False)
    if not (first.is_known and second.is_known):
        return unknown(first.n + second.n)
    return difference(first, second)


def _length(data: AuditData, rows: list[int], rating: Floats) -> Figure:
    """Slope of the rating on the log2 of the length ratio: points for each doubling."""
    r = data.responses
    lengths = np.array(
        [(r.len_personalized[i] or 0, r.len_generic[i] or 0) for i in rows], dtype=float
    ).reshape(-1, 2)
    usable = (lengths[:, 0] > 0) & (lengths[:, 1] > 0)
    x = np.log2(lengths[usable, 0] / lengths[usable, 1])
    y, n = rating[usable], int(usable.sum())
    found = unknown(n)
    if n >= 3 and x.std() > 0:
        group = codes([r.prompt_id[i] for i, yes in zip(rows, usable, strict=True) if yes])

        def slope(s: Floats) -> Floats:
            sx, sy, sxx, sxy, m = (s[..., k] for k in range(5))
            return np.asarray((m * sxy - sx * sy) / (m * sxx - sx * sx))

        found = jackknife(sums(group, x, y, x * x, x * y, np.ones(n)), slope, n=n)
        if y.std() == 0:
            found = unknown(n)  # nothing varies that length could explain
    return figure(
        "stage3.length", "3", "What length does to your rating", "points", found,
        f"An answer twice as long got {signed(found.value)}." if found.is_known else "",
        "Slope of the rating on the log2 length ratio (characters); jackknife by prompt.",
        need=RANKS_FROM, what="comparison",
    )  # fmt: skip


def _models_arm(data: AuditData) -> list[Figure]:
    """Two models compared without their names."""
    r = data.responses
    duels: dict[tuple[str, str], list[int]] = {}
    for i in drawn(r):
        if r.arm[i] == "models" and r.rating[i] is not None:
            duels.setdefault((r.model_generic[i], r.model_personalized[i]), []).append(i)
    found = []
    for (first, second), rows in sorted(duels.items()):
        rating = np.array([r.rating[i] for i in rows], dtype=float)
        decided = rating != 3
        wins, losses = int((rating > 3).sum()), int((rating < 3).sum())
        group = within(codes([r.prompt_id[i] for i in rows]), decided)
        rate = share(rating[decided] > 3, group) if wins + losses else UNKNOWN
        found.append(
            figure(
                f"stage3.models[{first}|{second}]", "3", f"{second} or {first}?", "share", rate,
                f"You preferred {second} in {wins} and {first} in {losses} of {len(rows)}"
                + (f": {percent(rate.value)} for {second}, about {in_ten(rate.value)}." if wins + losses else "."),
                f"Share of wins without ties; {_SHARE}", what="decided comparison",
            )
        )  # fmt: skip
    return found
