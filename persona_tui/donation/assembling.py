"""One row after another from what was given. No text of a record is read, except for its category."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from persona_tui.categories import category
from persona_tui.donation import coarse
from persona_tui.donation.families import family
from persona_tui.donation.given import (
    Given,
    GivenAttribute,
    GivenAttributeJudgment,
    GivenError,
    GivenEvidence,
    GivenModelJudgment,
    GivenRelevanceJudgment,
    GivenResponseJudgment,
    Level,
)
from persona_tui.donation.identity import IdMap
from persona_tui.donation.schema import ATTRIBUTE, JUDGMENT, LIST_LIMIT, PROMPT
from store.audit import ModelJudgment, RelevanceJudgment, ResponseJudgment
from store.records import Attribute, AttributeJudgment, JudgmentContext

Row = dict[str, object]
PLANTED = "catch:"
"""Before the key of a planted item, where the id of an attribute would stand."""


class _Judged(Protocol):
    @property
    def judgment_id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def context(self) -> JudgmentContext: ...
    @property
    def retracted(self) -> bool: ...


_GivenJudgment = GivenAttributeJudgment | GivenRelevanceJudgment | GivenResponseJudgment
T = TypeVar("T")
J = TypeVar("J", bound=_Judged)


class Assembly:
    """Makes the rows of one bundle. Raises :class:`GivenError` where something must not be given."""

    def __init__(
        self, given: Given, *, texts: bool, rng: random.Random, ids: IdMap | None = None
    ) -> None:
        self._given = given
        self._texts = texts
        self._ids = IdMap(rng) if ids is None else ids
        self._attributes = self._unique(
            [one.attribute.attribute_id for one in given.attributes], "attribute"
        )
        self._judged: dict[str, dict[str, None]] = {
            "attribute": self._unique(_ids(given.attribute_judgments), "judgment"),
            "relevance": self._unique(_ids(given.relevance_judgments), "judgment"),
            "response": self._unique(_ids(given.response_judgments), "judgment"),
        }
        used = dict.fromkeys(
            span.evidence.conversation_id for one in given.attributes for span in one.evidence
        )
        numbers = list(range(len(used)))
        rng.shuffle(numbers)
        self._conversations = dict(zip(used, numbers, strict=True))
        self.language = coarse.language(given.language)

    @staticmethod
    def _unique(ids: list[str], what: str) -> dict[str, None]:
        if len(set(ids)) != len(ids):
            raise GivenError(f"an {what} is given twice")
        return dict.fromkeys(ids)

    # --- what every row is made with --------------------------------------------------------------

    def _text(self, level: Level, text: str | None) -> str | None:
        """The text as it is written. Refused where none was agreed to."""
        if text is not None and (level != "texts" or not self._texts):
            raise GivenError("a text stands where only labels are given")
        return coarse.writable(text)

    def _family(self, name: str | None) -> str | None:
        return family(name, remote=name in self._given.remote_models)

    def _attribute_id(self, original: str) -> str:
        if original not in self._attributes and not original.startswith(PLANTED):
            raise GivenError("a judgment names an attribute that is not given")
        return self._ids.of(ATTRIBUTE, original)

    def _common(self, judgment: _Judged, kind: str) -> Row:
        context = judgment.context
        # A repeat of what is not given repeats nothing.
        again = context.repeat_of if context.repeat_of in self._judged[kind] else None
        return {
            "rater_role": "self",
            "sampling": context.sampling,
            "inclusion_prob": coarse.inclusion(context.inclusion_prob),
            "repeat_of": None if again is None else self._ids.of(JUDGMENT, again),
            "latency_bin": coarse.latency_bin(context.latency_ms),
            "guideline_sha256": self._published(context.guideline_sha256),
            "app_version": coarse.version(context.app_version),
            "judged_month": coarse.month(judgment.created_at),
        }

    def _published(self, sha256: str | None) -> str | None:
        return coarse.published(sha256, self._given.published_sha256)

    # --- tables -----------------------------------------------------------------------------------

    def attributes(self) -> list[Row]:
        """One row an attribute, and one for each planted one that was judged."""
        rows = [self._attribute(one) for one in self._given.attributes]
        planted = dict.fromkeys(
            one.judgment.attribute_id
            for one in self._given.attribute_judgments
            if one.judgment.attribute_id.startswith(PLANTED)
        )
        nothing: Row = dict.fromkeys(
            ("attribute", "category", "original_attributes", "reason", "confidence",
             "original_confidences", "evidence")
        )  # fmt: skip
        rows += [
            {
                "attribute_id": self._ids.of(ATTRIBUTE, key),
                **nothing,
                "source": "planted",
                "extractor_model": None,
                "prompt_sha256": None,
            }
            for key in planted
        ]
        return rows

    def _attribute(self, one: GivenAttribute) -> Row:
        attribute = _of(Attribute, one.attribute)
        if attribute.attribute_id.startswith(PLANTED):
            raise GivenError("a planted attribute stands among those of the person")
        if (
            attribute.corrects is not None
        ):  # rows of ``user`` are additions: the miss rate counts them
            raise GivenError("a correction stands among the attributes; it belongs to its judgment")
        originals = [self._text(one.level, text) for text in one.originals]
        levels = [coarse.confidence(source.confidence) for source in attribute.sources]
        if originals and len(originals) != len(levels):
            raise GivenError("the sources of an attribute and their texts differ in number")
        said = [text for text in originals if text is not None]
        told = [level for level in levels if level is not None]
        if not said:
            told.sort(reverse=True)
        by_person = attribute.strategy == "user"
        return {
            "attribute_id": self._ids.of(ATTRIBUTE, attribute.attribute_id),
            "attribute": self._text(one.level, one.text),
            "category": category(attribute.text, attribute.category),
            "original_attributes": said[:LIST_LIMIT] or None,
            "reason": self._text(one.level, one.reason),
            "confidence": None if by_person else coarse.confidence(attribute.confidence),
            "original_confidences": told[:LIST_LIMIT] or None,
            "evidence": self._evidence(one),
            "source": attribute.strategy,
            "extractor_model": "person" if by_person else self._family(attribute.model),
            "prompt_sha256": self._published(one.prompt_sha256),
        }

    def _evidence(self, one: GivenAttribute) -> list[Row] | None:
        for span in one.attribute.evidence:
            self._source(span.conversation_id)
        spans = [self._span(one, span) for span in one.evidence][:LIST_LIMIT]
        if one.level == "labels" or not self._texts:
            # Which conversations, not how often each: that count would be the person's own.
            spans = list({str(span["conv_idx"]): span for span in spans}.values())
        return sorted(spans, key=_span_key) or None

    def _span(self, one: GivenAttribute, span: GivenEvidence) -> Row:
        self._source(span.evidence.conversation_id)
        quote = self._text(one.level, span.quote)
        turn = span.turn if one.level == "texts" and self._texts else None
        return {
            "conv_idx": self._conversations[span.evidence.conversation_id],
            "turn_idxs": None if turn is None else [turn],
            "quote": quote,
        }

    def _source(self, conversation_id: str) -> None:
        if self._given.conversation_sources.get(conversation_id, "synthetic") == "synthetic":
            raise GivenError("an attribute rests on a synthetic conversation, or on an unknown one")

    def attribute_judgments(self) -> list[Row]:
        """Stage 1."""
        return [self._attribute_judgment(one) for one in self._given.attribute_judgments]

    def _attribute_judgment(self, one: GivenAttributeJudgment) -> Row:
        judgment = _standing(_of(AttributeJudgment, one.judgment))
        return {
            "judgment_id": self._ids.of(JUDGMENT, judgment.judgment_id),
            "attribute_id": self._attribute_id(judgment.attribute_id),
            "judgment": judgment.verdict,
            "accurate": judgment.accurate,
            "supported": judgment.supported,
            "use": judgment.use,
            "failure_mode": judgment.failure_mode,
            "corrected_text": self._text(one.level, one.corrected_text),
            **self._common(judgment, "attribute"),
        }

    def relevance_judgments(self) -> list[Row]:
        """Stage 2."""
        return [self._relevance(one) for one in self._given.relevance_judgments]

    def _relevance(self, one: GivenRelevanceJudgment) -> Row:
        judgment = _standing(_of(RelevanceJudgment, one.judgment))
        if judgment.prompt_id != one.prompt.prompt_id:
            raise GivenError("a judgment and its prompt do not belong together")
        return {
            "judgment_id": self._ids.of(JUDGMENT, judgment.judgment_id),
            "prompt_id": self._ids.of(PROMPT, judgment.prompt_id),
            "prompt_text": self._text(one.level, one.prompt_text),
            "attribute_id": self._attribute_id(judgment.attribute_id),
            "relevant": judgment.relevant,
            "relevance_level": judgment.relevance_level,
            **self._common(judgment, "relevance"),
        }

    def response_judgments(self) -> list[Row]:
        """Stage 3."""
        return [self._response(one) for one in self._given.response_judgments]

    def _response(self, one: GivenResponseJudgment) -> Row:
        judgment, pair = _standing(_of(ResponseJudgment, one.judgment)), one.pair
        if judgment.pair_id != pair.pair_id or pair.prompt_id != one.prompt.prompt_id:
            raise GivenError("a judgment, its pair and its prompt do not belong together")
        return {
            "judgment_id": self._ids.of(JUDGMENT, judgment.judgment_id),
            "prompt_id": self._ids.of(PROMPT, pair.prompt_id),
            "prompt_text": self._text(one.level, one.prompt_text),
            "arm": pair.arm,
            "model_tag": self._family(pair.personalized.model_tag) or "other-local",
            "model_tag_generic": self._family(pair.generic.model_tag) or "other-local",
            "response_generic": self._text(one.level, one.response_generic),
            "response_personalized": self._text(one.level, one.response_personalized),
            "shown_left": judgment.shown_left,
            "blinded": judgment.blinded,
            "raw_rating": judgment.raw_rating,
            "rating": judgment.rating,
            "attribute_ratings": self._ratings(judgment.attribute_ratings),
            "explicit_mention": judgment.explicit_mention,
            "len_generic": coarse.length(judgment.len_generic),
            "len_personalized": coarse.length(judgment.len_personalized),
            **self._common(judgment, "response"),
        }

    def _ratings(self, ratings: Mapping[str, int]) -> list[Row] | None:
        """Only of attributes that are given: the others were left out by the person."""
        made: list[Row] = [
            {"attribute_id": self._ids.of(ATTRIBUTE, original), "rating": rating}
            for original, rating in ratings.items()
            if original in self._attributes
        ]
        return sorted(made, key=lambda row: str(row["attribute_id"]))[:LIST_LIMIT] or None

    def model_judgments(self) -> list[Row]:
        """What models said of the same items."""
        return [self._model_judgment(one) for one in self._given.model_judgments]

    def _model_judgment(self, one: GivenModelJudgment) -> Row:
        judgment = _of(ModelJudgment, one.judgment)
        if one.target not in self._judged[judgment.kind]:
            raise GivenError("a model's judgment belongs to a judgment that is not given")
        return {
            "target_judgment_id": self._ids.of(JUDGMENT, one.target),
            "model_tag": self._family(judgment.model_tag) or "other-local",
            "kind": judgment.kind,
            "judgment": judgment.verdict,
            "relevant": judgment.relevant,
            "rating": judgment.rating,
            "prompt_sha256": self._published(judgment.prompt_sha256),
            "temperature": coarse.temperature(judgment.temperature),
        }


def _ids(given: Sequence[_GivenJudgment]) -> list[str]:
    return [one.judgment.judgment_id for one in given]


def _span_key(span: Row) -> tuple[int, list[int], str]:
    """An order that comes from the numbers of this bundle only."""
    turns = span["turn_idxs"]
    return (
        int(str(span["conv_idx"])),
        turns if isinstance(turns, list) else [],
        str(span["quote"] or ""),
    )


def _of(kind: type[T], value: T) -> T:
    """``value``, if it is exactly of ``kind``: a synthetic one is of another."""
    if type(value) is not kind:
        raise GivenError(f"something other than {kind.__name__} is given, perhaps a synthetic one")
    return value


def _standing(judgment: J) -> J:
    """``judgment``, unless it was taken back."""
    if judgment.retracted:
        raise GivenError("a judgment that was taken back is given")
    return judgment
