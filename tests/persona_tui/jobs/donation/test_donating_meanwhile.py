"""What happens to a donation while the person, or another window, goes on with something else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from persona_tui.config import DonationConfig
from persona_tui.donation import consent
from persona_tui.donation.publish import PublishError, State
from persona_tui.errors import UserError
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.edits import keep_words
from persona_tui.jobs.donation.leaving import arrived, failed, leave, stayed
from persona_tui.jobs.donation.material import read_material
from persona_tui.jobs.donation.texts import texts_of
from store import attributes, donations, forgetting, judgments
from store.db import Store, open_store, utc_now
from tests.persona_tui.giving_data import give
from tests.persona_tui.jobs.donation.test_donating import PLAIN, drafted, rows, signed
from tests.persona_tui.jobs.review.test_review_drawing import SOME_PLANTED, go_to, load, write
from tests.persona_tui.review_data import seed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "j.db") as opened:
        give(opened)
        yield opened


def test_what_is_forgotten_while_it_is_prepared_is_not_kept(store: Store) -> None:
    draft = drafted(store)
    material = read_material(store, draft)
    prepared = donating.make(material, PLAIN)
    one = next(one for one in attributes.list_all(store) if "nurse" in one.text)
    forgetting.forget_attribute(store, one.attribute_id)
    with pytest.raises(UserError, match="changed while"):
        donating.keep(store, draft.donation_id, prepared, material)
    assert donations.files(store, draft.donation_id) == {}


def test_what_is_taken_back_after_signing_does_not_leave(store: Store) -> None:
    donation = signed(store)
    later = utc_now() + timedelta(days=2)
    assert donating.released(store, donation.donation_id, now=later)
    taken = judgments.undo_last(store)
    assert taken is not None
    with pytest.raises(UserError, match="1 of its judgments was changed or taken back"):
        donating.released(store, donation.donation_id, now=later)
    donating.cancel(store, donation.donation_id)
    prepared = donating.prepare(store, donations.get(store, donation.donation_id), PLAIN)
    text = attributes.get(store, taken.attribute_id).text
    # Neither the judgment nor the words of the attribute, chosen though it was.
    assert text not in [row["attribute"] for row in rows(dict(prepared.files), "attributes")]


def test_what_is_judged_anew_after_preparing_is_not_signed(store: Store) -> None:
    draft = drafted(store)
    donating.prepare(store, draft, PLAIN)
    judgments.undo_last(store)
    with pytest.raises(UserError, match="prepare it again"):
        donating.sign(store, draft.donation_id, consent.statements("texts"), PLAIN)


def bytes_of(prepared: donating.Prepared) -> bytes:
    return b"".join(data for path, data in prepared.files.items() if path.endswith(".jsonl"))


@pytest.mark.parametrize("how", ["taken out", "labels", "row"])
def test_what_was_hidden_stays_hidden_when_its_text_is_taken_out(store: Store, how: str) -> None:
    draft = drafted(store)
    material = read_material(store, draft)
    marked = next(one for one in texts_of(material) if "nurse" in one.original)
    keep_words(store, material, marked.place, hide=["nurse"])
    prepared = donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    assert b"rice" in bytes_of(prepared)  # an answer that speaks of a nurse, too
    assert b"nurse" not in bytes_of(prepared)
    key = (marked.kind, marked.item_id)
    if how == "row":
        row = next(row for row, what in prepared.row_items.items() if what == f"attribute:{key[1]}")
        assert donating.delete_row(store, draft.donation_id, row)
    else:
        donating.choose(store, draft, [key], "labels" if how == "labels" else None)
    again = donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    assert b"rice" in bytes_of(again)
    assert b"nurse" not in bytes_of(again)


def test_names_are_known_from_attributes_that_are_not_given(store: Store) -> None:
    attributes.add_by_user(store, "My daughter is called Ottoline.")
    draft = drafted(store)
    (one,) = [one for one in attributes.list_all(store) if "Ottoline" in one.text]
    donations.drop(store, draft.donation_id, [("attribute", one.attribute_id)])
    known = donating.known_words(read_material(store, donations.get(store, draft.donation_id)))
    assert "Ottoline" in {one.text for one in known}


LATER = timedelta(days=2)


def test_the_token_of_what_is_on_its_way_cannot_be_lost(store: Store) -> None:
    donation = signed(store)
    leaving = leave(store, donation.donation_id, "a file: x.zip", now=utc_now() + LATER)
    # Now it is being written. Another window:
    with pytest.raises(UserError, match="nothing to cancel"):
        donating.cancel(store, donation.donation_id)
    forgetting.forget_attribute(store, attributes.list_all(store)[0].attribute_id)
    after = arrived(store, leaving, "a file: y.zip")
    assert (after.status, after.token, after.destination) == (
        "given", donation.token, "a file: y.zip",
    )  # fmt: skip
    assert donating.withdraw(store, donation.donation_id)[0].status == "withdrawn"


def test_what_did_not_leave_is_signed_as_before(store: Store) -> None:
    donation = signed(store)
    leaving = leave(store, donation.donation_id, "a file: x.zip", now=utc_now() + LATER)
    stayed(store, leaving)
    after = donations.get(store, donation.donation_id)
    assert (after.status, after.destination, after.given_at) == ("signed", None, None)
    assert donating.released(store, donation.donation_id, now=utc_now() + LATER) == leaving.files
    leaving = leave(store, donation.donation_id, "a file: x.zip", now=utc_now() + LATER)
    forgetting.forget_attribute(store, attributes.list_all(store)[0].attribute_id)
    stayed(store, leaving)
    after = donations.get(store, donation.donation_id)
    assert (after.status, after.token, after.row_items) == ("draft", None, {})


@pytest.mark.parametrize(
    ("state", "url", "expected"),
    [
        ("nothing sent", None, ("signed", None)),
        ("not opened", None, ("given", "a pull request to a/b")),
        ("unknown", None, ("given", "a pull request to a/b")),
        ("open", "https://hub.invalid/1", ("given", "https://hub.invalid/1")),
    ],
)
def test_the_ledger_says_what_may_be_with_the_hub(
    store: Store, state: State, url: str | None, expected: tuple[str, str | None]
) -> None:
    donation = signed(store)
    leaving = leave(store, donation.donation_id, "a pull request to a/b", now=utc_now() + LATER)
    failed(store, leaving, PublishError("It broke.", reason="cut", state=state, url=url))
    after = donations.get(store, donation.donation_id)
    assert (after.status, after.destination) == expected


def test_what_was_prepared_anew_elsewhere_is_not_signed_unseen(store: Store) -> None:
    draft = drafted(store)
    shown = donating.prepare(store, draft, PLAIN)
    donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    ticked = consent.statements("texts")
    with pytest.raises(UserError, match="look at the preview again"):
        donating.sign(store, draft.donation_id, ticked, PLAIN, seen=shown.manifest_sha256)


def test_another_setting_does_not_shorten_the_cooling_off_of_what_is_signed(store: Store) -> None:
    donation = signed(store)
    hasty = DonationConfig(names=False, cooling_off_hours=0)
    with pytest.raises(UserError, match="signed already"):
        donating.sign(store, donation.donation_id, consent.statements("texts"), hasty)
    with pytest.raises(UserError, match="cools off"):
        donating.released(store, donation.donation_id, now=utc_now() + timedelta(hours=23))


def test_planted_items_are_given_once(store: Store) -> None:
    seed(store, 20)
    session = load(store, SOME_PLANTED)
    go_to(store, session, "catch:")
    write(store, session, session.judge("bad"))
    donation = signed(store, "labels")
    leave(store, donation.donation_id, "a file: x.zip", now=utc_now() + LATER)

    def planted() -> int:
        made = donating.make(read_material(store, drafted(store, "labels")), PLAIN)
        sampled = [row["sampling"] for row in rows(dict(made.files), "attribute_judgments")]
        return sampled.count("catch")

    assert planted() == 0  # they would link the two bundles
    donating.withdraw(store, donation.donation_id)
    assert planted() == 0  # copies stay
    session = load(store, SOME_PLANTED)
    go_to(store, session, "catch:")
    write(store, session, session.judge("bad"))
    assert planted() == 1
