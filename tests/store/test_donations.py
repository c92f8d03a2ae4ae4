"""Donations in the store: a life, an untouched signature, and forgetting that reaches them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from store import attributes, candidates, donations, forgetting, migrations
from store.candidates import Group
from store.db import Store, open_store, utc_now
from store.donations import Donation, Item, StoredEdit
from store.errors import NotFoundError, StoreError
from tests.store.conftest import claim, say

SHA = "a" * 64


def signed(store: Store, donation: Donation) -> Donation:
    donations.put_files(store, donation.donation_id, {"data/x.jsonl": b"planted bytes"})
    return donations.save(
        store,
        replace(
            donation, status="signed", signed_at=utc_now(), token="b" * 64, manifest_sha256=SHA,
            release_at=utc_now() + timedelta(hours=24), agreed=("adult",), counts={"attributes": 1},
            contributor_id="c_1", bundle_name="persona-donation-2026-11-00000000",
        ),
    )  # fmt: skip


def attribute(store: Store, text: str = "The user keeps bees.") -> str:
    found = claim(store, say(store, f"{text} Indeed."), text)
    candidates.attach(store, [Group(None, found.candidate_id, (found.candidate_id,))])
    return next(row.attribute_id for row in attributes.list_all(store) if row.text == text)


def test_a_donation_is_kept_as_it_is(store: Store) -> None:
    made = donations.create(store, license="CC0-1.0", language="en")
    kept = signed(store, made)
    assert donations.get(store, made.donation_id) == kept
    assert donations.get(store, made.donation_id[:20]) == kept
    assert kept.agreed == ("adult",)
    assert "b" * 64 not in repr(kept)
    assert donations.open_draft(store) == kept
    given = donations.save(store, replace(kept, status="given", given_at=utc_now()))
    assert donations.open_draft(store) is None
    assert donations.list_all(store) == [given]
    with pytest.raises(NotFoundError):
        donations.get(store, "0%")


def test_a_change_takes_the_signature_and_the_bytes(store: Store) -> None:
    made = donations.create(store, license="CC0-1.0")
    key = made.donation_id
    steps = (
        lambda: donations.choose(store, key, [Item("attribute", "a1", "texts")]),
        lambda: donations.set_edits(
            store, key, "attribute:a1:text", [StoredEdit(0, 3, "redact", "NAME", SHA)]
        ),
        lambda: donations.add_entry(store, " Kovač "),
        lambda: donations.remove_entry(store, "Kovač"),
        lambda: donations.leave_out(store, key, "j1"),
        lambda: donations.leave_out(store, key, "j1", out=False),
        lambda: donations.drop(store, key, [("attribute", "a1")]),
        lambda: donations.unprepare(store, key),
    )
    for step in steps:
        signed(store, donations.get(store, key))
        step()
        after = donations.get(store, key)
        assert (after.status, after.token, after.manifest_sha256) == ("draft", None, None)
        assert (after.signed_at, after.release_at, after.agreed) == (None, None, ())
        assert donations.files(store, key) == {}
    assert donations.items(store, key) == []
    assert donations.edits(store, key) == {
        "attribute:a1:text": [StoredEdit(0, 3, "redact", "NAME", SHA)]
    }


def test_what_was_given_does_not_change(store: Store) -> None:
    made = donations.create(store, license="CC0-1.0")
    donations.choose(store, made.donation_id, [Item("attribute", "a1")])
    given = donations.save(store, replace(signed(store, made), status="given"))
    assert donations.given_items(store) == {("attribute", "a1"): made.donation_id}
    for refused in (
        lambda: donations.choose(store, made.donation_id, [Item("attribute", "a2")]),
        lambda: donations.unprepare(store, made.donation_id),
        lambda: donations.delete(store, made.donation_id),
    ):
        with pytest.raises(StoreError):
            refused()
    donations.add_entry(store, "Kovač")
    assert donations.get(store, made.donation_id) == given
    donations.save(store, replace(given, status="withdrawn", withdrawn_at=utc_now()))
    assert donations.given_items(store) == {}


def test_a_draft_can_be_thrown_away(store: Store) -> None:
    made = donations.create(store, license="CC0-1.0")
    donations.choose(store, made.donation_id, [Item("attribute", "a1")])
    signed(store, donations.get(store, made.donation_id))
    donations.delete(store, made.donation_id)
    assert donations.list_all(store) == []
    assert donations.files(store, made.donation_id) == {}
    with pytest.raises(NotFoundError):
        donations.put_files(store, made.donation_id, {"x": b""})


def test_forgetting_reaches_what_waits_to_be_given(store: Store) -> None:
    gone, stays = attribute(store), attribute(store, "The user sings in a choir.")
    made = donations.create(store, license="CC0-1.0")
    key = made.donation_id
    donations.choose(store, key, [Item("attribute", gone, "texts"), Item("attribute", stays)])
    for one in (gone, stays):
        donations.set_edits(
            store, key, f"attribute:{one}:text", [StoredEdit(4, 8, "redact", "NAME", SHA)]
        )
    donations.leave_out(store, key, "a judgment that is no more")
    signed(store, donations.get(store, key))
    forgetting.forget_attribute(store, gone)
    after = donations.get(store, key)
    assert (after.status, after.token, after.bundle_name) == ("draft", None, None)
    assert [one.item_id for one in donations.items(store, key)] == [stays]
    assert donations.left_out(store, key) == set()
    assert list(donations.edits(store, key)) == [f"attribute:{stays}:text"]
    raw = b"".join(path.read_bytes() for path in store.path.parent.glob("persona.db*"))
    assert b"planted bytes" not in raw


def test_forgetting_everything_forgets_donations_and_the_list_of_words(store: Store) -> None:
    made = signed(store, donations.create(store, license="CC0-1.0"))
    donations.save(store, replace(made, status="given"))
    donations.add_entry(store, "Zwetschgenkuchen")
    forgetting.forget_everything(store)
    assert donations.list_all(store) == []
    assert donations.entries(store) == []
    raw = b"".join(path.read_bytes() for path in store.path.parent.glob("persona.db*"))
    assert b"Zwetschgenkuchen" not in raw
    assert b"b" * 64 not in raw


def test_a_journal_without_donations_gets_them(
    database: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pathlib import Path

    path = Path(str(database))
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:3])
        patch.setattr(migrations, "NEWEST", 3)
        open_store(path).close()
    with open_store(path) as store:
        assert donations.list_all(store) == []
