"""The allow-list: every field that a donation may hold, with its type and its closed vocabulary.

What is not named here cannot be written, and what a field does not allow raises
:class:`SchemaError`: the serializer fails closed, and a recipient refuses the same things with the
same code (:mod:`persona_tui.donation.checking`). Field names follow the study's annotation tool
where it has them (PROTOCOL.md section 4). Absent is ``None``, never the empty string.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from persona_tui.donation import vocabularies as words

SCHEMA_VERSION = "1"
BUNDLE_SCHEMA = f"persona-tui/donation/{SCHEMA_VERSION}"

Table = Literal[
    "contributors",
    "attributes",
    "attribute_judgments",
    "relevance_judgments",
    "response_judgments",
    "model_judgments",
]
TABLE_NAMES: tuple[Table, ...] = get_args(Table)
"""In the order in which references between them point back."""
FieldKind = Literal[
    "id", "text", "texts", "choice", "bool", "int", "number", "numbers", "sha256", "month",
    "version", "ratings", "evidence",
]  # fmt: skip
"""``text`` and ``texts`` (a list): redacted free text, only where the person chose to give texts;
``numbers``: list of numbers; ``ratings``: list of ``{attribute_id, rating}`` sorted by id, rating 1
to 5; ``evidence``: list of ``{conv_idx, turn_idxs, quote}``, the last two null unless texts are
given. A list is ``None`` where there is nothing to say, and never empty."""

TEXT_LIMIT = 200_000
"""Characters of one text."""
LIST_LIMIT = 1_000
"""Entries of one list."""
INDEX_LIMIT = 1_000_000
"""Of ``conv_idx`` and ``turn_idxs``."""


class SchemaError(ValueError):
    """What the allow-list does not allow. Names table and field, never the value."""

    def __init__(self, table: str, field: str, why: str) -> None:
        super().__init__(f"{table}.{field}: {why}" if field else f"{table}: {why}")
        self.table = table
        self.field = field


@dataclass(frozen=True, slots=True)
class Field:
    """One column."""

    name: str
    kind: FieldKind
    required: bool = False
    """Whether ``None`` is refused."""
    choices: frozenset[str] = frozenset()
    low: float = 0
    high: float = 0
    decimals: int = 2
    """``number`` and ``numbers``: more decimals than this are refused: they would be a fingerprint."""
    letter: str = ""
    """``id``: what it begins with, so that an id of one kind cannot stand for another."""

    @property
    def is_text(self) -> bool:
        """Whether it may hold words of the person or of a model."""
        return self.kind in ("text", "texts")


def _choice(name: str, choices: tuple[str, ...], *, required: bool = False) -> Field:
    return Field(name, "choice", required, frozenset(choices))


def _id(name: str, letter: str, *, required: bool = True) -> Field:
    return Field(name, "id", required, letter=letter)


CONTRIBUTOR, ATTRIBUTE, JUDGMENT, PROMPT = "c", "a", "j", "p"
"""First letters of ids."""

_JUDGMENT = (
    _choice("rater_role", ("self",), required=True),
    _choice("sampling", words.SAMPLINGS, required=True),
    Field("inclusion_prob", "number", low=0.01, high=1),
    _id("repeat_of", JUDGMENT, required=False),
    _choice("latency_bin", words.LATENCY_BINS),
    Field("guideline_sha256", "sha256"),
    Field("app_version", "version", required=True),
    Field("judged_month", "month", required=True),
)

TABLES: Mapping[Table, tuple[Field, ...]] = {
    "contributors": (
        _id("contributor_id", CONTRIBUTOR),
        _choice("language", words.LANGUAGES),
        Field("consent_version", "version", required=True),
        Field("consent_text_sha256", "sha256", required=True),
        _choice("license", words.LICENSES, required=True),
        Field("donated_month", "month", required=True),
        Field("withdrawal_token_sha256", "sha256", required=True),
        _choice("schema_version", (SCHEMA_VERSION,), required=True),
    ),
    "attributes": (
        _id("attribute_id", ATTRIBUTE),
        Field("attribute", "text"),
        _choice("category", words.CATEGORIES),
        Field("original_attributes", "texts"),
        Field("reason", "text"),
        Field("confidence", "number", low=0, high=1, decimals=1),
        Field("original_confidences", "numbers", low=0, high=1, decimals=1),
        Field("evidence", "evidence"),
        _choice("source", words.ATTRIBUTE_SOURCES, required=True),
        _choice("extractor_model", words.MODEL_FAMILIES),
        Field("prompt_sha256", "sha256"),
    ),
    "attribute_judgments": (
        _id("judgment_id", JUDGMENT),
        _id("attribute_id", ATTRIBUTE),
        _choice("judgment", words.VERDICTS),
        Field("accurate", "bool"),
        Field("supported", "bool"),
        _choice("use", words.USES),
        _choice("failure_mode", words.FAILURE_MODES),
        Field("corrected_text", "text"),
        *_JUDGMENT,
    ),
    "relevance_judgments": (
        _id("judgment_id", JUDGMENT),
        _id("prompt_id", PROMPT),
        Field("prompt_text", "text"),
        _id("attribute_id", ATTRIBUTE),
        Field("relevant", "bool", required=True),
        _choice("relevance_level", words.RELEVANCE_LEVELS),
        *_JUDGMENT,
    ),
    "response_judgments": (
        _id("judgment_id", JUDGMENT),
        _id("prompt_id", PROMPT),
        Field("prompt_text", "text"),
        _choice("arm", words.ARMS, required=True),
        _choice("model_tag", words.MODEL_FAMILIES, required=True),
        _choice("model_tag_generic", words.MODEL_FAMILIES, required=True),
        Field("response_generic", "text"),
        Field("response_personalized", "text"),
        _choice("shown_left", words.SIDES, required=True),
        Field("blinded", "bool", required=True),
        Field("raw_rating", "int", low=1, high=5),
        Field("rating", "int", low=1, high=5),
        Field("attribute_ratings", "ratings"),
        Field("explicit_mention", "bool"),
        Field("len_generic", "int", low=0, high=10_000_000),
        Field("len_personalized", "int", low=0, high=10_000_000),
        *_JUDGMENT,
    ),
    "model_judgments": (
        _id("target_judgment_id", JUDGMENT),
        _choice("model_tag", words.MODEL_FAMILIES, required=True),
        _choice("kind", words.JUDGED_KINDS, required=True),
        _choice("judgment", words.VERDICTS),
        Field("relevant", "bool"),
        Field("rating", "int", low=1, high=5),
        Field("prompt_sha256", "sha256"),
        Field("temperature", "number", low=0, high=2, decimals=1),
    ),
}
"""Table → columns in order. ``attributes`` also holds what the person added
(``source`` ``user``; a correction stands in ``corrected_text``) and the planted ones that were judged. ``len_*`` are characters, rounded to
two significant digits; ``rating`` and ``attribute_ratings`` are re-oriented (5 = personalized much
better), ``raw_rating`` is by side."""

COLUMNS: Mapping[Table, tuple[str, ...]] = {
    table: tuple(field.name for field in fields) for table, fields in TABLES.items()
}
JUDGMENT_TABLES: Mapping[str, Table] = {
    "attribute": "attribute_judgments",
    "relevance": "relevance_judgments",
    "response": "response_judgments",
}
"""``model_judgments.kind`` → the table that its target is in."""
