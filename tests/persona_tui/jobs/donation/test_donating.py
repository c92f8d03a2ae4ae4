"""Giving, from the first choice to the withdrawal, on a real journal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from persona_tui.config import DonationConfig
from persona_tui.donation import consent, reading, withdrawal
from persona_tui.donation.bundle import write as write_bundle
from persona_tui.donation.redaction import Known
from persona_tui.errors import UserError
from persona_tui.jobs.donation import donating
from persona_tui.jobs.donation.edits import keep_words, reset_edits, undo_edit
from persona_tui.jobs.donation.leaks import refuse_leaks
from persona_tui.jobs.donation.material import choices, read_material
from persona_tui.jobs.donation.texts import Redaction, texts_of
from persona_tui.stages.verification.refine import prompt_text
from store import attributes, donations, forgetting, judgments, prompts, refinements, runs
from store.db import Store, new_id, open_store, utc_now
from store.donations import Donation, Level
from store.errors import StoreError
from store.records import ModelRun
from store.refinements import Refinement, Result
from tests.persona_tui.giving_data import give
from tests.persona_tui.jobs.review.test_review_drawing import SOME_PLANTED, go_to, load, write

PLAIN = DonationConfig(names=False)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "j.db") as opened:
        give(opened)
        yield opened


def drafted(store: Store, level: Level = "texts") -> Donation:
    made = donating.open_or_create(store, PLAIN)
    picked = [(one.kind, one.item_id) for one in choices(store, made.donation_id) if not one.never]
    donating.choose(store, made, picked, level)
    return donations.get(store, made.donation_id)


def rows(files: dict[str, bytes] | object, table: str) -> list[dict[str, object]]:
    assert isinstance(files, dict)
    return [json.loads(line) for line in files[f"data/{table}.jsonl"].splitlines()]


def signed(store: Store, level: Level = "texts") -> Donation:
    draft = drafted(store, level)
    donating.prepare(store, draft, PLAIN)
    return donating.sign(store, draft.donation_id, consent.statements(level), PLAIN)


def test_what_there_is_to_give(store: Store) -> None:
    found = choices(store, None)
    assert [one.kind for one in found].count(
        "attribute"
    ) == 8  # a correction goes with what it corrects
    assert [one.said for one in found if one.kind == "relevance"] == ["2 of 4 relevant"]
    assert [one.said for one in found if one.kind == "response"] == ["4 of 5"]
    assert sum(one.never for one in found) == 1
    assert all(one.level is None and not one.given for one in found)


def test_a_refined_attribute_is_given_as_one(store: Store) -> None:
    """With its model and the hash of what that was asked, and without a word of which it was made of."""
    flagged = next(one for one in attributes.list_all(store) if one.strategy == "grounded")
    sha256, text = prompt_text("grounded")
    prompts.remember(store, sha256, text)
    run = ModelRun(
        new_id(), "extract", "smollm2", "scripted", sha256, {"task": "refine"}, "0", utc_now()
    )
    runs.add(store, run)
    step = Refinement(
        "", flagged.attribute_id, 1, utc_now(), "v", 0.9, "Because.", flagged.text, "weaken",
        "The user sleeps late.", run_id=run.run_id,
    )  # fmt: skip
    judgment = flagged.judgment
    assert judgment is not None
    judgments.undo(store, judgment.judgment_id)  # what is accepted is not refined
    made = refinements.save(store, step, Result(flagged.evidence, 0.7, "grounded", "r" * 64))
    assert made is not None
    judgments.save(store, replace(judgment, judgment_id="", attribute_id=made.result_id or ""))
    files = donating.prepare(store, drafted(store), PLAIN).files
    (row,) = [
        one
        for one in rows(dict(files), "attributes")
        if one["attribute"] == "The user sleeps late."
    ]
    assert (row["source"], row["extractor_model"]) == ("grounded", "smollm")
    assert row["prompt_sha256"] == sha256
    assert "refines" not in row
    everything = b"".join(files.values())
    assert flagged.attribute_id.encode() not in everything
    assert b"Because." not in everything


def test_labels_hold_no_word(store: Store) -> None:
    prepared = donating.prepare(store, drafted(store, "labels"), PLAIN)
    assert prepared.texts == ()
    data = b"".join(prepared.files[path] for path in prepared.files if path.startswith("data/"))
    for word in (b"nurse", b"Lisbon", b"Rice", b"cook", b"long answers", b"mine.gguf", b"note"):
        assert word not in data
    (answer,) = rows(dict(prepared.files), "response_judgments")
    assert (answer["rating"], answer["model_tag"]) == (4, "other-local")
    assert answer["response_generic"] is None
    (contributor,) = rows(dict(prepared.files), "contributors")
    assert contributor["license"] == "CC-BY-4.0"
    assert len(rows(dict(prepared.files), "model_judgments")) == 3  # of what is given, only


def test_texts_are_given_redacted_and_a_stranger_can_read_the_bundle(
    store: Store, tmp_path: Path
) -> None:
    donations.add_entry(store, "nurse")
    prepared = donating.prepare(store, drafted(store), PLAIN)
    files = dict(prepared.files)
    assert not any(b"nurse" in data for path, data in files.items() if path.startswith("data/"))
    said = [row["attribute"] for row in rows(files, "attributes")]
    assert any("[CUSTOM_1]" in str(text) for text in said)
    target = write_bundle(files, tmp_path / "given.zip", zipped=True)
    with reading.read_bundle(target) as bundle:
        assert bundle.counts["attributes"] == len(said)
        assert bundle.contributor["contributor_id"] == prepared.contributor_id
    assert prepared.token not in str(files.values())


def test_planted_items_go_along_and_never_ones_stay(store: Store) -> None:
    from tests.persona_tui.review_data import seed

    seed(store, 20)
    session = load(store, SOME_PLANTED)
    go_to(store, session, "catch:")
    write(store, session, session.judge("bad"))
    prepared = donating.prepare(store, drafted(store), PLAIN)
    sampled = [row["sampling"] for row in rows(dict(prepared.files), "attribute_judgments")]
    assert sampled.count("catch") == 1
    never = next(one for one in attributes.list_all(store) if one.judgment and one.judgment.use)
    texts = [row["attribute"] for row in rows(dict(prepared.files), "attributes")]
    assert never.text not in texts


def test_the_person_has_the_last_word(store: Store) -> None:
    draft = drafted(store)
    material = read_material(store, draft)
    place = next(one.place for one in texts_of(material) if "nurse" in one.original)
    keep_words(store, material, place, hide=["nurse"])
    shown = {
        one.text.place: one for one in donating.redaction(read_material(store, draft), PLAIN).texts
    }
    assert "nurse" not in shown[place].given
    assert undo_edit(store, draft.donation_id, place)
    assert not undo_edit(store, draft.donation_id, place)
    donations.add_entry(store, "nurse")
    keep_words(store, read_material(store, draft), place, keep=["nurse"])
    prepared = donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    kept = next(one for one in prepared.texts if one.text.place == place)
    assert "nurse" in kept.given
    assert sum("nurse" in one.given for one in prepared.texts) == 1
    reset_edits(store, draft.donation_id, place)
    with pytest.raises(UserError, match="does not stand"):
        keep_words(store, read_material(store, draft), place, hide=["no such words"])


def test_a_text_that_reads_otherwise_than_it_was_edited_is_held_back(store: Store) -> None:
    draft = drafted(store)
    material = read_material(store, draft)
    one = next(one for one in texts_of(material) if one.place.endswith(":text"))
    keep_words(store, material, one.place, hide=[one.original.split()[-1]])
    with store.write() as conn:
        conn.execute(
            "UPDATE attributes SET text = 'The user likes plain yoghurt.' WHERE attribute_id = ?",
            (one.item_id,),
        )
    prepared = donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    assert prepared.held_back == (one.place,)
    assert b"yoghurt" not in b"".join(prepared.files.values())
    reset_edits(store, draft.donation_id, one.place)  # looked at again
    prepared = donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    assert prepared.held_back == ()
    assert b"likes plain yoghurt" in prepared.files["data/attributes.jsonl"]


def test_rows_are_taken_out_by_hand(store: Store) -> None:
    draft = drafted(store)
    prepared = donating.prepare(store, draft, PLAIN)
    files = dict(prepared.files)
    judged = rows(files, "attribute_judgments")
    answers = rows(files, "relevance_judgments")
    assert donating.delete_row(store, draft.donation_id, str(answers[0]["judgment_id"]))
    assert donations.files(store, draft.donation_id) == {}
    assert not donating.delete_row(store, draft.donation_id, "j_" + "0" * 32)
    again = dict(donating.prepare(store, donations.get(store, draft.donation_id), PLAIN).files)
    assert len(rows(again, "relevance_judgments")) == len(answers) - 1
    assert len(rows(again, "attribute_judgments")) == len(judged)
    # What refers to an attribute goes with it, and leaves no count.
    gone = str(rows(again, "relevance_judgments")[0]["attribute_id"])
    donating.delete_row(store, draft.donation_id, gone)
    last = dict(donating.prepare(store, donations.get(store, draft.donation_id), PLAIN).files)
    assert len(rows(last, "relevance_judgments")) == len(answers) - 2
    assert len(rows(last, "attributes")) == len(rows(again, "attributes")) - 1
    assert gone.encode() not in b"".join(last.values())


def test_what_was_signed_is_given_and_nothing_else(store: Store) -> None:
    draft = drafted(store)
    with pytest.raises(UserError, match="preview"):
        donating.sign(store, draft.donation_id, consent.statements("texts"), PLAIN)
    prepared = donating.prepare(store, draft, PLAIN)
    with pytest.raises(UserError, match="agreed"):
        donating.sign(store, draft.donation_id, consent.statements("texts")[1:], PLAIN)
    with pytest.raises(UserError, match="not signed"):
        donating.released(store, draft.donation_id)
    now = utc_now()
    donation = donating.sign(store, draft.donation_id, consent.statements("texts"), PLAIN, now=now)
    assert donation.release_at == now + timedelta(hours=24)
    with pytest.raises(UserError, match="cools off"):
        donating.released(store, draft.donation_id, now=now + timedelta(hours=23.9))
    with pytest.raises(UserError, match="signed already"):
        donating.prepare(store, donation, PLAIN)
    files = donating.released(store, draft.donation_id, now=now + timedelta(hours=24.1))
    assert files == dict(prepared.files)
    given = donating.mark_given(store, draft.donation_id, "a file: x.zip")
    assert donating.mark_given(store, draft.donation_id, "a file: x.zip") == donations.get(
        store, given.donation_id
    )
    with pytest.raises(StoreError, match="cannot be changed"):
        donating.choose(store, given, [("attribute", "x")], "labels")
    assert all(one.given for one in choices(store, None) if not one.never)


def test_a_change_of_bytes_is_noticed(store: Store) -> None:
    donation = signed(store)
    with store.write() as conn:
        conn.execute("UPDATE donation_files SET bytes = ? WHERE path = 'manifest.json'", (b"{}",))
    with pytest.raises(UserError, match="not those that were signed"):
        donating.released(store, donation.donation_id, now=utc_now() + timedelta(days=2))


def test_cancelling_leaves_the_draft(store: Store) -> None:
    donation = signed(store)
    count = len(donations.items(store, donation.donation_id))
    after = donating.cancel(store, donation.donation_id)
    assert (after.status, after.token) == ("draft", None)
    assert len(donations.items(store, donation.donation_id)) == count
    with pytest.raises(UserError, match="nothing to cancel"):
        donating.cancel(store, donation.donation_id)


def test_withdrawing_proves_who_gave(store: Store) -> None:
    donation = signed(store)
    with pytest.raises(UserError, match="never given"):
        donating.withdraw(store, donation.donation_id)
    files = donating.released(store, donation.donation_id, now=utc_now() + timedelta(days=2))
    donating.mark_given(store, donation.donation_id, "a file: x.zip")
    after, request = donating.withdraw(store, donation.donation_id)
    assert after.status == "withdrawn"
    (contributor,) = rows(files, "contributors")
    assert withdrawal.verify(request, contributor)
    assert donating.withdraw(store, donation.donation_id) == (after, request)  # a second copy
    assert not withdrawal.verify(request, {**contributor, "withdrawal_token_sha256": "0" * 64})


def test_forgetting_unsigns(store: Store) -> None:
    donation = signed(store)
    one = next(one for one in attributes.list_all(store) if "nurse" in one.text)
    forgetting.forget_attribute(store, one.attribute_id)
    with pytest.raises(UserError, match="not signed"):
        donating.released(store, donation.donation_id, now=utc_now() + timedelta(days=2))
    prepared = donating.prepare(store, donations.get(store, donation.donation_id), PLAIN)
    assert b"nurse" not in b"".join(prepared.files.values())


def test_a_draft_that_changed_meanwhile_is_not_kept(store: Store) -> None:
    draft = drafted(store)
    material = read_material(store, draft)
    prepared = donating.make(material, PLAIN)
    donations.drop(store, draft.donation_id, [("attribute", material.items[0].item_id)])
    with pytest.raises(UserError, match="changed while"):
        donating.keep(store, draft.donation_id, prepared, material)


def test_nothing_chosen_is_nothing_to_give(store: Store) -> None:
    draft = donating.open_or_create(store, PLAIN)
    with pytest.raises(UserError, match="Nothing is chosen"):
        donating.prepare(store, draft, PLAIN)


def test_an_account_that_is_called_like_a_category(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "work")
    donations.add_entry(store, "generic")
    prepared = donating.prepare(store, drafted(store, "labels"), PLAIN)
    assert prepared.counts["attributes"] == 7


def test_a_name_that_an_id_can_hold_by_chance(store: Store) -> None:
    name = "Ada"
    donations.add_entry(store, name)
    prepared = donating.prepare(store, drafted(store, "labels"), PLAIN)
    line = prepared.files["data/attributes.jsonl"].splitlines()[0]
    known = Redaction((), (Known("NAME", name),), (), uses_ner=False)
    unlucky = line.replace(json.loads(line)["attribute_id"].encode(), b"a_1ada2" + b"0" * 27)
    refuse_leaks(known, {"data/attributes.jsonl": unlucky})
    row = {**json.loads(line), "attribute": f'"attribute_id":"a_1{name.lower()}2{"0" * 27}"'}
    with pytest.raises(UserError, match="NAME"):
        refuse_leaks(known, {"data/attributes.jsonl": json.dumps(row).encode()})


def test_a_planted_row_is_taken_out_by_hand(store: Store) -> None:
    from tests.persona_tui.review_data import seed

    seed(store, 20)
    session = load(store, SOME_PLANTED)
    go_to(store, session, "catch:")
    write(store, session, session.judge("bad"))
    draft = drafted(store)
    prepared = donating.prepare(store, draft, PLAIN)
    (planted,) = [
        row for row in rows(dict(prepared.files), "attributes") if row["source"] == "planted"
    ]
    assert donating.delete_row(store, draft.donation_id, str(planted["attribute_id"]))
    again = donating.prepare(store, donations.get(store, draft.donation_id), PLAIN)
    assert "planted" not in {row["source"] for row in rows(dict(again.files), "attributes")}
    assert again.counts["attribute_judgments"] == prepared.counts["attribute_judgments"] - 1
