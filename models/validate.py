"""Validate a JSON value against a JSON Schema: the part of draft 2020-12 that prompts need.

No dependency of ours does this (msgspec validates against its own structs, not against a schema
given as data), and a schema here is written by us, not by strangers. A keyword that is not
implemented is refused before a model is asked, so nothing passes unchecked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from models.errors import InvalidOutputError, UnsupportedError

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default"}
    | {"examples", "deprecated", "readOnly", "writeOnly", "format"}
)
_CHECKED = frozenset(
    {"$ref", "type", "enum", "const", "anyOf", "oneOf", "allOf", "not"}
    | {"properties", "required", "additionalProperties", "minProperties", "maxProperties"}
    | {"items", "prefixItems", "minItems", "maxItems", "uniqueItems"}
    | {"minLength", "maxLength", "pattern"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

Schema = Mapping[str, Any] | bool


def parse(text: str, schema: Mapping[str, Any]) -> Any:
    """Read ``text`` as one JSON value and validate it.

    Raises :class:`InvalidOutputError` where it is not JSON or does not satisfy ``schema``,
    :class:`UnsupportedError` for a schema keyword that is not implemented.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidOutputError("The model's answer is not valid JSON; ask again.") from error
    if _SURROGATE.search(text):
        value = without_surrogates(value)
    validate(value, schema)
    return value


def without_surrogates(value: Any) -> Any:
    """``value`` with question marks for lone surrogates: an escaped half of a pair is JSON, but no
    text that can be kept."""
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def validate(value: Any, schema: Mapping[str, Any]) -> None:
    """Return if ``value`` satisfies ``schema``; raise :class:`InvalidOutputError` with the place
    and the reason of the first violation otherwise."""
    check_schema(schema)
    for place, reason in _violations(value, schema, schema, "$"):
        raise InvalidOutputError(
            f"The model's answer does not have the form that was asked for "
            f"({place}: {reason}); ask again."
        )


def check_schema(schema: Schema) -> None:
    """Raise :class:`UnsupportedError` if ``schema`` uses a keyword that is not checked here."""
    if isinstance(schema, bool):
        return
    for keyword in schema:
        if keyword not in _ANNOTATIONS and keyword not in _CHECKED:
            raise UnsupportedError(
                f"The answer's schema uses “{keyword}”, which cannot be checked; leave it out."
            )
    for keyword in ("$defs", "definitions", "properties"):
        for part in schema.get(keyword, {}).values():
            check_schema(part)
    for keyword in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(keyword, ()):
            check_schema(part)
    for keyword in ("items", "additionalProperties", "not"):
        if keyword in schema:
            check_schema(schema[keyword])


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _violations(value: Any, schema: Schema, root: Schema, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(schema, bool):
        if not schema:
            yield place, "nothing is allowed here"
        return
    if "$ref" in schema:
        yield from _violations(value, _resolve(schema["$ref"], root), root, place)
    if "type" in schema:
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_has_type(value, name) for name in names):
            yield place, f"is not of type {' or '.join(names)}"
            return
    if "enum" in schema and not any(_equal(value, one) for one in schema["enum"]):
        yield place, "is none of the allowed values"
    if "const" in schema and not _equal(value, schema["const"]):
        yield place, f"is not {schema['const']!r}"
    yield from _combinations(value, schema, root, place)
    if isinstance(value, dict):
        yield from _object(value, schema, root, place)
    elif isinstance(value, list):
        yield from _array(value, schema, root, place)
    elif isinstance(value, str):
        yield from _string(value, schema, place)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number(value, schema, place)


def _has_type(value: Any, name: str) -> bool:
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    if isinstance(value, bool):  # in Python True is an int, in JSON it is not a number
        return name == "boolean"
    return isinstance(value, _TYPES[name])


def _equal(a: Any, b: Any) -> bool:
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def _resolve(reference: str, root: Schema) -> Schema:
    if not reference.startswith("#"):
        raise UnsupportedError(f"The answer's schema refers to another document ({reference}).")
    found: Any = root
    for part in reference[1:].split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, Mapping) or name not in found:
            raise UnsupportedError(f"The answer's schema refers to {reference}, which it lacks.")
        found = found[name]
    return found  # type: ignore[no-any-return]


def _combinations(
    value: Any, schema: Mapping[str, Any], root: Schema, place: str
) -> Iterator[tuple[str, str]]:
    def fits(part: Schema) -> bool:
        return next(_violations(value, part, root, place), None) is None

    for part in schema.get("allOf", ()):
        yield from _violations(value, part, root, place)
    if "anyOf" in schema and not any(fits(part) for part in schema["anyOf"]):
        yield place, "fits none of the allowed forms"
    if "oneOf" in schema and sum(fits(part) for part in schema["oneOf"]) != 1:
        yield place, "does not fit exactly one of the allowed forms"
    if "not" in schema and fits(schema["not"]):
        yield place, "has a forbidden form"


def _object(
    value: dict[str, Any], schema: Mapping[str, Any], root: Schema, place: str
) -> Iterator[tuple[str, str]]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield place, f"“{name}” is missing"
    if len(value) < schema.get("minProperties", 0):
        yield place, "has too few members"
    if "maxProperties" in schema and len(value) > schema["maxProperties"]:
        yield place, "has too many members"
    for name, member in value.items():
        if name in properties:
            yield from _violations(member, properties[name], root, f"{place}.{name}")
        elif schema.get("additionalProperties", True) is False:
            yield place, f"“{name}” was not asked for"
        else:
            rest = schema.get("additionalProperties", True)
            yield from _violations(member, rest, root, f"{place}.{name}")


def _array(
    value: list[Any], schema: Mapping[str, Any], root: Schema, place: str
) -> Iterator[tuple[str, str]]:
    if len(value) < schema.get("minItems", 0):
        yield place, "has too few items"
    if "maxItems" in schema and len(value) > schema["maxItems"]:
        yield place, "has too many items"
    if schema.get("uniqueItems") and any(
        _equal(value[i], value[j]) for i in range(len(value)) for j in range(i)
    ):
        yield place, "has an item twice"
    first: list[Schema] = schema.get("prefixItems", [])
    for position, item in enumerate(value):
        part = first[position] if position < len(first) else schema.get("items", True)
        yield from _violations(item, part, root, f"{place}[{position}]")


def _string(value: str, schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    if len(value) < schema.get("minLength", 0):
        yield place, "is too short"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield place, "is too long"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield place, "does not match its pattern"


def _number(value: int | float, schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place, "is not a number"  # NaN is within all bounds, and no database keeps it
        return
    if "minimum" in schema and value < schema["minimum"]:
        yield place, f"is below {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield place, f"is above {schema['maximum']}"
    if "exclusiveMinimum" in schema and value <= schema["exclusiveMinimum"]:
        yield place, f"is not above {schema['exclusiveMinimum']}"
    if "exclusiveMaximum" in schema and value >= schema["exclusiveMaximum"]:
        yield place, f"is not below {schema['exclusiveMaximum']}"
    if "multipleOf" in schema and not float(value / schema["multipleOf"]).is_integer():
        yield place, f"is no multiple of {schema['multipleOf']}"
