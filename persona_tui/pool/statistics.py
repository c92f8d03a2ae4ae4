"""The heavy work, written once: Ibis expressions from judgments to sums for each donor.

Every figure is a function of these sums, and donors are what intervals leave out in turn, so nothing
finer leaves the engine. Sums are of weights (1 / inclusion probability); columns named ``n…`` count
rows. Headline rows are drawn ``random`` or ``active`` with a known probability; repeats and planted
items have expressions of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

from persona_tui.donation.schema import Table
from persona_tui.donation.vocabularies import FAILURE_MODES, VERDICTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

Tables = Mapping[Table, "ir.Table"]
RATINGS = (1, 2, 3, 4, 5)
LEVELS = range(11)
"""Confidence in tenths, as it is donated."""
KEYS = ("donor", "model", "month", "arm", "level")
"""Columns of an expression that tell cells apart; all others are sums."""


def headline(rows: Any) -> Any:
    """Rows that figures rest on, with their weight ``w``."""
    drawn = rows.filter(rows.sampling.isin(["random", "active"]), rows.inclusion_prob > 0)
    return drawn.mutate(w=1.0 / drawn.inclusion_prob)


def _sum(condition: Any, weight: Any) -> Any:
    """Sum of ``weight`` where ``condition`` is true; unknown counts as false."""
    import ibis

    return ibis.ifelse(condition, weight, 0.0).sum()


def _count(condition: Any) -> Any:
    import ibis

    return ibis.ifelse(condition, 1, 0).sum()


def _totals(rows: Any) -> dict[str, Any]:
    """Rows, their weights, and the squares that tell how many rows weighted ones are worth."""
    return {"n": rows.count(), "w": rows.w.sum(), "w2": (rows.w * rows.w).sum()}


def _inferred(tables: Tables) -> Any:
    """Headline verdicts on what a model inferred, with the attribute's model and confidence. What was
    refined (told by the hash of its prompt) is another question, as in the report."""
    from persona_tui.stages.verification.refine_prompts import template_sha256

    a: Any = tables["attributes"]
    refined = a.prompt_sha256.isin([template_sha256("grounded"), template_sha256("holistic")])
    of = a.filter(a.source.isin(["grounded", "holistic"]), ~refined.fill_null(False)).select(
        "donor", "attribute_id", "extractor_model", "confidence"
    )
    rows = headline(tables["attribute_judgments"])
    rows = rows.filter(rows.judgment.notnull())
    return rows.join(of, ["donor", "attribute_id"])


def acceptance(tables: Tables) -> Any:
    """Stage 1: verdicts, reasons, and what else was asked."""
    rows = _inferred(tables)
    ok = rows.judgment == "ok"
    sums = _totals(rows) | {"ok": _sum(ok, rows.w), "n_ok": _count(ok)}
    for mode in FAILURE_MODES:
        said = (rows.judgment != "ok") & (rows.failure_mode == mode)
        sums[f"mode_{mode}"] = _sum(said, rows.w)
        sums[f"n_mode_{mode}"] = _count(said)
    for asked in ("accurate", "supported"):
        known = rows[asked].notnull()
        sums[asked] = _sum(known & rows[asked], rows.w)
        sums[f"w_{asked}"] = _sum(known, rows.w)
        sums[f"n_{asked}"] = _count(known)
    sums["never"] = _sum(rows.use == "never", rows.w)
    return rows.group_by(
        donor=rows.donor, model=rows.extractor_model, month=rows.judged_month
    ).aggregate(**sums)


def confidence(tables: Tables) -> Any:
    """Stage 1: verdicts by the model's confidence."""
    rows = _inferred(tables)
    rows = rows.filter(rows.confidence.notnull())
    return rows.group_by(
        donor=rows.donor, level=(rows.confidence * 10).round().cast("int64")
    ).aggregate(n=rows.count(), ok=_sum(rows.judgment == "ok", rows.w), w=rows.w.sum())


def added(tables: Tables) -> Any:
    """Stage 1: what the person wrote because it was missed."""
    a: Any = tables["attributes"]
    rows = a.filter(a.source == "user")
    return rows.group_by("donor").aggregate(n=rows.count())


def relevance(tables: Tables) -> Any:
    """Stage 2: how much is called relevant."""
    rows = headline(tables["relevance_judgments"])
    return rows.group_by(donor=rows.donor, month=rows.judged_month).aggregate(
        **_totals(rows), yes=_sum(rows.relevant, rows.w)
    )


def _beside(tables: Tables, rows: Any, kind: str, value: str) -> Any:
    """``rows`` with what models said of the same items, as ``said`` and ``by``."""
    m: Any = tables["model_judgments"]
    said = m.filter(m.kind == kind, m[value].notnull())
    said = said.select(
        "donor", judgment_id=said.target_judgment_id, by=said.model_tag, said=said[value]
    )
    return rows.join(said, ["donor", "judgment_id"])


def agreement(tables: Tables) -> Any:
    """Stage 2: each model beside the person."""
    rows = _beside(tables, headline(tables["relevance_judgments"]), "relevance", "relevant")
    mine, theirs = rows.relevant, rows.said
    return rows.group_by(donor=rows.donor, model=rows.by).aggregate(
        **_totals(rows),
        both=_sum(mine & theirs, rows.w),
        theirs=_sum(~mine & theirs, rows.w),
        mine=_sum(mine & ~theirs, rows.w),
        neither=_sum(~mine & ~theirs, rows.w),
    )


def _compared(tables: Tables) -> Any:
    """Headline comparisons of a personalized answer with a generic one, sides hidden."""
    rows = headline(tables["response_judgments"])
    return rows.filter(rows.blinded, rows.arm != "models", rows.rating.notnull())


def ratings(tables: Tables) -> Any:
    """Stage 3: ratings, by whether an attribute is mentioned openly, and by length."""
    import ibis

    rows = _compared(tables)
    known = (rows.len_generic > 0) & (rows.len_personalized > 0)
    doubling = ibis.ifelse(
        known, ibis.greatest(rows.len_personalized, 1) / ibis.greatest(rows.len_generic, 1), 1.0
    ).log2()
    rows = rows.mutate(
        x=doubling, lw=ibis.ifelse(known, rows.w, 0.0), y=rows.rating.cast("float64")
    )
    sums = _totals(rows)
    for value in RATINGS:
        hit = rows.rating == value
        sums[f"r{value}"] = _sum(hit, rows.w)
        sums[f"said{value}"] = _sum(hit & rows.explicit_mention, rows.w)
        sums[f"unsaid{value}"] = _sum(hit & ~rows.explicit_mention, rows.w)
    sums |= {
        "n_mention": _count(rows.explicit_mention.notnull()),
        "n_length": _count(rows.lw > 0),
        "lx": (rows.lw * rows.x).sum(),
        "ly": (rows.lw * rows.y).sum(),
        "lxx": (rows.lw * rows.x * rows.x).sum(),
        "lxy": (rows.lw * rows.x * rows.y).sum(),
        "lw": rows.lw.sum(),
    }
    return rows.group_by(
        donor=rows.donor, arm=rows.arm, model=rows.model_tag, month=rows.judged_month
    ).aggregate(**sums)


def judges(tables: Tables) -> Any:
    """Stage 3: each judge beside the person: ``cMJ`` the person's rating M with the judge's J."""
    rows = _beside(tables, _compared(tables), "response", "rating")
    sums = _totals(rows)
    for mine, theirs in product(RATINGS, RATINGS):
        sums[f"c{mine}{theirs}"] = _sum((rows.rating == mine) & (rows.said == theirs), rows.w)
    theirs = rows.said.cast("float64") * rows.w
    for name, where in (("said", rows.explicit_mention), ("unsaid", ~rows.explicit_mention)):
        sums[f"w_{name}"] = _sum(where, rows.w)
        sums[f"sum_{name}"] = _sum(where, theirs)
    sums["n_mention"] = _count(rows.explicit_mention.notnull())
    return rows.group_by(donor=rows.donor, arm=rows.arm, model=rows.by).aggregate(**sums)


def _again(rows: Any, value: str) -> Any:
    """Repeats with what was said the first time, as ``first``."""
    before = rows.filter(rows.sampling != "repeat", rows[value].notnull())
    before = before.select("donor", repeat_of=before.judgment_id, first=before[value])
    after = rows.filter(rows.sampling == "repeat", rows.repeat_of.notnull(), rows[value].notnull())
    return after.select("donor", "repeat_of", again=after[value]).join(
        before, ["donor", "repeat_of"]
    )


def _retest(rows: Any, values: tuple[Any, ...]) -> Any:
    sums = {"n": rows.count()}
    for (i, first), (j, again) in product(enumerate(values), enumerate(values)):
        sums[f"c{i}{j}"] = _count((rows["first"] == first) & (rows.again == again))
    return rows.group_by("donor").aggregate(**sums)


def retest1(tables: Tables) -> Any:
    """Verdicts given twice: bad, unsure, ok."""
    return _retest(_again(tables["attribute_judgments"], "judgment"), VERDICTS[::-1])


def retest2(tables: Tables) -> Any:
    """Relevance answered twice: no, yes."""
    return _retest(_again(tables["relevance_judgments"], "relevant"), (False, True))


def retest3(tables: Tables) -> Any:
    """Ratings given twice."""
    return _retest(_again(tables["response_judgments"], "rating"), RATINGS)


def position(tables: Tables) -> Any:
    """Which side was preferred, of everything blinded with a preference, repeats and two models too."""
    r: Any = tables["response_judgments"]
    rows = r.filter(r.blinded, r.sampling != "catch", r.raw_rating.notnull(), r.raw_rating != 3)
    return rows.group_by("donor").aggregate(n=rows.count(), left=_count(rows.raw_rating < 3))


def planted(tables: Tables) -> Any:
    """Planted false attributes, and those that were called bad."""
    a: Any = tables["attribute_judgments"]
    rows = a.filter(a.sampling == "catch", a.judgment.notnull())
    return rows.group_by("donor").aggregate(n=rows.count(), good=_count(rows.judgment == "bad"))


def identical(tables: Tables) -> Any:
    """Planted pairs of identical answers, and those that were called no different."""
    r: Any = tables["response_judgments"]
    rows = r.filter(r.sampling == "catch", r.raw_rating.notnull())
    return rows.group_by("donor").aggregate(n=rows.count(), good=_count(rows.raw_rating == 3))


STATISTICS: Mapping[str, Callable[[Tables], Any]] = {
    one.__name__: one
    for one in (
        acceptance, confidence, added, relevance, agreement, ratings, judges, retest1, retest2,
        retest3, position, planted, identical,
    )
}  # fmt: skip
"""Name → expression."""
