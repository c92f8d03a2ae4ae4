"""Whatever a model was asked with can be found again under the hash that is kept beside its answer."""

from __future__ import annotations

from typing import get_args

import pytest

from persona_tui.stages.judges import questions
from persona_tui.stages.judging.guideline import GUIDELINE
from persona_tui.stages.judging.questions import RELEVANCE, RESPONSE
from persona_tui.stages.relevance import verdicts
from persona_tui.stages.response import generate
from store.audit import Kind
from store.prompts import sha256_of

KEPT = [
    (generate.template_sha256(), generate.template_text()),
    (verdicts.wording_sha256(), verdicts.wording()),
    (GUIDELINE.sha256, GUIDELINE.text),
    (RELEVANCE.sha256, RELEVANCE.text),
    (RESPONSE.sha256, RESPONSE.text),
    *((questions.wording_sha256(kind), questions.wording(kind)) for kind in get_args(Kind)),
]


@pytest.mark.parametrize(("sha256", "text"), KEPT)
def test_a_hash_is_that_of_its_text(sha256: str, text: str) -> None:
    assert sha256 == sha256_of(text)


def test_both_answers_are_asked_for_alike_but_for_the_profile() -> None:
    plain, told = generate.messages("Hi?"), generate.messages("Hi?", ["The user\nlikes rice."])
    assert plain[1] == told[1]
    assert told[0].content.startswith(plain[0].content)
    assert "- The user likes rice." in told[0].content
    assert all(message.content in generate.template_text() for message in plain[:1])
