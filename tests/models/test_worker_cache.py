"""What is in a lane's cache after an evaluation was interrupted, against a lane that never was.

In this process and not in a worker: only here can an interruption be put at an exact place.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_cpp.llama_grammar import JSON_GBNF

from models.errors import ContextOverflowError
from models.protocol import ChatMessage
from models.scoring import IMPOSSIBLE
from models.starter import starter_path
from models.worker import Model
from models.worker_jobs import Job, job_for
from models.worker_lane import Lane
from models.worker_sampling import grammar_of
from tests.models.tiny_mamba import write_tiny_mamba

pytestmark = pytest.mark.model

SAID = "One, two, three, four, five, six, seven, eight, nine, ten. "
LONG = SAID * 2


@pytest.fixture(scope="module")
def recurrent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recurrent") / "tiny-mamba.gguf"
    write_tiny_mamba(path)
    return path


@pytest.fixture(params=["starter", "recurrent"])
def model(request: pytest.FixtureRequest) -> Model:
    path = request.getfixturevalue("recurrent") if request.param == "recurrent" else starter_path()
    found = Model(str(path), n_ctx=1024, n_threads=1, n_gpu_layers=0)
    found.n_batch = 16
    return found


def run(job: Job, lane: Lane | None = None, *, interrupt_at: tuple[int, ...] = ()) -> Any:
    """Run a job to its end as the owner thread does; interrupted in the steps that are named."""
    step = 0
    try:
        while True:
            if lane is not None:
                lane.resume()
                if step in interrupt_at:
                    lane.interrupt()
            step += 1
            next(job)
    except StopIteration as end:
        return end.value


def asked(op: str, lane: str, said: str = LONG, **more: Any) -> dict[str, Any]:
    sampling = {"temperature": 0, "top_p": 1, "max_tokens": 6, "seed": 1, "stop": []}
    return {
        "op": op,
        "lane": lane,
        "messages": [("user", said)],
        "sampling": {**sampling, "repeat_penalty": 1.0},
        "schema": None,
        "stream": False,
        **more,
    }


def generate(model: Model, lane: str, said: str = LONG) -> Job:
    return job_for(model, asked("generate", lane, said), lambda _: None)


def test_an_answer_is_the_same_after_interruptions_anywhere(model: Model) -> None:
    expected = run(generate(model, "fresh"))["text"]
    assert expected
    lane = model.lane("background")
    for steps in ((2, 3), (6, 7), (1, 5, 9, 13)):
        lane.reuse([0])  # forgets everything
        assert run(generate(model, "background"), lane, interrupt_at=steps)["text"] == expected


def test_a_prefix_that_was_left_in_the_middle_is_used_rightly(model: Model) -> None:
    """Cancelled in mid-prefill, then asked for something that begins the same."""
    expected = run(generate(model, "fresh", SAID + "Eleven?"))["text"]
    lane = model.lane("background")
    left = generate(model, "background")
    for step in range(3):
        lane.resume()
        if step == 2:
            lane.interrupt()
        next(left)
    left.close()
    found = run(generate(model, "background", SAID + "Eleven?"), lane)
    assert found["text"] == expected


def test_options_score_the_same_after_interruptions(model: Model) -> None:
    rows: dict[str, Any] = {
        "continuations": ["Red?", "Green?", "Red and green?"],
        "options": ["Yes", "No, no"],
    }
    expected = run(job_for(model, asked("choose", "fresh", **rows), lambda _: None))
    lane = model.lane("background")
    job = job_for(model, asked("choose", "background", **rows), lambda _: None)
    found = run(job, lane, interrupt_at=(4, 5, 8, 11, 14, 17))
    for row, other in zip(found["scores"], expected["scores"], strict=True):
        assert row == pytest.approx(other, abs=0.05)  # other batches add up in another order


@pytest.mark.parametrize("said", ["word " * 100_000, " " * 200_000], ids=["words", "spaces"])
def test_a_text_that_is_far_too_long_is_refused_in_short_steps(model: Model, said: str) -> None:
    """Each step is a place to hear a cancellation; tokenising as a whole has none."""
    longest: list[int] = []
    tokenize = model.tokenize

    def watched(text: str, *, special: bool = False) -> list[int]:
        longest.append(len(text))
        return tokenize(text, special=special)

    model.tokenize = watched  # type: ignore[method-assign]
    for op, more in (("count", {}), ("choose", {"continuations": ["?"], "options": ["Yes"]})):
        with pytest.raises(ContextOverflowError):
            run(job_for(model, asked(op, "fresh", said, **more), lambda _: None))
    assert max(longest) <= 1 << 14


def test_options_that_would_leave_the_context_are_refused(model: Model) -> None:
    model.n_ctx = len(model.tokens_of(model.render([ChatMessage("user", "Colour?")]))) + 20
    long = "a b c d e f g h i j k l m n o p q r s t u v w x y z"
    row: dict[str, Any] = {"continuations": ["?"], "options": ["No", long]}
    with pytest.raises(ContextOverflowError):
        run(job_for(model, asked("choose", "fresh", "Colour", **row), lambda _: None))


@pytest.mark.parametrize("room", [0, 1])
def test_an_answer_may_fill_the_context_to_the_last_token(model: Model, room: int) -> None:
    sampling = {"temperature": 1.5, "top_p": 1, "max_tokens": 9, "seed": 3, "stop": []}
    prompt = len(model.tokens_of(model.render([ChatMessage("user", LONG)])))
    model.n_ctx = prompt + 8 + room
    job = job_for(
        model,
        asked("generate", "fresh", sampling={**sampling, "repeat_penalty": 1.0}),
        lambda _: None,
    )
    if room:
        assert run(job)["usage"]["prompt_tokens"] == prompt
    else:
        with pytest.raises(ContextOverflowError):
            run(job)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "maxLength": 2000},
        {"type": "string", "maxLength": 100_000},  # llama.cpp crashes on its grammar
        {"type": "string", "pattern": "^a{1,100000}$"},
        {"type": "object", "properties": {"a": {"$ref": "#"}}},
    ],
)
def test_a_schema_without_a_usable_grammar_allows_any_json(
    model: Model, schema: dict[str, Any]
) -> None:
    grammar, note = grammar_of(model, schema)
    assert grammar == JSON_GBNF
    assert note is not None


def test_options_score_as_computed_the_plain_way(model: Model) -> None:
    """Each option's tokens after each whole prompt, in a cache that was emptied before."""
    rows, options = ["Red?", "Red and green?"], ["Yes", "No, no", "Yes, of course"]
    request = asked("choose", "background", continuations=rows, options=options)
    found = run(job_for(model, request, lambda _: None))["scores"]
    lane = model.lane("fresh")
    for row, scores in zip(rows, found, strict=True):
        prompt = model.tokens_of(model.render([ChatMessage("user", LONG + row)]))
        for option, score in zip(options, scores, strict=True):
            lane.reuse([0])  # forgets everything
            for start in range(0, len(prompt), model.n_batch):
                assert lane.evaluate(prompt[start : start + model.n_batch])
            total = 0.0
            for token in model.tokenize(option):
                odds = np.exp(lane.logits().astype(np.float64))
                total += float(np.log(odds[token] / odds.sum()))
                assert lane.evaluate([token])
            if score < max(scores) - IMPOSSIBLE:  # it was left before its end
                assert total < score + 0.05
            else:
                assert score == pytest.approx(total, abs=0.05)


MANY = [f"{said} ({n})?" for n in range(9) for said in ("Red", "Green or blue", "R")]


def test_rows_score_the_same_to_the_bit_one_by_one_together_and_in_any_order(model: Model) -> None:
    def scores(rows: list[str], lane: str = "background") -> tuple[list[list[float]], int]:
        request = asked("choose", lane, continuations=rows, options=["Yes", "No"])
        answer = run(job_for(model, request, lambda _: None))
        usage = answer["usage"]
        return answer["scores"], usage["prompt_tokens"] - usage["cached_tokens"]

    together, evaluated = scores(MANY)
    again, again_evaluated = scores([*MANY[::-1], MANY[3]])
    assert again == [*together[::-1], together[3]]
    one_by_one, one_evaluated = scores(MANY, "chat")  # that lane has one sequence only
    assert together == one_by_one
    if not model.recurrent:
        assert again_evaluated <= evaluated <= one_evaluated + 3
        naive = []
        for row in MANY[:6]:
            model.lane("background").reuse([])
            naive += scores([row])[0]
        assert naive == together[:6]


def test_a_score_depends_on_nothing_that_was_read_before() -> None:
    """With the large batches of reading, a prefix of a hundred tokens would move the logits of whoever
    finds a part of it in the cache. What other requests came between is read once all the same."""
    model = Model(str(starter_path()), n_ctx=1024, n_threads=1, n_gpu_layers=0)
    rows, said = MANY[:4], SAID * 6

    def scores(text: str, lane: str, ask: list[str]) -> tuple[list[list[float]], int]:
        request = asked("choose", lane, text, continuations=ask, options=["Yes", "No"])
        found = run(job_for(model, request, lambda _: None))
        return found["scores"], found["usage"]["cached_tokens"]

    fresh = [scores(said, "chat", [row])[0][0] for row in rows]
    run(generate(model, "background", SAID * 5))  # the same beginning, and then something else
    first, found = scores(said, "background", rows)
    assert first == fresh
    scores("Another question. " * 9, "background", rows[:1])
    run(generate(model, "background", SAID * 5))
    again, found_again = scores(said, "background", rows)
    assert again == fresh
    assert found_again > found + 80
    lane = model.lane("background")
    for n in range(2):
        scores(f"{n} more. " * 9, "background", rows[:1])
    assert sum(len(one.tokens) for one in lane._away) <= 256
    assert scores(said, "background", rows)[0] == fresh


def test_rows_that_are_evaluated_together_may_be_interrupted_anywhere(model: Model) -> None:
    request = asked("choose", "background", continuations=MANY, options=["Yes", "No"])
    expected = run(job_for(model, request, lambda _: None))["scores"]
    lane = model.lane("background")
    lane.reuse([])
    job = job_for(model, request, lambda _: None)
    first = len(MANY) + 1  # so many steps of reading come before
    found = run(job, lane, interrupt_at=tuple(range(first, first + 12, 2)))
    assert found["scores"] == expected
    # Left in the middle, what is in the cache still serves the next one.
    left = job_for(model, request, lambda _: None)
    for _ in range(first + 3):
        lane.resume()
        next(left)
    left.close()
    assert run(job_for(model, request, lambda _: None), lane)["scores"] == expected
