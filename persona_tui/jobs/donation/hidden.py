"""Words that the person hid, wherever: they stay hidden in all other texts, too, when the text in
which they were marked is taken out of the donation again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from store.donations import StoredEdit
from store.errors import NotFoundError

if TYPE_CHECKING:
    from store.db import Store


def sha256_of(text: str) -> str:
    """By which an edit knows the text that it was made on."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def hidden_words(
    store: Store, edits: Mapping[str, Sequence[StoredEdit]]
) -> dict[str, tuple[str, ...]]:
    """By place: the words behind edits that hide. Of a text that reads otherwise by now they cannot
    be told, because an edit keeps no words."""
    found = {}
    for place, made in edits.items():
        if all(edit.action == "keep" for edit in made):
            continue
        text = _original(store, place)
        if text is None:
            continue
        sha = sha256_of(text)
        words = _hidden(text, [edit for edit in made if edit.text_sha256 == sha])
        if words:
            found[place] = words
    return found


def _hidden(text: str, edits: Sequence[StoredEdit]) -> tuple[str, ...]:
    from persona_tui.donation.redaction import Edit, with_edits

    made = [Edit(edit.start, edit.end, edit.action) for edit in edits]
    return tuple(text[one.start : one.end] for one in with_edits([], made))


def _original(store: Store, place: str) -> str | None:
    """The text that stands at ``place`` (``kind:item_id:field``, see ``donation_texts``)."""
    from store import attributes, responses, user_prompts

    kind, key, what = place.split(":", 2)
    try:
        if kind == "relevance":
            return user_prompts.get(store, key).text
        if kind == "response":
            pair = responses.get_pair(store, key)
            if what == "prompt":
                return user_prompts.get(store, pair.prompt_id).text
            return pair.generic.text if what == "generic" else pair.personalized.text
        if what.startswith("corrected:"):
            return attributes.get(store, what.partition(":")[2]).text
        attribute = attributes.get(store, key)
    except NotFoundError:
        return None
    texts = {"text": attribute.text}
    texts |= {f"original:{one.candidate_id}": one.text for one in attribute.sources}
    texts |= {f"reason:{one.candidate_id}": one.reason or "" for one in attribute.sources}
    texts |= {
        f"evidence:{one.message_id}:{one.start}-{one.end}": one.quote for one in attribute.evidence
    }
    return texts.get(what)
