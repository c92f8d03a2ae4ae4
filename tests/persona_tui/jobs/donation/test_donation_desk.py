"""A draft that two windows look at, stretches of a text, and the bytes looked through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from persona_tui.config import DonationConfig
from persona_tui.donation import consent
from persona_tui.errors import UserError
from persona_tui.jobs.donation import desk as desks
from persona_tui.jobs.donation import donating, spans
from persona_tui.jobs.donation import preview as donation_preview
from persona_tui.jobs.donation.material import read_material
from persona_tui.jobs.donation.texts import Redacted
from store import donations
from store.db import Store, open_store
from store.donations import Donation
from tests.persona_tui.giving_data import give

PLAIN = DonationConfig(names=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "j.db") as opened:
        give(opened)
        yield opened


def drafted(store: Store) -> Donation:
    found = [(one.kind, one.item_id) for one in desks.look(store).choices if not one.never]
    return desks.change(
        store, None, PLAIN, lambda s, draft: donating.choose(s, draft, found, "texts")
    )


def text_with(store: Store, draft: Donation, words: str) -> Redacted:
    made = donating.redaction(read_material(store, draft), PLAIN)
    return next(one for one in made.texts if words in one.text.original)


def test_looking_makes_no_draft(store: Store) -> None:
    seen = desks.look(store)
    assert (seen.draft, seen.ledger, seen.open) == (None, (), True)
    assert all(one.level is None for one in seen.choices)


def test_a_draft_that_was_changed_elsewhere_is_left_as_it_is(store: Store) -> None:
    seen = drafted(store)
    before = donations.stamp(store)
    items = donations.items(store, seen.donation_id)
    donating.choose(store, seen, [("attribute", items[0].item_id)], None)
    assert donations.stamp(store) != before
    with pytest.raises(desks.ElsewhereError, match="changed elsewhere"):
        desks.change(store, seen, PLAIN, lambda s, draft: donations.delete(s, draft.donation_id))
    with pytest.raises(desks.ElsewhereError):
        desks.change(store, None, PLAIN, lambda s, draft: None)
    with pytest.raises(desks.ElsewhereError):
        donation_preview.read_for(store, seen)
    assert len(donations.items(store, seen.donation_id)) == len(items) - 1


def test_what_is_signed_is_not_changed_by_the_way(store: Store) -> None:
    """Choosing would take the signature away without a word."""
    donating.prepare(store, drafted(store), PLAIN)
    seen = desks.look(store).draft
    assert seen is not None
    ticked = consent.statements("texts")
    with pytest.raises(UserError, match="agreed"):
        desks.sign(store, seen, ticked[1:], PLAIN)
    signed = desks.sign(store, seen, ticked, PLAIN)
    with pytest.raises(desks.ElsewhereError):  # the other window, which has not seen it signed
        desks.sign(store, seen, ticked, PLAIN)
    with pytest.raises(UserError, match="signed; cancel"):
        desks.change(store, signed, PLAIN, lambda s, draft: donating.choose(s, draft, [], None))
    assert not desks.look(store).open
    assert desks.cancel(store, signed).status == "draft"


def test_bytes_that_were_prepared_elsewhere_are_not_signed_unseen(store: Store) -> None:
    donating.prepare(store, drafted(store), PLAIN)
    seen = desks.look(store).draft
    assert seen is not None
    donating.prepare(store, seen, PLAIN)
    with pytest.raises(desks.ElsewhereError):
        desks.sign(store, seen, consent.statements("texts"), PLAIN)


def test_stretches_of_a_text(store: Store) -> None:
    donations.add_entry(store, "nurse")
    draft = drafted(store)
    one = text_with(store, draft, "The user works night shifts as a nurse.")
    (stop,) = spans.stops_of(one, ())
    assert (one.text.original[stop.start : stop.end], stop.by) == ("nurse", "list")
    assert stop.placeholder.startswith("[CUSTOM_")
    shown = spans.pieces_of(one.text.original, [stop])
    assert "".join(p.text for p in shown if p.look != "added") == one.text.original
    assert "".join(p.text for p in shown if p.look != "removed") == one.given
    # Left standing by the person, then blacked out again.
    keep = spans.edit_of(one.text, stop.start, stop.end, "keep")
    at_once = spans.with_edit(one, keep)
    assert at_once.given == one.text.original
    spans.put_edit(store, draft.donation_id, one.text, keep)
    edits = donations.edits(store, draft.donation_id)[one.text.place]
    (kept,) = spans.stops_of(at_once, edits)
    assert kept.kept
    spans.unkeep(store, draft.donation_id, one.text, kept)
    assert one.text.place not in donations.edits(store, draft.donation_id)
    # Another word: what was found before keeps its number.
    first = spans.with_edit(one, spans.edit_of(one.text, 4, 8, "redact"))
    assert first.given.startswith("The [CUSTOM] works")
    assert stop.placeholder in first.given


def test_words_of_scripts_with_and_without_spaces() -> None:
    text = "I'm at 我是 x@y.org, well-known…"
    assert [text[a:b] for a, b in spans.words_of(text)] == [
        "I'm", "at", "我", "是", "x@y.org", ",", "well-known", "…",
    ]  # fmt: skip


def test_lines_and_rows_of_the_bytes(store: Store) -> None:
    donating.prepare(store, drafted(store), PLAIN)
    seen = desks.look(store).draft
    assert seen is not None
    files = donations.files(store, seen.donation_id)
    hits = donation_preview.find(files, "NURSE")
    assert {hit.path for hit in hits} >= {"data/attributes.jsonl"}
    assert donation_preview.find(files, "") == []
    assert donation_preview.row_of(files, "README.md", 0) is None
    assert donation_preview.row_of(files, "data/attributes.jsonl", 99) is None
    row = donation_preview.row_of(files, "data/attribute_judgments.jsonl", 0)
    assert row is not None
    after = donation_preview.take_out(store, seen, row)
    assert after.manifest_sha256 is None
    with pytest.raises(desks.ElsewhereError):
        donation_preview.take_out(store, seen, row)
    with pytest.raises(UserError, match="goes with another"):
        donation_preview.take_out(store, after, "j_" + "0" * 32)


def test_the_work_can_be_stopped_and_tells_how_far_it_is(store: Store) -> None:
    material = read_material(store, drafted(store))
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))
        if done == 3:
            raise donation_preview.StoppedError

    with pytest.raises(donation_preview.StoppedError):
        donating.make(material, PLAIN, tell=tell)
    assert [done for done, _ in told] == [0, 1, 2, 3]
    assert len({total for _, total in told}) == 1
