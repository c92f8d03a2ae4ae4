"""Validation of answers against JSON Schemas."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from models.errors import InvalidOutputError, UnsupportedError
from models.validate import check_schema, parse, validate

LIST: dict[str, Any] = {
    "type": "object",
    "properties": {
        "attributes": {
            "type": "array",
            "maxItems": 2,
            "items": {
                "type": "object",
                "properties": {
                    "attribute": {"type": "string", "minLength": 1},
                    "confidence": {"type": "number", "minimum": 0, "maximum": 1},
                    "turn": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                },
                "required": ["attribute", "confidence"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["attributes"],
}


@pytest.mark.parametrize(
    "value",
    [
        {"attributes": []},
        {"attributes": [{"attribute": "x", "confidence": 1}]},
        {"attributes": [{"attribute": "x", "confidence": 0.5, "turn": None}], "more": 1},
    ],
)
def test_valid(value: object) -> None:
    validate(value, LIST)
    assert value


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], r"\$: is not of type object"),
        ({}, "“attributes” is missing"),
        ({"attributes": [1]}, r"attributes\[0\]"),
        ({"attributes": [{"attribute": "", "confidence": 1}]}, "too short"),
        ({"attributes": [{"attribute": "x", "confidence": True}]}, "number"),
        ({"attributes": [{"attribute": "x", "confidence": 1.5}]}, "above"),
        ({"attributes": [{"attribute": "x", "confidence": 1, "turn": "1"}]}, "none of the allowed"),
        ({"attributes": [{"attribute": "x", "confidence": 1, "y": 1}]}, "not asked for"),
        ({"attributes": [{"attribute": "x", "confidence": 1}] * 3}, "too many"),
    ],
)
def test_invalid_says_where(value: object, place: str) -> None:
    with pytest.raises(InvalidOutputError, match=place):
        validate(value, LIST)


class Item(msgspec.Struct):
    text: Annotated[str, msgspec.Meta(max_length=3)]


class Items(msgspec.Struct):
    items: list[Item]


def test_generated_schemas_with_references() -> None:
    schema = msgspec.json.schema(Items)
    assert "$ref" in schema
    validate({"items": [{"text": "abc"}]}, schema)
    with pytest.raises(InvalidOutputError, match="too long"):
        validate({"items": [{"text": "abcd"}]}, schema)


@pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "[" * 100_000, '{"a": 1} and more'])
def test_what_is_not_json(text: str) -> None:
    with pytest.raises(InvalidOutputError):
        parse(text, {"type": "object"})


def test_an_unknown_keyword_is_refused_before_asking() -> None:
    with pytest.raises(UnsupportedError, match="dependentRequired"):
        check_schema({"properties": {"a": {"dependentRequired": {}}}})


def test_half_a_surrogate_pair_becomes_text_that_can_be_kept() -> None:
    value = parse(r'{"a": "x\ud800y", "b": "\ud83c\udf89"}', {"type": "object"})
    assert value == {"a": "x?y", "b": "🎉"}


def test_a_reference_to_nothing_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="lacks"):
        validate(1, {"$ref": "#/$defs/missing"})
