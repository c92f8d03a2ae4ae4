"""The person beside synthetic users: does the same model look better on them?

Compared is only what is alike: the same extraction, the same judge, prompts of the bank.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from persona_tui.report.foil_data import Played, read
from persona_tui.report.foil_judges import judges
from persona_tui.report.foil_parts import MISSING, gap, mine_on_bank, real_rows
from persona_tui.report.intervals import CONVERSATION, Estimate, codes, share
from persona_tui.report.model import Figure, Plot, Series
from persona_tui.report.parts import figure, percent, plural, whole
from store.audit import AuditData


def build(data: AuditData) -> tuple[list[Figure], list[Plot]]:
    """Figures of the foil: synthetic, and real minus synthetic."""
    played = read(data)
    real = _real(data, played)
    right = played.right()
    keys = list(right)
    ok = np.array([right[key] for key in keys], dtype=bool)
    fake = share(ok, played.clusters(keys), alike=CONVERSATION)
    figures = [*_acceptance(played, fake, int(ok.sum()), real)]
    figures += _by_the_person(played, real)
    figures += _failures(data, played)
    figures += _relevance(data, played)
    figures += judges(data, played)
    plots = []
    if real.is_known and fake.is_known and fake.n >= 5 and real.n >= 5:
        plots.append(
            Plot(
                "foil.acceptance", "foil", "intervals", "Right about you, and about synthetic users",
                "share that is right", "",
                (Series("", (real.value, fake.value), (0.0, 1.0), (real.low, fake.low),
                        (real.high, fake.high)),),
                ("you", "synthetic"),
                description="Acceptance for you and for synthetic users, with intervals.",
            )
        )  # fmt: skip
    return figures, plots


def _acceptance(played: Played, fake: Estimate, ok: int, real: Estimate) -> list[Figure]:
    """What is right about synthetic users, of what is decided; and what it may be in truth."""
    everything = list(played.conversation)
    n = len(everything)
    right = played.right()
    open_ = n - len(right)
    missing = None if n else MISSING
    clusters = played.clusters(everything)

    def if_undecided(verdict: bool) -> Estimate:
        return share(
            np.array([right.get(key, verdict) for key in everything], dtype=bool),
            clusters,
            alike=CONVERSATION,
        )

    worst, best = if_undecided(False), if_undecided(True)
    aside = (
        f" {plural(played.left_out, 'attribute')} of other models, settings or earlier profiles "
        "left out."
        if played.left_out
        else ""
    )
    return [
        figure(
            "foil.acceptance", "foil", "What is right about synthetic users", "share", fake,
            f"Of {plural(n, 'attribute')} that {played.extractor} inferred about synthetic users "
            f"{len(right)} are decided, and {ok} of these are right; {percent(worst.value)} if all "
            f"that are undecided were wrong, {percent(best.value)} if right.{aside}" if n else "",
            "By what the persona states, implies or contradicts, or by you where you judged; Wilson "
            "by conversation. Undecided ones are left out here.",
            missing=missing, what="decided attribute",
        ),
        figure(
            "foil.undecided", "foil", "Left undecided about synthetic users", "share",
            share(np.array([key not in right for key in everything], dtype=bool), clusters, alike=CONVERSATION),
            f"Of {plural(n, 'attribute')} {open_} are neither stated nor ruled out by the persona "
            "(persona-tui foil review decides them).",
            "Share, Wilson by conversation.", missing=missing, what="synthetic attribute",
        ),
        figure(
            "foil.acceptance.least", "foil", "Right about synthetic users at least", "share", worst,
            "If everything undecided were wrong.", "As acceptance, undecided as wrong.",
            missing=missing, what="synthetic attribute",
        ),
        figure(
            "foil.acceptance.most", "foil", "Right about synthetic users at most", "share", best,
            "If everything undecided were right.", "As acceptance, undecided as right.",
            missing=missing, what="synthetic attribute",
        ),
        gap(
            "foil.acceptance_gap", "Right about you minus right about synthetic users", real, fake,
            study=True, of_you=("judgment", f"of what {played.extractor} inferred about you"),
            more_said=f" Between {whole(real.value - best.value)} and "
            f"{whole(real.value - worst.value)} points, whatever the undecided ones are."
            if real.is_known and open_ else "",
        ),
    ]  # fmt: skip


def _real(data: AuditData, played: Played) -> Estimate:
    """What is right about the person, of what the same model inferred."""
    a = data.attributes
    rows = real_rows(data, played)
    ok = np.array([a.verdict[i] == "ok" for i in rows], dtype=bool)
    return share(ok, codes([a.conversation_id[i] for i in rows]), alike=CONVERSATION)


def _by_the_person(played: Played, real: Estimate) -> list[Figure]:
    """The person's own verdicts on synthetic users: the same rater on both sides."""
    bank = [key for key in played.mine if key in played.conversation]
    own = [key for key in played.mine if key in played.own]
    both = [key for key in bank if key in played.truth]

    def accepted(keys: list[str]) -> Estimate:
        ok = np.array([played.mine[key] == "ok" for key in keys], dtype=bool)
        return share(ok, played.clusters(keys), alike=CONVERSATION)

    found = []
    if bank:
        mine = accepted(bank)
        alike = [(played.mine[key] == "ok") == played.truth[key] for key in both]
        found += [
            figure(
                "foil.acceptance.by_you", "foil", "What you call right about synthetic users", "share",
                mine, f"Of {plural(len(bank), 'attribute')} about synthetic users you accepted "
                f"{sum(played.mine[key] == 'ok' for key in bank)}.",
                "Your verdicts only (persona-tui foil review); Wilson by conversation.",
            ),
            gap(
                "foil.acceptance_gap.by_you", "You accept: about you minus about synthetic users",
                real, mine,
            ),
            figure(
                "foil.truth_agreement", "foil", "You agree with what personas say", "share",
                share(np.array(alike, dtype=bool), played.clusters(both), alike=CONVERSATION),
                f"Of {plural(len(both), 'attribute')} that both of you decided you agree on "
                f"{sum(alike)}.", "ok against not ok; Wilson by conversation.",
            ),
        ]  # fmt: skip
    if own:
        found.append(
            figure(
                "foil.own.acceptance", "foil", "Right about you as a model plays you", "share",
                accepted(own), f"Of {plural(len(own), 'attribute')} inferred from conversations "
                "that a model played from your profile you accepted "
                f"{sum(played.mine[key] == 'ok' for key in own)}.",
                "Your verdicts only, on the profile as it was played last; Wilson by conversation.",
            )
        )  # fmt: skip
    return found


def _failures(data: AuditData, played: Played) -> list[Figure]:
    """Why what is not ok is wrong, as the person says of both."""
    from persona_tui.report.stage1 import LABELS

    a = data.attributes
    rows = [i for i in real_rows(data, played) if a.failure_mode[i] and a.verdict[i] != "ok"]
    mine = [str(a.failure_mode[i]) for i in rows]
    wrong = [key for key in played.modes if key in played.conversation]
    theirs = [played.modes[key] for key in wrong if played.mine[key] != "ok"]
    wrong = [key for key in wrong if played.mine[key] != "ok"]
    if not theirs:
        return []
    found = []
    for mode, label in LABELS.items():
        if mode in mine or mode in theirs:
            found.append(
                gap(
                    f"foil.failure.{mode}", f"Wrong because {label}: you minus synthetic",
                    share(_are(mine, mode), codes([a.conversation_id[i] for i in rows]), alike=CONVERSATION),
                    share(_are(theirs, mode), played.clusters(wrong), alike=CONVERSATION),
                    of_you=("reason", "given for what is wrong about you"),
                    of_them=("reason", "given about synthetic users (persona-tui foil review)"),
                    method="As you said of both; shares of what is not ok. ",
                )
            )  # fmt: skip
    return found


def _are(modes: Sequence[str], wanted: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([mode == wanted for mode in modes], dtype=bool)


def _relevance(data: AuditData, played: Played) -> list[Figure]:
    """How much of a person and of a persona matters for prompts of the bank."""
    if not played.conversation:
        return []
    mine = mine_on_bank(data)
    keys = list(played.relevant)
    yes = np.array([played.relevant[key] for key in keys], dtype=bool)
    return [
        gap(
            "foil.yes_rate_gap", "Relevant for you minus relevant for synthetic users",
            share(mine.yes, mine.prompt, mine.weight),
            share(yes, played.clusters([key for key, _ in keys]), alike=CONVERSATION),
            of_you=("answer", "of yours about prompts of the bank"),
            of_them=("answer", "about synthetic users"),
            method="Prompts of the bank only; for personas by what their author wrote, half of the "
            "prompts being such that knowing the person matters. ",
        )
    ]  # fmt: skip
