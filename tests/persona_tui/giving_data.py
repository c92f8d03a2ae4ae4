"""A journal of a person who has judged at every stage, with secrets in every text if asked for."""

from __future__ import annotations

from collections.abc import Callable

from persona_tui.stages.judging import GUIDELINE
from store import judgments, model_judgments, relevance, response_judgments, responses, user_prompts
from store.audit import (
    ModelJudgment,
    RelevanceJudgment,
    Response,
    ResponseJudgment,
)
from store.db import Store, new_id, utc_now
from store.records import Attribute, AttributeJudgment, JudgmentContext
from tests.persona_tui.review_data import seed


def context(**changes: object) -> JudgmentContext:
    values: dict[str, object] = {"latency_ms": 2500, "shown": {"attribute": "x"}, **changes}
    return JudgmentContext(GUIDELINE.sha256, "0.1.0", **values)  # type: ignore[arg-type]


def give(
    store: Store, count: int = 8, *, said: Callable[[str], str] = lambda text: text
) -> list[Attribute]:
    """``count`` judged attributes (two bad, one never), a correction, an added sentence, a prompt with
    answers, a compared pair, and what a model said of each. ``said`` changes every text of stage 2
    and 3 and what the person wrote."""
    found = seed(store, count)
    for place, one in enumerate(found):
        judgments.save(
            store,
            AttributeJudgment(
                "", one.attribute_id, utc_now(), context(),
                "bad" if place in (1, 4) else "ok",
                failure_mode="overgeneralization" if place in (1, 4) else None,
                use="never" if place == 2 else None,
                note="my own note" if place == 3 else None,
            ),
            correction=said("I like long answers.") if place == 1 else None,
        )  # fmt: skip
    prompt = user_prompts.add(store, said("What shall I cook tonight?"))
    for place, one in enumerate(found[:4]):
        row = relevance.save(
            store,
            RelevanceJudgment(
                "", prompt.prompt_id, one.attribute_id, utc_now(), context(inclusion_prob=0.5),
                relevant=place % 2 == 0,
            ),
        )  # fmt: skip
        model_judgments.save(
            store,
            [
                ModelJudgment(
                    new_id(), "relevance", "qwen3:8b", utc_now(), "0" * 64, new_id(),
                    one.attribute_id, prompt.prompt_id, relevant=True, probability=0.7,
                    target_judgment_id=row.judgment_id,
                )
            ],
        )  # fmt: skip
    texts = (said("Rice is easy."), said("As a nurse you need rice."))
    sides = [
        Response(
            new_id(), prompt.prompt_id, bool(place), "/models/mine.gguf", utc_now(), text,
            attribute_ids=(found[0].attribute_id,) if place else (),
            explicit_mention=bool(place),
        )
        for place, text in enumerate(texts)
    ]  # fmt: skip
    pair = responses.add_pair(store, prompt.prompt_id, *sides, arm="relevant", shown_left="generic")
    response_judgments.save(
        store,
        ResponseJudgment(
            "", pair.pair_id, utc_now(), context(latency_ms=40_000), "generic", 4, 4,
            {found[0].attribute_id: 5}, explicit_mention=True, len_generic=len(texts[0]),
            len_personalized=len(texts[1]),
        ),
    )  # fmt: skip
    return found
