"""Candidates become attributes; attributes keep their ids, and judged ones their words."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import attributes, candidates, forgetting, messages, prompts, runs, search
from store.db import Store, open_store, utc_now
from store.errors import NotFoundError, StoreError
from store.records import Candidate, Evidence, ModelRun
from tests.store.conftest import attribute, claim, judge, say, span


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(), min_size=1, max_size=60), data=st.data())
def test_a_quote_is_always_what_the_message_says_there(text: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "p.db") as store:
        message = say(store, text)
        assert len(message.text) == len(text)
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        quote = message.text[start:end]
        evidence = Evidence(message.conversation_id, message.message_id, start, end, quote)
        offered = Candidate("", message.conversation_id, text, 0.5, "grounded", None, (evidence,))
        (kept,) = candidates.save_extracted(
            store,
            settings_sha256="s",
            conversation_id=message.conversation_id,
            message_ids=[message.message_id],
            candidates=[offered],
        )
        assert candidates.unmerged(store) == [kept]
        assert kept.evidence == (evidence,)


def _offer(store: Store, *offered: Candidate) -> list[Candidate]:
    first = offered[0]
    return candidates.save_extracted(
        store,
        settings_sha256="s1",
        conversation_id=first.conversation_id,
        message_ids=[e.message_id for e in first.evidence],
        candidates=offered,
    )


def test_what_has_no_true_evidence_is_not_kept(store: Store) -> None:
    message = say(store, "I am a nurse")
    good = Candidate(
        "", message.conversation_id, "x", 0.5, "grounded", None, (span(message, "nurse"),)
    )
    for spans, why in (
        ((), "without evidence"),
        ((replace(good.evidence[0], quote="cook"),), "not what the message says"),
        ((replace(good.evidence[0], end=99),), "outside"),
        ((replace(good.evidence[0], start=4, end=4, quote=""),), "outside"),
        ((span(say(store, "elsewhere"), "else"),), "another conversation"),
    ):
        with pytest.raises(StoreError, match=why):
            _offer(store, replace(good, evidence=spans))
    assert candidates.unmerged(store) == []
    assert len(list(messages.iter_pending(store, "s1"))) == 2  # nothing was marked either
    assert len(_offer(store, good)) == 1


def test_extraction_is_kept_once(store: Store) -> None:
    message = say(store, "I am a nurse")
    kept = claim(store, message, "The user is a nurse.")
    assert _offer(store, replace(kept, candidate_id="")) == []
    assert candidates.unmerged(store) == [kept]


def test_merging_keeps_ids_and_all_sources(store: Store) -> None:
    first = claim(store, say(store, "I am a nurse"), "The user is a nurse.")
    made = attribute(store, first)
    second = claim(
        store, say(store, "as a nurse on nights"), "The user is a night nurse.", confidence=0.9
    )
    assert attribute(store, second, into=made) == made
    (found,) = attributes.list_all(store)
    assert found.text == "The user is a night nurse."
    assert {e.quote for e in found.evidence} == {"I am a nurse", "as a nurse on nights"}
    assert [c.text for c in found.sources] == ["The user is a nurse.", "The user is a night nurse."]
    assert candidates.unmerged(store) == []
    assert [h.id for h in search.search(store, "night", kinds=["attribute"])] == [made]


def test_a_judged_attribute_keeps_its_words(store: Store) -> None:
    made = attribute(store, claim(store, say(store, "I am a nurse"), "The user is a nurse."))
    judge(store, made)
    later = claim(store, say(store, "nurse again"), "The user nurses.", confidence=0.99)
    attribute(store, later, into=made)
    found = attributes.get(store, made)
    assert (found.text, found.confidence) == ("The user is a nurse.", 0.8)
    assert len(found.sources) == 2
    assert attribute(store, later) == made  # asked to stand alone, it stays with the judged one
    other = attribute(store, claim(store, say(store, "I sing"), "The user sings."))
    attribute(store, later, into=other)
    assert attributes.get(store, other).text == "The user sings."
    assert len(attributes.get(store, made).sources) == 2


def test_attributes_that_grow_together_leave_one(store: Store) -> None:
    one = claim(store, say(store, "I am a nurse"), "The user is a nurse.")
    two = claim(store, say(store, "being a nurse"), "The user works as a nurse.")
    kept, _ = attribute(store, one), attribute(store, two)
    attribute(store, one, two, into=kept)
    (found,) = attributes.list_all(store)
    assert found.attribute_id == kept
    assert len(found.sources) == 2


def test_lists_by_status_words_and_conversation(store: Store) -> None:
    made: dict[str, str] = {}
    for verdict in ("ok", "unsure", "bad"):
        message = say(store, f"I am {verdict}")
        made[verdict] = attribute(store, claim(store, message, f"The user is {verdict}."))
        judge(store, made[verdict], verdict)
    message = say(store, "I am open")
    made["unjudged"] = attribute(store, claim(store, message, "The user is open."))
    attributes.add_by_user(store, "The user sings.")
    found = {
        status: [a.attribute_id for a in attributes.list_all(store, status=status)]
        for status in ("ok", "unsure", "bad", "unjudged")
    }
    assert found == {status: [i] for status, i in made.items()}
    assert attributes.counts(store) == {
        "all": 5, "unjudged": 1, "ok": 1, "unsure": 1, "bad": 1, "never": 0, "user": 1,
    }  # fmt: skip
    here = attributes.list_all(store, conversation_id=message.conversation_id)
    assert [a.text for a in here] == ["The user is open."]
    assert [a.text for a in attributes.list_all(store, query="sin")] == ["The user sings."]
    assert len(attributes.list_all(store, limit=2)) == 2


def test_an_attribute_of_ones_own_may_quote_and_correct(store: Store) -> None:
    message = say(store, "Ich wohne in Wien")
    made = attribute(store, claim(store, message, "The user lives in Graz."))
    own = attributes.add_by_user(
        store, "The user lives in Vienna.", corrects=made, evidence=[span(message, "Wien")]
    )
    assert (own.strategy, own.confidence, own.corrects) == ("user", None, made)
    assert own.evidence[0].quote == "Wien"
    with pytest.raises(StoreError, match="needs words"):
        attributes.add_by_user(store, " \n")
    with pytest.raises(NotFoundError, match="correct is gone"):
        attributes.add_by_user(store, "x", corrects="none")


def test_reset_takes_back_what_nobody_judged(store: Store) -> None:
    judged = attribute(store, claim(store, say(store, "one"), "The user is one."))
    judge(store, judged)
    attribute(store, claim(store, say(store, "two"), "The user is two."))
    assert candidates.reset(store) == 1
    assert [a.attribute_id for a in attributes.list_all(store)] == [judged]
    assert len(list(messages.iter_pending(store, "s1"))) == 2


def test_provenance_leads_back_to_the_run_and_its_prompt(store: Store) -> None:
    sha256 = prompts.sha256_of("List what follows.")
    prompts.remember(store, sha256, "List what follows.")
    prompts.remember(store, sha256, "List what follows.")
    run = runs.add(
        store,
        ModelRun("", "extract", "smol", "llama.cpp", sha256, {"temperature": 0.8, "é": None},
                 "0.1.0", utc_now(), status="running"),
    )  # fmt: skip
    assert runs.finish(store, run.run_id, prompt_tokens=7).status == "complete"
    kept = claim(store, say(store, "I sing"), "The user sings.", run_id=run.run_id)
    found = attributes.get(store, attribute(store, kept))
    assert (found.model, found.run_id) == ("smol", run.run_id)
    again = runs.get(store, run.run_id)
    assert (again.prompt_tokens, again.parameters) == (7, {"temperature": 0.8, "é": None})
    assert prompts.text(store, again.prompt_sha256) == "List what follows."


def test_many_attributes_are_read_in_a_handful_of_statements(store: Store) -> None:
    message = say(store, "I sing")
    for i in range(60):
        made = attribute(store, claim(store, message, f"The user sings {i}.", settings=f"s{i}"))
        if i % 2:
            judge(store, made)
    statements: list[str] = []
    store.conn.set_trace_callback(statements.append)
    found = attributes.list_all(store)
    store.conn.set_trace_callback(None)
    assert len(found) == 60
    assert len([s for s in statements if not s.startswith("--")]) == 4


def test_an_attribute_that_loses_its_words_takes_those_that_remain(store: Store) -> None:
    first = claim(store, say(store, "I am a nurse"), "The user is a nurse.")
    second = claim(store, say(store, "nursing"), "The user nurses.", settings="s2")
    made = attribute(store, first, second)
    assert candidates.reset(store, "s1") == 1
    (found,) = attributes.list_all(store)
    assert (found.attribute_id, found.text) == (made, "The user nurses.")
    assert candidates.reset(store, "s2") == 1
    assert attributes.list_all(store) == []
    assert search.search(store, "nurses", kinds=["attribute"]) == []


def test_what_was_forgotten_while_it_was_extracted_is_left_out(store: Store) -> None:
    message = say(store, "I am a nurse")
    offered = Candidate(
        "", message.conversation_id, "x", 0.5, "grounded", None, (span(message, "nurse"),)
    )
    forgetting.forget_conversation(store, message.conversation_id)
    assert _offer(store, offered) == []
    gone = candidates.Group(None, "gone", ("gone",))
    with pytest.raises(NotFoundError, match="merge again"):
        candidates.attach(store, [gone])
    kept = claim(store, say(store, "I sing"), "The user sings.")
    with pytest.raises(NotFoundError, match="merge again"):
        attribute(store, kept, into="gone")
    assert candidates.unmerged(store) == [kept]


def test_an_attribute_is_found_by_the_beginning_of_its_id(store: Store) -> None:
    one = attributes.add_by_user(store, "The user sings: la-la!")
    assert attributes.get(store, one.attribute_id[:30]) == one
    attributes.add_by_user(store, "The user hums.")
    assert attributes.list_all(store, query="!") == [one]
    with pytest.raises(NotFoundError, match="More than one"):
        attributes.get(store, one.attribute_id[:4])
    for missing in ("", "zzz"):
        with pytest.raises(NotFoundError, match="no attribute"):
            attributes.get(store, missing)
