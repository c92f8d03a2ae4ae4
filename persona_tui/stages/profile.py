"""The corrected, consented profile: what an assistant may know, as text to paste.

In it are attributes that were judged *ok* and whose use is not refused, the person's own sentences,
and corrections in the place of what they correct. Nothing unjudged, unsure or bad is in it. What
must never be used is left out as well: a list of secrets pasted into an assistant, even under the
words "never use", would tell it the secrets.

A refined attribute says an original in other words. Where the original is judged ok, or corrected, the
refined one is not in it: nothing stands there twice, and the person's own words are the stronger ones.
A wish about the use of one of the two holds for the other, unless that has a wish of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from store.records import Attribute, Use


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement, with the attribute it comes from."""

    attribute_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Statements by how they may be used, in the order in which they were found."""

    welcome: tuple[Entry, ...]
    ask: tuple[Entry, ...]
    never: tuple[Entry, ...]
    unjudged: int
    """Attributes without a verdict, which are therefore not in it."""


def build_profile(attributes: Iterable[Attribute]) -> Profile:
    """The profile of everything in ``attributes`` (all of the store's, the person's own too)."""
    known = {attribute.attribute_id: attribute for attribute in attributes}
    uses: dict[Use, list[Entry]] = {"welcome": [], "ask": [], "never": []}
    replaced = {
        attribute.judgment.corrected_attribute_id
        for attribute in known.values()
        if attribute.judgment is not None and attribute.judgment.corrected_attribute_id in known
    }
    kin = _kin(known)
    unjudged = 0
    for attribute in sorted(known.values(), key=lambda found: found.attribute_id):
        judgment = attribute.judgment
        if attribute.attribute_id in replaced:
            continue  # it stands where the attribute stood that it corrects
        if attribute.strategy == "user":
            if judgment is not None:  # without one the person took it back
                uses[judgment.use or "welcome"].append(_entry(attribute))
            continue
        use = _wish(attribute, kin)
        correction = known.get(judgment.corrected_attribute_id or "") if judgment else None
        if use == "never":  # what was refused stays refused, judged or not, corrected or not
            uses["never"].append(_entry(attribute))
        if _is_said_better(attribute, known) and correction is None:
            unjudged += (judgment is None or judgment.verdict is None) and use != "never"
        elif correction is not None:
            uses[use].append(_entry(correction))
        elif judgment is None or judgment.verdict is None:
            unjudged += use != "never"
        elif judgment.verdict == "ok" and use != "never":
            uses[use].append(_entry(attribute))
    return Profile(tuple(uses["welcome"]), tuple(uses["ask"]), tuple(uses["never"]), unjudged)


def _kin(known: Mapping[str, Attribute]) -> dict[str, list[Attribute]]:
    """Attribute → the one that it was made of, or those that were made of it."""
    kin: dict[str, list[Attribute]] = {}
    for attribute in known.values():
        original = known.get(attribute.refines or "")
        if original is not None:
            kin.setdefault(attribute.attribute_id, []).append(original)
            kin.setdefault(original.attribute_id, []).append(attribute)
    return kin


def _wish(attribute: Attribute, kin: Mapping[str, Sequence[Attribute]]) -> Use:
    """How it may be used, as far as the person said."""
    own = attribute.judgment.use if attribute.judgment is not None else None
    if own is not None:
        return own
    others = {
        one.judgment.use
        for one in kin.get(attribute.attribute_id, ())
        if one.judgment is not None and one.judgment.use is not None
    }
    strictest: tuple[Use, ...] = ("never", "ask")
    return next((use for use in strictest if use in others), "welcome")


def _is_said_better(attribute: Attribute, known: Mapping[str, Attribute]) -> bool:
    """Whether it refines what the person accepted or corrected."""
    original = known.get(attribute.refines or "")
    said = None if original is None else original.judgment
    return said is not None and (said.verdict == "ok" or said.corrected_attribute_id in known)


def _entry(attribute: Attribute) -> Entry:
    return Entry(attribute.attribute_id, attribute.text)


def as_text(profile: Profile, *, with_never: bool = False) -> str:
    """The profile as plain text. Each statement is one line, whatever is in it; an empty profile
    gives an empty text."""
    parts: list[str] = []
    if profile.welcome:
        parts.append(_section("About the user, checked by the user:", profile.welcome))
    if profile.ask:
        parts.append(_section("Use only when the user asks for it:", profile.ask))
    if with_never and profile.never:
        parts.append(_section("Never use, mention or infer:", profile.never))
    return "\n".join(parts)


def _section(title: str, entries: Iterable[Entry]) -> str:
    lines = [title, *(f"- {' '.join(entry.text.split())}" for entry in entries)]
    return "\n".join(lines) + "\n"


def as_record(profile: Profile, *, with_never: bool = False) -> dict[str, object]:
    """The profile as one JSON object. ``never`` is ``null`` unless asked for, like in the text."""

    def rows(entries: Iterable[Entry]) -> list[dict[str, str]]:
        return [{"attribute_id": entry.attribute_id, "attribute": entry.text} for entry in entries]

    return {
        "welcome": rows(profile.welcome),
        "ask": rows(profile.ask),
        "never": rows(profile.never) if with_never else None,
        "never_count": len(profile.never),
        "unjudged": profile.unjudged,
    }
