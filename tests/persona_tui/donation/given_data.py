"""An invented journal, and what its person chose to give of it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from persona_tui.donation.bundle import build
from persona_tui.donation.consent import Consent, agree, statements
from persona_tui.donation.given import (
    Given,
    GivenAttribute,
    GivenAttributeJudgment,
    GivenEvidence,
    GivenModelJudgment,
    GivenRelevanceJudgment,
    GivenResponseJudgment,
    Level,
)
from persona_tui.donation.identity import new_token, token_sha256
from persona_tui.donation.rows import Rows, assemble
from store.audit import (
    ModelJudgment,
    RelevanceJudgment,
    Response,
    ResponseJudgment,
    ResponsePair,
    Side,
    UserPrompt,
)
from store.records import Attribute, AttributeJudgment, Candidate, Evidence, JudgmentContext

MONTH = "2026-11"
TOKEN = "0123456789abcdef" * 4
GUIDELINE = "a1" * 32
"""A text of the program's own."""
OWN_PROMPT = "b2" * 32
"""A text of the person's own."""
START = datetime(2026, 9, 30, 22, 41, 17, 123456, tzinfo=UTC)
SECRET = "Marlene Quittenbaum"
"""In every text of every record, and in no text that is given."""


def _context(i: int, **changes: object) -> JudgmentContext:
    made = JudgmentContext(
        guideline_sha256=GUIDELINE,
        app_version="1.4.2.dev7+gdeadbeef",
        shown={"text": f"{SECRET} {i}"},
        inclusion_prob=0.123456 + i / 1000,
        latency_ms=731 * (i + 1),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def _when(i: int) -> datetime:
    return START + timedelta(hours=7 * i, microseconds=i)


def attribute(i: int, level: Level = "labels") -> GivenAttribute:
    """The ``i``-th attribute."""
    spans = tuple(
        Evidence(f"conv-{i % 3}-original", f"message-{i}-{k}", 0, 9, f"{SECRET} said {k}")
        for k in range(1 + i % 2)
    )
    sources = tuple(
        Candidate(
            f"cand-{i}-{k}", "conv", f"{SECRET} {k}", 0.4321 + k / 10, "grounded", "run", spans
        )
        for k in range(2)
    )
    texts = level == "texts"
    return GivenAttribute(
        Attribute(
            f"attr-original-{i}", f"The user works as a nurse, says {SECRET}", 0.87654, "grounded",
            _when(i), model=f"/home/{SECRET}/qwen3-{SECRET}.gguf" if i % 2 else "qwen3:8b",
            evidence=spans, sources=sources,
        ),
        level,
        text=f"[NAME_1] works as a nurse ({i})" if texts else None,
        originals=("- a nurse", "works\r\nat night") if texts else (),
        reason="=SUM(A1) said [NAME_1]" if texts else None,
        evidence=tuple(
            GivenEvidence(span, 40 + i, "I\u200b am a nurse" if texts else None) for span in spans
        ),
        prompt_sha256=OWN_PROMPT if i % 2 else GUIDELINE,
    )  # fmt: skip


def given(level: Level = "labels", n: int = 6) -> Given:
    """A bit of everything, ``n`` of each."""
    texts = level == "texts"
    attributes = tuple(attribute(i, level) for i in range(n))
    first = tuple(
        GivenAttributeJudgment(
            AttributeJudgment(
                f"aj-original-{i}", f"attr-original-{i}", _when(i), _context(i),
                ("ok", "unsure", "bad")[i % 3], True, i % 2 == 0,
                "overgeneralization" if i % 3 == 2 else None, "welcome", note=SECRET,
            ),
            level,
            "@[NAME_1] is a [ORG_1] nurse" if texts and i % 3 == 2 else None,
        )
        for i in range(n)
    )  # fmt: skip
    again = GivenAttributeJudgment(
        AttributeJudgment(
            "aj-again", "attr-original-0", _when(40),
            _context(1, sampling="repeat", repeat_of="aj-original-0"), "ok",
        )
    )  # fmt: skip
    planted = GivenAttributeJudgment(
        AttributeJudgment(
            "aj-planted", "catch:zebra-farm", _when(3),
            _context(2, sampling="catch", inclusion_prob=None), "bad",
        )
    )  # fmt: skip
    prompts = [UserPrompt(f"prompt-{i}", "user", f"{SECRET}?", _when(i)) for i in range(3)]
    relevance = tuple(
        GivenRelevanceJudgment(
            RelevanceJudgment(
                f"rj-original-{i}", f"prompt-{i % 3}", f"attr-original-{i}", _when(i), _context(i),
                i % 2 == 0, "explicit" if i % 2 == 0 else None, note=SECRET,
            ),
            prompts[i % 3],
            level,
            "+ What should I cook for [NAME_1]?" if texts else None,
        )
        for i in range(n)
    )  # fmt: skip
    return Given(
        attributes, (*first, again, planted), relevance, tuple(_response(i, level) for i in range(3)),
        _models(n), {f"conv-{i}-original": "chat" for i in range(3)}, frozenset((GUIDELINE,)),
        frozenset(("acme-remote-model",)), "de-AT",
    )  # fmt: skip


def _response(i: int, level: Level) -> GivenResponseJudgment:
    prompt = UserPrompt(f"prompt-{i}", "user", SECRET, _when(i))
    answers = [
        Response(f"resp-{i}-{k}", prompt.prompt_id, k == 1, ("gpt-4o", "acme-remote-model")[k],
                 _when(i), f"{SECRET} {k}")
        for k in range(2)
    ]  # fmt: skip
    side: Side = "generic" if i % 2 else "personalized"
    raw = 1 + i % 5
    pair = ResponsePair(
        f"pair-{i}", prompt.prompt_id, answers[0], answers[1], "relevant", side, _when(i)
    )
    judgment = ResponseJudgment(
        f"sj-original-{i}", pair.pair_id, _when(i), _context(i), side, raw,
        raw if side == "generic" else 6 - raw,
        {"attr-original-0": 4, "attr-original-1": 2, "attr-left-out": 5},
        len_generic=1234 + i, len_personalized=987, note=SECRET,
    )  # fmt: skip
    texts = level == "texts"
    return GivenResponseJudgment(
        judgment, pair, prompt, level,
        "What should I cook?" if texts else None,
        "- one\n- two" if texts else None,
        "Dear [NAME_1], one and two" if texts else None,
    )  # fmt: skip


def _models(n: int) -> tuple[GivenModelJudgment, ...]:
    def one(kind: str, i: int, tag: str, **said: object) -> ModelJudgment:
        made = ModelJudgment(
            f"mj-{kind}-{i}-{tag}", "attribute", tag, _when(i), GUIDELINE, OWN_PROMPT,
            temperature=0.7, probability=0.98765,
        )  # fmt: skip
        return replace(made, kind=kind, **said)  # type: ignore[arg-type]

    return (
        *(GivenModelJudgment(one("attribute", i, "llama3.2:3b", verdict="ok"), f"aj-original-{i}")
          for i in range(n)),
        *(GivenModelJudgment(one("relevance", i, "bm25", relevant=True), f"rj-original-{i}")
          for i in range(n)),
        *(GivenModelJudgment(one("response", i, "claude-sonnet-4.6", rating=4), f"sj-original-{i}")
          for i in range(3)),
    )  # fmt: skip


def consent(level: Level = "labels", license_: str = "CC-BY-4.0") -> Consent:
    """Everything ticked."""
    return agree(license_, level, statements(level))


def rows(level: Level = "labels", seed: int | None = 1, n: int = 6) -> Rows:
    """Rows of :func:`given`; ``seed`` ``None`` draws all from the system, the token, too."""
    return assemble(
        given(level, n), consent(level), month=MONTH,
        token_sha256=token_sha256(new_token() if seed is None else TOKEN),
        rng=None if seed is None else random.Random(seed),
    )  # fmt: skip


def bundle(
    level: Level = "labels", seed: int | None = 1, n: int = 6, *, with_parquet: bool = True
) -> dict[str, bytes]:
    """A bundle of :func:`given`."""
    made = rows(level, seed, n)
    return build(
        made, consent(level), month=MONTH,
        contributor_id=str(made["contributors"][0]["contributor_id"]),
        rng=None if seed is None else random.Random(seed), with_parquet=with_parquet,
    )  # fmt: skip
