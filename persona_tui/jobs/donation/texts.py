"""The texts of a donation, one by one: what would be given, what is blacked out of it, and why.

A *place* names a text for good (``kind:item_id:field``); the person's edits hang on it. An edit says
something only of the very text that it was made on: where that has changed, the text is held back
until the person has looked at it again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from persona_tui.jobs.donation.hidden import sha256_of
from persona_tui.jobs.donation.material import Material
from store.donations import ItemKind, StoredEdit

if TYPE_CHECKING:
    from persona_tui.donation.redaction import Finding, Kind, Known, Redactor

Tell = Callable[[int, int], None]
"""Called with how many looks at a text of how many are done; what it raises ends the work."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text before redaction."""

    place: str
    kind: ItemKind
    item_id: str
    title: str
    """What it is, in a few words."""
    original: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """One text as it would be given."""

    text: Text
    findings: tuple[Finding, ...]
    """What is blacked out, after the person's edits."""
    given: str
    stale: bool = False
    """Whether it was edited when it read otherwise: then it is not given."""
    others: tuple[str, ...] = ()
    """Words in what is left that may speak of another person."""

    @property
    def changed(self) -> bool:
        return bool(self.findings)


@dataclass(frozen=True, slots=True)
class Redaction:
    """All texts of a donation."""

    texts: tuple[Redacted, ...]
    known: tuple[Known, ...]
    """Everything that was looked for, in the end."""
    kept: tuple[str, ...]
    """What the person left where it was found."""
    uses_ner: bool


def texts_of(material: Material) -> list[Text]:
    """Every text that would be given, in the order of the items. Items at level ``labels`` have
    none; a text that stands in several places (a prompt) is listed at each."""
    found: list[Text] = []
    for item in material.items:
        if item.level != "texts":
            continue
        if item.kind == "attribute":
            found += _of_attribute(material, item.item_id)
        elif item.kind == "relevance" and item.item_id in material.prompts:
            prompt = material.prompts[item.item_id]
            if any(row.prompt_id == item.item_id for row in material.relevance):
                found.append(_text("relevance", item.item_id, "prompt", "a prompt", prompt.text))
        elif item.kind == "response" and item.item_id in material.pairs:
            pair = material.pairs[item.item_id]
            key = item.item_id
            prompt = material.prompts[pair.prompt_id]
            found.append(_text("response", key, "prompt", "a prompt", prompt.text))
            found.append(_text("response", key, "generic", "generic answer", pair.generic.text))
            if not pair.identical:
                found.append(
                    _text(
                        "response", key, "personalized", "personalized answer",
                        pair.personalized.text,
                    )
                )  # fmt: skip
    return [one for one in found if one.original.strip()]


def _text(kind: ItemKind, item_id: str, field: str, title: str, original: str) -> Text:
    return Text(f"{kind}:{item_id}:{field}", kind, item_id, title, original)


def _of_attribute(material: Material, key: str) -> Iterator[Text]:
    attribute = material.attributes.get(key)
    if attribute is None:
        return
    own = attribute.strategy == "user"
    title = "your own sentence" if own else "an attribute"
    yield _text("attribute", key, "text", title, attribute.text)
    for source in attribute.sources:
        yield _text(
            "attribute", key, f"original:{source.candidate_id}", "as it was first stated",
            source.text,
        )  # fmt: skip
        if source.reason:
            yield _text(
                "attribute", key, f"reason:{source.candidate_id}", "the model's reason",
                source.reason,
            )  # fmt: skip
    for span in attribute.evidence:
        place = f"evidence:{span.message_id}:{span.start}-{span.end}"
        yield _text("attribute", key, place, "your words", span.quote)
    for row in material.judgments:
        corrected = row.corrected_attribute_id
        if row.attribute_id == key and corrected is not None:
            words = material.sentences.get(corrected)
            if words is not None:
                yield _text("attribute", key, f"corrected:{corrected}", "your correction", words)


def redact(
    texts: Sequence[Text],
    material: Material,
    known: Sequence[Known],
    *,
    ner: bool | None,
    tell: Tell | None = None,
) -> Redaction:
    """Black out what is found and what the person marked.

    Twice: what is found in one text is looked for in all of the others, however it is written there.
    ``ner``: as :class:`~persona_tui.donation.redaction.Redactor` takes it.
    """
    from persona_tui.donation.others import speaks_of_others
    from persona_tui.donation.redaction import Known, Placeholders, Redactor, with_found

    here = {one.place for one in texts}
    elsewhere = [
        Known("CUSTOM", words)
        for place, hidden in material.hidden.items()
        if place not in here
        for words in hidden
    ]
    known = [*known, *elsewhere]
    redactor = Redactor(known, ner=ner)
    first: list[tuple[str, list[Finding]]] = []
    for one in texts:
        if tell is not None:
            tell(len(first), 2 * len(texts))
        first.append((one.original, _found(redactor, one, material)))
    # What the person kept in one place is not looked for in others on its account.
    more = with_found(known, first)
    again = Redactor(more, ner=ner)
    placeholders = Placeholders(more)
    done: list[Redacted] = []
    for one in texts:
        if tell is not None:
            tell(len(texts) + len(done), 2 * len(texts))
        findings = _found(again, one, material)
        given = placeholders.text(one.original, findings)
        edits = material.edits.get(one.place, ())
        done.append(
            Redacted(
                one,
                tuple(findings),
                given,
                stale=len(_fresh(edits, one)) < len(edits),
                others=speaks_of_others(given),
            )
        )
    return Redaction(tuple(done), tuple(more), tuple(_kept(texts, material)), again.uses_ner)


def _fresh(edits: Sequence[StoredEdit], text: Text) -> list[StoredEdit]:
    """Edits that were made on this very text."""
    sha = sha256_of(text.original) if edits else ""
    return [edit for edit in edits if edit.text_sha256 == sha]


def _found(redactor: Redactor, text: Text, material: Material) -> list[Finding]:
    from persona_tui.donation.redaction import Edit, with_edits

    fresh = _fresh(material.edits.get(text.place, ()), text)
    made = [Edit(one.start, one.end, one.action, cast("Kind", one.kind)) for one in fresh]
    return with_edits(redactor.find(text.original), made)


def _kept(texts: Sequence[Text], material: Material) -> Iterator[str]:
    """Words that the person decided to leave where they stand."""
    for one in texts:
        for edit in _fresh(material.edits.get(one.place, ()), one):
            if edit.action == "keep":
                yield one.original[edit.start : edit.end]
