"""One judge on both sides: does it say the same of a person and of synthetic users, and agree as often?"""

from __future__ import annotations

import numpy as np

from persona_tui.report.foil_data import Played
from persona_tui.report.foil_parts import gap, mine_on_bank, real_rows
from persona_tui.report.intervals import CONVERSATION, codes, share
from persona_tui.report.model import Figure
from persona_tui.report.stage2 import said_by_models
from store.audit import AuditData

_TELLS = "Whether this judge treats synthetic users as it treats you."
_SAME = "The same judge in the same words on both sides. "


def judges(data: AuditData, played: Played) -> list[Figure]:
    """For each judge of synthetic users: what it calls right and relevant, and how often it agrees,
    about the person minus about synthetic users."""
    found = []
    for tag in sorted(played.judged.keys() | played.chosen.keys()):
        found += _validity(data, played, tag)
        found += _relevance(data, played, tag)
    return found


def _validity(data: AuditData, played: Played, tag: str) -> list[Figure]:
    a, m = data.attributes, data.models
    theirs = played.judged.get(tag, {})
    about_me = {
        key: verdict == "ok"
        for kind, name, key, verdict in zip(
            m.kind, m.model_tag, m.attribute_id, m.verdict, strict=True
        )
        if kind == "attribute" and name == tag and verdict and key
    }
    rows = [i for i in real_rows(data, played) if a.attribute_id[i] in about_me]
    real = np.array([about_me[a.attribute_id[i]] for i in rows], dtype=bool)
    mine = np.array([a.verdict[i] == "ok" for i in rows], dtype=bool)
    clusters = codes([a.conversation_id[i] for i in rows])
    keys = list(theirs)
    fake = np.array([theirs[key] == "ok" for key in keys], dtype=bool)
    right = played.right()
    decided = [key for key in keys if key in right]
    agrees = np.array([(theirs[key] == "ok") == right[key] for key in decided], dtype=bool)
    need = ("verdict", f"of {tag} about you (persona-tui judge --stage attribute)")
    return [
        gap(
            f"foil.judge_acceptance_gap[{tag}]",
            f"{tag} calls right: about you minus about synthetic users",
            share(real, clusters, alike=CONVERSATION), share(fake, played.clusters(keys), alike=CONVERSATION), of_you=need, method=_SAME,
            model_tag=tag, tells=_TELLS,
        ),
        gap(
            f"foil.judge_agreement_gap[{tag}]",
            f"{tag} agrees: with you minus with the truth of synthetic users",
            share(real == mine, clusters, alike=CONVERSATION), share(agrees, played.clusters(decided), alike=CONVERSATION), of_you=need,
            method=f"{_SAME}ok against not ok; undecided ones left out. ", model_tag=tag, tells=_TELLS,
        ),
    ]  # fmt: skip


def _relevance(data: AuditData, played: Played, tag: str) -> list[Figure]:
    theirs = played.chosen.get(tag, {})
    if not theirs:
        return []
    mine = mine_on_bank(data)
    said = said_by_models(data).get(tag, {})
    rows = [i for i, key in enumerate(mine.keys) if key in said]
    real = np.array([said[mine.keys[i]] for i in rows], dtype=bool)
    yes, weight = mine.yes[rows], mine.weight[rows]
    clusters = codes([mine.keys[i][0] for i in rows])
    keys = list(theirs)
    fake = np.array([theirs[key] for key in keys], dtype=bool)
    both = [key for key in keys if key in played.relevant]
    agrees = np.array([theirs[key] == played.relevant[key] for key in both], dtype=bool)
    need = (
        "answer",
        f"of {tag} about you and prompts of the bank (persona-tui judge --stage relevance)",
    )
    if not rows:
        weight = np.ones(0)
    return [
        gap(
            f"foil.judge_yes_rate_gap[{tag}]",
            f"{tag} calls relevant: for you minus for synthetic users",
            share(real, clusters, weight), share(fake, played.clusters([key for key, _ in keys]), alike=CONVERSATION),
            of_you=need, method=f"{_SAME}Prompts of the bank; of synthetic users only what is true. ",
            model_tag=tag, tells=_TELLS,
        ),
        gap(
            f"foil.judge_relevance_agreement_gap[{tag}]",
            f"{tag} agrees on relevance: with you minus with personas",
            share(real == yes, clusters, weight),
            share(agrees, played.clusters([key for key, _ in both]), alike=CONVERSATION), of_you=need, method=_SAME,
            model_tag=tag, tells=_TELLS,
        ),
    ]  # fmt: skip
