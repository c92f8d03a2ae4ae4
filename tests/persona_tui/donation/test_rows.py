"""From records to rows: nothing but what was chosen, and coarse."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from persona_tui.donation import coarse
from persona_tui.donation.given import Given, GivenError, GivenModelJudgment
from persona_tui.donation.identity import IdMap, new_token, shuffle, token_sha256
from persona_tui.donation.rows import Rows, assemble, validate, without
from persona_tui.donation.schema import TABLES
from persona_tui.donation.serialize import jsonl
from store.audit import SyntheticAttribute, SyntheticJudgment
from tests.persona_tui.donation import given_data
from tests.persona_tui.donation.given_data import GUIDELINE, SECRET


def _assembled(given: Given, level: str = "labels") -> Rows:
    return assemble(
        given, given_data.consent("texts" if level == "texts" else "labels"),
        month="2026-11", token_sha256="0" * 64, rng=random.Random(3),
    )  # fmt: skip


def _bytes(rows: Rows) -> bytes:
    return b"".join(jsonl(table, kept) for table, kept in rows.items())


@pytest.mark.parametrize("level", ["labels", "texts"])
def test_nothing_of_a_record_is_written(level: str) -> None:
    """Not a text, a note, an id, a path, a time, a hash or an exact number."""
    given = given_data.given("texts" if level == "texts" else "labels")
    made = re.sub(r"[a-z]_[0-9a-f]{32}", "", _bytes(_assembled(given, level)).decode())
    for never in (
        SECRET, "Quittenbaum", "-original", "/home", "gguf", "deadbeef", "dev7", "b2b2", "22:41", "acme",
        "-09-30", "zebra", "0.123", "0.876", "731", "1234", "de-AT", "aj-again", "attr-left-out",
    ):  # fmt: skip
        assert never not in made, never
    assert ("nurse" in made) == (level == "texts")


def test_values_are_coarse() -> None:
    rows = _assembled(given_data.given())
    one = rows["attribute_judgments"][0]
    assert one["app_version"] == "1.4.2"
    assert one["guideline_sha256"] == GUIDELINE
    assert {row["judged_month"] for row in rows["attribute_judgments"]} == {"2026-09", "2026-10"}
    assert {row["prompt_sha256"] for row in rows["attributes"]} == {GUIDELINE, None}
    assert {row["extractor_model"] for row in rows["attributes"]} == {"qwen", "other-local", None}
    assert {row["model_tag"] for row in rows["response_judgments"]} == {"other-remote"}
    assert {row["len_generic"] for row in rows["response_judgments"]} == {1200}
    assert rows["contributors"][0]["language"] == "de"


def test_planted_attributes_come_along_without_words() -> None:
    rows = _assembled(given_data.given("texts"), "texts")
    planted = [row for row in rows["attributes"] if row["source"] == "planted"]
    assert len(planted) == 1
    judged = [
        row
        for row in rows["attribute_judgments"]
        if row["attribute_id"] == planted[0]["attribute_id"]
    ]
    assert [row["sampling"] for row in judged] == ["catch"]


def test_a_repeat_names_what_it_repeats_only_if_that_is_given() -> None:
    given = given_data.given()
    again = next(r for r in _assembled(given)["attribute_judgments"] if r["sampling"] == "repeat")
    assert again["repeat_of"] is not None
    left = replace(
        given,
        attribute_judgments=given.attribute_judgments[1:],
        model_judgments=given.model_judgments[1:],
    )
    again = next(r for r in _assembled(left)["attribute_judgments"] if r["sampling"] == "repeat")
    assert again["repeat_of"] is None


Change = Callable[[Given], Given]


def _first(given: Given, field: str, **changes: object) -> Given:
    first, *rest = getattr(given, field)
    made: dict[str, Any] = {field: (replace(first, **changes), *rest)}
    return replace(given, **made)


REFUSED: dict[str, Change] = {
    "synthetic conversation": lambda g: replace(
        g, conversation_sources={**g.conversation_sources, "conv-0-original": "synthetic"}
    ),
    "unknown conversation": lambda g: replace(g, conversation_sources={}),
    "evidence left out, conversation synthetic": lambda g: replace(
        _first(g, "attributes", evidence=()),
        conversation_sources={**g.conversation_sources, "conv-0-original": "synthetic"},
    ),
    "synthetic attribute": lambda g: _first(
        g, "attributes",
        attribute=SyntheticAttribute("attr-original-0", "conv", "x", 0.5, datetime.now(UTC)),
    ),
    "synthetic judgment": lambda g: _first(
        g, "attribute_judgments",
        judgment=SyntheticJudgment("aj-original-0", "attr-original-0", "person", datetime.now(UTC)),
    ),
    "retracted": lambda g: _first(
        g, "attribute_judgments",
        judgment=replace(g.attribute_judgments[0].judgment, retracted=True),
    ),
    "text at labels": lambda g: _first(g, "attributes", text="words"),
    "correction as an attribute": lambda g: _first(
        g, "attributes",
        attribute=replace(g.attributes[0].attribute, strategy="user", corrects="attr-original-1"),
    ),
    "correction at labels": lambda g: _first(g, "attribute_judgments", corrected_text="words"),
    "prompt at labels": lambda g: _first(g, "relevance_judgments", prompt_text="words"),
    "answer at labels": lambda g: _first(g, "response_judgments", response_generic="words"),
    "item at texts, consent at labels": lambda g: _first(
        g, "attributes", text="words", level="texts"
    ),
    "attribute left out": lambda g: replace(g, attributes=g.attributes[1:]),
    "attribute twice": lambda g: replace(g, attributes=(*g.attributes, g.attributes[0])),
    "judgment twice": lambda g: replace(
        g, attribute_judgments=(*g.attribute_judgments, g.attribute_judgments[0])
    ),
    "model judgment of nothing": lambda g: replace(
        g, model_judgments=(GivenModelJudgment(g.model_judgments[0].judgment, "gone"),)
    ),
    "other prompt": lambda g: _first(
        g, "relevance_judgments",
        prompt=replace(g.relevance_judgments[0].prompt, prompt_id="other"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_must_not_be_given_is_refused(what: str) -> None:
    with pytest.raises(GivenError) as refused:
        _assembled(REFUSED[what](given_data.given()))
    assert SECRET not in str(refused.value)


def test_dropping_a_row_drops_what_refers_to_it() -> None:
    rows = given_data.rows()
    gone = str(rows["attribute_judgments"][0]["attribute_id"])
    left = without(rows, [("attributes", gone)])
    validate(left)
    assert gone not in _bytes(left).decode()
    judgment = str(rows["response_judgments"][0]["judgment_id"])
    left = without(rows, [("response_judgments", judgment)])
    assert len(left["response_judgments"]) == len(rows["response_judgments"]) - 1
    assert judgment not in _bytes(left).decode()


def test_dropping_everything_leaves_the_contributor() -> None:
    rows = given_data.rows()
    drop = [("attributes", str(row["attribute_id"])) for row in rows["attributes"]]
    drop += [("response_judgments", str(r["judgment_id"])) for r in rows["response_judgments"]]
    assert list(without(rows, drop)) == ["contributors"]  # type: ignore[arg-type]


def test_an_empty_donation_has_a_contributor_only() -> None:
    assert list(_assembled(Given())) == ["contributors"]


@pytest.mark.parametrize(
    ("milliseconds", "wanted"),
    [(None, None), (-5, None), (0, "<1s"), (999, "<1s"), (1000, "1-3s"), (2999, "1-3s"),
     (3000, "3-10s"), (29_999, "10-30s"), (30_000, "30-120s"), (120_000, ">120s"), (10**9, ">120s")],
)  # fmt: skip
def test_latencies_fall_into_bins(milliseconds: int | None, wanted: str | None) -> None:
    assert coarse.latency_bin(milliseconds) == wanted


def test_numbers_are_rounded() -> None:
    lengths = [None, 0, 9, 99, 100, 104, 105, 994, 995, 1234, 98_765, 10**9]
    wanted = [None, 0, 9, 99, 100, 100, 110, 990, 1000, 1200, 99_000, 10**7]
    assert [coarse.length(one) for one in lengths] == wanted
    assert coarse.confidence(0.876) == 0.9
    assert str(coarse.confidence(-0.0)) == "0.0"
    assert coarse.confidence(float("nan")) is None
    assert coarse.inclusion(0.0004) == 0.01
    assert coarse.temperature(7.0) == 2.0


def test_months_are_in_utc() -> None:
    east = timezone(timedelta(hours=13))
    assert coarse.month(datetime(2026, 10, 1, 8, tzinfo=east)) == "2026-09"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("1.2.3", "1.2.3"), ("0.4.0rc1", "0.4.0rc1"), ("1.2.3.dev4+g123.d2026", "1.2.3"),
     ("1.2.3+marlene", "1.2.3"), ("marlene", "0"), ("", "0"), ("1.2.3.post1", "1.2.3")],
)  # fmt: skip
def test_versions_lose_what_is_local(given: str, wanted: str) -> None:
    assert coarse.version(given) == wanted


def test_languages_are_from_the_list() -> None:
    codes = [None, "", "de", "de-AT", "pt_BR", "gsw", "EN"]
    wanted = [None, None, "de", "de", "pt", "other", "en"]
    assert [coarse.language(code) for code in codes] == wanted


def test_marks_that_are_not_seen_do_not_survive() -> None:
    hidden = "a\u200bb\u00adc\ufeff\U000e0041\U000e0042d\u202e e\ufe01\r\nf\u200dg\x07 \ue000"
    assert coarse.writable(hidden) == "abcd e\nfg"
    family = "👩\u200d👧 می\u200cخواهم ❤\ufe0f"
    assert coarse.writable(family) == family


def test_ids_are_random_and_of_one_map_only() -> None:
    first, second = IdMap(), IdMap()
    assert first.of("a", "x") == first.of("a", "x")
    assert (
        len({first.of("a", "x"), second.of("a", "x"), first.of("j", "x"), first.of("a", "y")}) == 4
    )
    assert first.has("a", "x")
    assert not second.has("a", "y")


def test_tokens_have_256_bits() -> None:
    tokens = {new_token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(bytes.fromhex(token)) == 32 for token in tokens)
    assert token_sha256("0" * 64) != token_sha256("1" * 64)


def test_rows_are_shuffled() -> None:
    rows = [{"n": i} for i in range(100)]
    shuffle(rows)  # type: ignore[arg-type]
    assert [row["n"] for row in rows] != list(range(100))
    assert sorted(row["n"] for row in rows) == list(range(100))


def test_every_column_is_described() -> None:
    from persona_tui.donation.describe import COLUMN_MEANING, TABLE_MEANING

    names = {field.name for fields in TABLES.values() for field in fields}
    assert names == set(COLUMN_MEANING)
    assert set(TABLES) == set(TABLE_MEANING)
