"""The foil's figures from data whose figures are known by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from persona_tui.report.foil import build
from persona_tui.report.intervals import difference, wilson
from persona_tui.report.model import Figure
from store.audit import (
    AttributeColumns,
    AuditData,
    CatchColumns,
    ModelColumns,
    RelevanceColumns,
    ResponseColumns,
    SyntheticColumns,
    SyntheticItems,
)

Row = dict[str, Any]


def columns(kind: type[Any], rows: list[Row]) -> Any:
    names = list(kind.__dataclass_fields__)
    return kind(*[[row.get(name) for row in rows] for name in names])


def real(n: int, ok: int, model: str = "x", modes: tuple[str, ...] = ()) -> list[Row]:
    """``n`` judged attributes of the person's, each of a conversation of its own."""
    return [
        {
            "judgment_id": f"j{model}{i}", "attribute_id": f"a{model}{i}",
            "conversation_id": f"c{model}{i}", "verdict": "ok" if i < ok else "bad",
            "failure_mode": modes[i - ok] if ok <= i < ok + len(modes) else None,
            "model": model, "sampling": "random", "inclusion_prob": 1.0,
        }
        for i in range(n)
    ]  # fmt: skip


def item(key: str, extractor: str = "x", persona: str = "p", sha: str = "0", day: int = 1) -> Row:
    return {
        "persona_key": persona, "persona_sha256": sha, "conversation_id": f"k{key}",
        "attribute_id": key, "user_model": "u", "extractor": extractor, "settings_sha256": "s",
        "created_at": f"2026-01-{day:02}",
    }  # fmt: skip


def said(key: str, rater: str, verdict: str | None = None, **more: object) -> Row:
    return {"attribute_id": key, "conversation_id": f"k{key}", "persona_key": "p", "rater": rater,
            "verdict": verdict, **more}  # fmt: skip


def data(
    mine: list[Row],
    items: list[Row],
    judged: list[Row],
    relevance: list[Row] | None = None,
    models: list[Row] | None = None,
) -> AuditData:
    return AuditData(
        columns(AttributeColumns, mine), columns(RelevanceColumns, relevance or []),
        columns(ResponseColumns, []), columns(ModelColumns, models or []),
        columns(SyntheticColumns, judged), columns(CatchColumns, []), 0, len(mine),
        columns(SyntheticItems, items),
    )  # fmt: skip


def figures(audit: AuditData) -> dict[str, Figure]:
    return {one.key: one for one in build(audit)[0]}


def known(figure: Figure) -> tuple[float | None, float | None, float | None]:
    return figure.value, figure.low, figure.high


def test_acceptance_is_told_with_what_is_undecided() -> None:
    items = [item(f"z{i}") for i in range(20)]
    # 12 of 16 decided are right, 4 are open.
    judged = [said(f"z{i}", "truth", "ok" if i < 12 else "bad") for i in range(16)]
    found = figures(data(real(20, 8), items, judged))
    assert found["foil.acceptance"].value == 0.75
    assert found["foil.acceptance"].n == 16
    assert found["foil.undecided"].value == 0.2
    assert found["foil.acceptance.least"].value == 0.6  # 12 of 20
    assert found["foil.acceptance.most"].value == 0.8  # 16 of 20
    sentence = found["foil.acceptance"].sentence
    assert "Of 20 attributes that x inferred" in sentence
    assert "16 are decided, and 12 of these are right; 60 %" in sentence
    assert "80 % if right" in sentence
    gap = found["foil.acceptance_gap"]
    assert gap.value == pytest.approx(0.4 - 0.75)
    assert "Between \N{MINUS SIGN}40 and \N{MINUS SIGN}20 points" in gap.sentence
    # Newcombe's square-and-add, and wider than each of its parts.
    assert gap.low is not None
    assert gap.high is not None
    assert gap.low < -0.35 < gap.high
    plain = difference(wilson(8, 20), wilson(12, 16))
    assert gap.low <= plain.low + 0.02
    assert gap.high >= plain.high - 0.02


def test_only_the_same_extraction_is_compared() -> None:
    mine = [*real(10, 2, "x"), *real(10, 9, "other")]
    items = [item(f"z{i}") for i in range(6)] + [item(f"w{i}", "third") for i in range(30)]
    judged = [said(f"z{i}", "truth", "ok") for i in range(6)]
    judged += [said(f"w{i}", "truth", "bad") for i in range(30)]
    found = figures(data(mine, items, judged))
    assert found["foil.acceptance"].value == 1.0
    assert found["foil.acceptance_gap"].value == pytest.approx(0.2 - 1.0)
    assert "30 attributes of other models" in found["foil.acceptance"].sentence


def test_ones_own_profile_and_its_earlier_forms_are_no_personas() -> None:
    items = [item(f"z{i}") for i in range(6)]
    items += [item(f"o{i}", persona="own", sha="old", day=1) for i in range(6)]
    items += [item(f"n{i}", persona="own", sha="new", day=2) for i in range(6)]
    judged = [said(f"z{i}", "truth", "ok") for i in range(6)]
    judged += [said(f"o{i}", "person", "bad") for i in range(6)]
    judged += [said(f"n{i}", "person", "ok" if i < 3 else "bad") for i in range(6)]
    found = figures(data(real(10, 5), items, judged))
    assert (found["foil.acceptance"].n, found["foil.acceptance"].value) == (6, 1.0)
    assert (found["foil.own.acceptance"].n, found["foil.own.acceptance"].value) == (6, 0.5)
    assert "foil.acceptance.by_you" not in found


def test_the_persons_word_stands_before_the_personas() -> None:
    items = [item(f"z{i}") for i in range(8)]
    judged = [said(f"z{i}", "truth", "ok") for i in range(8)]
    judged += [said(f"z{i}", "person", "unsure" if i < 2 else "ok") for i in range(6)]
    found = figures(data(real(10, 5), items, judged))
    assert found["foil.acceptance"].value == 0.75
    assert found["foil.acceptance.by_you"].value == pytest.approx(4 / 6)
    assert found["foil.acceptance_gap.by_you"].value == pytest.approx(0.5 - 4 / 6)
    assert found["foil.truth_agreement"].value == pytest.approx(4 / 6)


def test_reasons_are_the_persons_only() -> None:
    items = [item(f"z{i}") for i in range(12)]
    artefact = [said(f"z{i}", "truth", "bad", failure_mode="missing_evidence") for i in range(12)]
    mine = real(12, 2, modes=("overgeneralization",) * 6 + ("missing_evidence",) * 2)
    assert not [key for key in figures(data(mine, items, artefact)) if "failure" in key]
    given = [
        said(f"z{i}", "person", "bad",
             failure_mode="overgeneralization" if i < 2 else "task_context_confusion")
        for i in range(8)
    ]  # fmt: skip
    found = figures(data(mine, items, artefact + given))
    assert found["foil.failure.overgeneralization"].value == pytest.approx(6 / 8 - 2 / 8)
    assert found["foil.failure.missing_evidence"].value == pytest.approx(2 / 8)
    assert found["foil.failure.task_context_confusion"].value == pytest.approx(-6 / 8)
    few = figures(data(mine, items, artefact + given[:3]))["foil.failure.overgeneralization"]
    assert few.missing == "2 more reasons given about synthetic users (persona-tui foil review)"


def about_relevance(n: int, yes: int, origin: str = "bank") -> list[Row]:
    """Each of a prompt of its own."""
    return [
        {"judgment_id": f"r{origin}{i}", "prompt_id": f"p{origin}{i}", "attribute_id": "ax0",
         "relevant": i < yes, "origin": origin, "sampling": "random", "inclusion_prob": 1.0}
        for i in range(n)
    ]  # fmt: skip


def test_a_judge_is_compared_with_itself_and_no_other() -> None:
    items = [item(f"z{i}") for i in range(10)]
    judged = [said(f"z{i}", "truth", "ok" if i < 5 else "bad") for i in range(10)]
    for tag, ok, yes in (("kind", 10, 8), ("harsh", 0, 0)):
        judged += [
            said(f"z{i}", "model", "ok" if i < ok else "bad", model_tag=tag) for i in range(10)
        ]
        judged += [
            said(f"z{i}", "model", prompt_key="b1", relevant=i < yes, model_tag=tag)
            for i in range(10)
        ]
    judged += [said(f"z{i}", "truth", prompt_key="b1", relevant=i < 4) for i in range(10)]
    models: list[Row] = [
        {"kind": "attribute", "model_tag": "kind", "attribute_id": f"ax{i}",
         "verdict": "ok" if i < 6 else "bad"}
        for i in range(10)
    ] + [
        {"kind": "relevance", "model_tag": "kind", "attribute_id": "ax0", "prompt_id": f"pbank{i}",
         "relevant": i < 5}
        for i in range(10)
    ] + [  # a prompt of one's own is no prompt of the bank
        {"kind": "relevance", "model_tag": "kind", "attribute_id": "ax0", "prompt_id": f"puser{i}",
         "relevant": True}
        for i in range(10)
    ]  # fmt: skip
    relevance = [*about_relevance(10, 2), *about_relevance(10, 10, "user")]
    found = figures(data(real(10, 4), items, judged, relevance, models))
    # About the person 6 of 10 right, about synthetic users all.
    assert found["foil.judge_acceptance_gap[kind]"].value == pytest.approx(0.6 - 1.0)
    # With the person (4 ok) 8 of 10, with the truth (5 ok) 5 of 10.
    assert found["foil.judge_agreement_gap[kind]"].value == pytest.approx(0.8 - 0.5)
    # 5 of 10 prompts of the bank for the person, 8 of 10 for synthetic users.
    assert found["foil.judge_yes_rate_gap[kind]"].value == pytest.approx(0.5 - 0.8)
    # With the person (2 yes) 7 of 10, with the personas (4 yes) 6 of 10.
    assert found["foil.judge_relevance_agreement_gap[kind]"].value == pytest.approx(0.7 - 0.6)
    # Truth: 2 of 10 for the person, 4 of 10 for personas.
    assert found["foil.yes_rate_gap"].value == pytest.approx(0.2 - 0.4)
    for key in ("acceptance", "agreement", "yes_rate", "relevance_agreement"):
        lacking = found[f"foil.judge_{key}_gap[harsh]"].missing
        assert lacking is not None
        assert lacking.startswith("5 more ")
        assert "of harsh about you" in lacking
        low, high = known(found[f"foil.judge_{key}_gap[kind]"])[1:]
        assert low is not None
        assert high is not None
        assert low < high


def test_nothing_was_played_yet() -> None:
    found = figures(data(real(10, 5), [], []))
    assert (
        found["foil.acceptance"].missing
        == "no synthetic user was played yet (persona-tui foil run)"
    )
    assert found["foil.acceptance_gap"].value is None
    alone = replace(data(real(10, 5), [item("z")], []))
    assert figures(alone)["foil.acceptance"].missing == "5 more decided attributes"
