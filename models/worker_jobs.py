"""What the worker does for a request, as generators: each ``yield`` is a place where the owner
thread may turn to something more urgent, and where a job that was cancelled ends."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING

from models.errors import ContextOverflowError, InvalidOutputError
from models.prompting import Rendered
from models.protocol import ChatMessage
from models.scoring import IMPOSSIBLE, groups, layout, shared_tokens
from models.streaming import THINKING, THOUGHT_NOTE, AnswerText, only_thoughts
from models.wire import Frame

if TYPE_CHECKING:  # llama.cpp is loaded by the worker process only
    from models.worker import Model
    from models.worker_lane import Lane

Job = Generator[None, None, Frame]
"""Runs in steps; its return value is the last frame of the answer."""

Emit = Callable[[Frame], None]

MIN_ANSWER_TOKENS = 16
"""A prompt that leaves less room for the answer than this (or than was asked for) is refused."""

_EMIT_SECONDS = 1 / 60
_MAX_CHARACTERS_A_TOKEN = 256
_SLICE = 16_384
"""Characters that are tokenised at once, in some 20 ms, to see whether a long text may fit."""
_LOST_AT_A_CUT = 64
"""Tokens by which a cut may make a slice's count larger than its share of the whole: plenty."""


def job_for(model: Model, request: Frame, emit: Emit) -> Job:
    """The job that answers ``request``."""
    if request["op"] == "generate":
        return _generate(model, request, emit)
    jobs: dict[str, Callable[[Model, Frame], Job]] = {"choose": _choose, "count": _count}
    return jobs[request["op"]](model, request)


def _messages(request: Frame) -> list[ChatMessage]:
    return [ChatMessage(role, content) for role, content in request["messages"]]


def _notes(*notes: str | None) -> str | None:
    return "; ".join(note for note in notes if note) or None


def _room(model: Model, prompt_tokens: int, wanted: int) -> tuple[int, str | None]:
    """Tokens that the answer may have, and a note if they are fewer than wanted."""
    left = model.n_ctx - prompt_tokens
    _check_fit(model, prompt_tokens, min(wanted, MIN_ANSWER_TOKENS))
    if left < wanted:
        return left, f"the context leaves room for {left:,} tokens of answer, not {wanted:,}"
    return wanted, None


def _check_fit(model: Model, prompt_tokens: int, answer_tokens: int) -> None:
    if prompt_tokens + answer_tokens > model.n_ctx:
        raise ContextOverflowError(
            f"The prompt has {prompt_tokens:,} tokens and with the answer does not fit the "
            f"model's context of {model.n_ctx:,}; shorten it, start a new conversation or choose "
            "a model with a larger context."
        )


def _tokens(model: Model, rendered: Rendered) -> Generator[None, None, list[int]]:
    """The prompt's tokens.

    Tokenising takes a second a megabyte and cannot be interrupted. So a text that does not fit by
    far is refused before: by its length, or by the tokens of its slices.
    """
    length = sum(len(span.text) for span in rendered.spans)
    too_long = ContextOverflowError(
        f"The prompt has {length:,} characters, far more than the model's context of "
        f"{model.n_ctx:,} tokens holds; shorten it."
    )
    if length > model.n_ctx * _MAX_CHARACTERS_A_TOKEN:
        raise too_long
    if length > 2 * _SLICE:
        text, least = "".join(span.text for span in rendered.spans), 0
        for start in range(0, length, _SLICE):
            least += len(model.tokenize(text[start : start + _SLICE])) - _LOST_AT_A_CUT
            if least > model.n_ctx:
                raise too_long
            yield
    return model.tokens_of(rendered)


def _prefill(
    model: Model, lane: Lane, tokens: Sequence[int], *, whole: bool = False, exact: bool = False
) -> Generator[None, None, int]:
    """Bring the cache to hold exactly ``tokens``; return how many of them it held before. Unless
    ``whole``, the last one is evaluated in any case, for its logits; if ``exact``, no batch is, or
    was, large enough to move logits."""
    batch = model.n_rows_batch if exact else model.n_batch
    kept = lane.reuse(tokens, whole=whole, exact=exact)
    while (at := len(lane.tokens)) < len(tokens):
        kept = min(kept, at)  # where an interruption cost a recurrent model all that it had read
        lane.evaluate(tokens[at : at + batch])
        yield
    return kept


def _generate(model: Model, request: Frame, emit: Emit) -> Job:
    from models.worker_sampling import Sampler, grammar_of

    parameters = request["sampling"]
    rendered = model.render(_messages(request))
    tokens = yield from _tokens(model, rendered)
    room, short = _room(model, len(tokens), parameters["max_tokens"])
    grammar, loose = (
        (None, None) if request["schema"] is None else grammar_of(model, request["schema"])
    )
    lane = model.lane(request["lane"])
    yield  # making the lane took time: hear first whether the answer is still wanted
    if short and request["stream"]:
        emit({"event": "notice", "text": f"Only a short answer fits: {short}."})
    answer = AnswerText(parameters["stop"])
    sampler = Sampler(model, parameters, grammar)
    started = time.perf_counter()
    try:
        lane.turn_to(tokens, again=len(tokens))
        cached = yield from _prefill(model, lane, tokens)
        answering = time.perf_counter()
        said: list[int] = []
        reason, thought = "length", None
        text, sent = "", 0.0
        while len(said) < room:
            token = sampler.sample(lane)
            if model.ends(token):
                reason = "stop"
                break
            said.append(token)
            text += answer.feed(model.piece(token))
            if answer.thoughts.met and not thought:
                thought = THOUGHT_NOTE
                if request["stream"]:
                    emit({"event": "notice", "text": THINKING})
            if answer.stopped:
                reason = "stop"
                break
            now = time.perf_counter()
            if text and request["stream"] and now - sent >= _EMIT_SECONDS:
                emit({"event": "delta", "text": text})
                text, sent = "", now
            if len(said) < room:
                if not lane.evaluate((token,)):
                    yield  # to whom it was interrupted for
                    yield from _prefill(model, lane, [*tokens, *said])
                yield
        text += answer.finish()
        if thought and reason == "length" and not (text or sent):
            raise InvalidOutputError(only_thoughts(room))
        ended = time.perf_counter()
    finally:
        sampler.free()
    return {
        "event": "done",
        "text": text,
        "reason": reason,
        "note": _notes(model.template_note, rendered.note, short, loose, thought),
        "usage": _usage(len(tokens), cached, len(said), answering - started, ended - answering),
    }


def _choose(model: Model, request: Frame) -> Job:
    """Score every option after every row; what is in the cache is not evaluated again.

    An option's probability is that of its whole token sequence: the sum of the log-probabilities
    of its tokens. Options of one token, the usual case, cost no evaluation beyond the row's.
    Rows are taken in the order of their tokens, so that neighbours share as much as they can;
    equal rows are evaluated once. Nothing is read in batches that move logits (``n_rows_batch``): a
    row's score depends neither on its company nor on what was in the cache before.
    """
    *head, last = _messages(request)
    options = [model.tokenize(option) for option in request["options"]]
    longest = max(map(len, options))
    rows: list[tuple[int, ...]] = []
    note = None
    for continuation in request["continuations"]:
        rendered = model.render([*head, ChatMessage(last.role, last.content + continuation)])
        tokens = yield from _tokens(model, rendered)
        _check_fit(model, len(tokens), longest)
        rows.append(tuple(tokens))
        note = note or rendered.note
        yield
    lane = model.lane(request["lane"])
    yield  # making the lane took time: hear first whether the answer is still wanted
    started = time.perf_counter()
    found: dict[tuple[int, ...], list[float]] = {}
    evaluated = yield from _score(model, lane, sorted(set(rows)), options, found)
    scores = [found[row] for row in rows]
    cached = sum(map(len, rows)) - evaluated
    return {
        "event": "done",
        "scores": scores,
        "note": _notes(model.template_note, note),
        "usage": _usage(sum(map(len, rows)), cached, 0, time.perf_counter() - started, 0.0),
    }


def _score(
    model: Model,
    lane: Lane,
    rows: Sequence[tuple[int, ...]],
    options: Sequence[Sequence[int]],
    found: dict[tuple[int, ...], list[float]],
) -> Generator[None, None, int]:
    """Put into ``found`` the scores of the options after each of ``rows``, which are sorted and all
    different; return how many tokens were evaluated."""
    if not rows:
        return 0
    evaluated, most = 0, min(model.n_rows_batch, model.n_ctx - max(map(len, rows)))
    # All begin with it, and none ends in it.
    common = min(shared_tokens(rows[0], rows[-1]), min(map(len, rows)) - 1)
    tails = [row[common:] for row in rows]
    lane.turn_to(rows[0], again=common, exact=True)
    together = lane.rows > 1 and all(len(option) == 1 for option in options)
    for first, end in groups(tails, most_rows=lane.rows if together else 1, most_tokens=most):
        if end - first == 1:
            row = rows[first]
            evaluated += len(row) - (yield from _prefill(model, lane, row, exact=True))
            odds = lane.log_probabilities()
            found[row] = [float(odds[option[0]]) for option in options]
            if max(map(len, options)) > 1:
                evaluated += yield from _finish_options(model, lane, row, options, found[row])
            continue
        part = rows[first:end]
        shared = min(shared_tokens(part[0], part[-1]), min(map(len, part)) - 1)
        places = None
        while places is None:
            kept = yield from _prefill(model, lane, part[0][:shared], whole=True, exact=True)
            evaluated += shared - kept
            branches = [row[shared:] for row in part]
            places = lane.branches(branches)
            yield
        evaluated += len(layout(branches).tokens)
        for row, place in zip(part, places, strict=True):
            odds = lane.log_probabilities(place)
            found[row] = [float(odds[option[0]]) for option in options]
    return evaluated


def _finish_options(
    model: Model,
    lane: Lane,
    row: tuple[int, ...],
    options: Sequence[Sequence[int]],
    scores: list[float],
) -> Generator[None, None, int]:
    """Add to ``scores``, those of the options' first tokens, what their other tokens take off; the
    likeliest first. One that is certainly not the answer any more is left at what it has."""
    evaluated, best = 0, -math.inf
    for j in sorted(range(len(options)), key=lambda one: -scores[one]):
        option = options[j]
        for done in range(1, len(option)):
            if scores[j] < best - IMPOSSIBLE:
                break
            tokens = [*row, *option[:done]]
            evaluated += len(tokens) - (yield from _prefill(model, lane, tokens, exact=True))
            scores[j] += float(lane.log_probabilities()[option[done]])
        best = max(best, scores[j])
    return evaluated


def _count(model: Model, request: Frame) -> Job:
    yield
    tokens = yield from _tokens(model, model.render(_messages(request)))
    return {"event": "done", "count": len(tokens)}


def _usage(prompt: int, cached: int, answer: int, reading: float, writing: float) -> Frame:
    return {
        "prompt_tokens": prompt,
        "cached_tokens": cached,
        "completion_tokens": answer,
        "prompt_seconds": reading,
        "completion_seconds": writing,
    }
