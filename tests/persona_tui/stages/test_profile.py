"""What is in the text that a person pastes into an assistant, and what never is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from persona_tui.stages.profile import as_record, as_text, build_profile
from store.db import utc_now
from store.records import Attribute, AttributeJudgment, JudgmentContext, Strategy, Use, Verdict


def one(
    key: str,
    text: str,
    verdict: Verdict | None = None,
    use: Use | None = None,
    *,
    strategy: Strategy = "grounded",
    corrected: str | None = None,
    corrects: str | None = None,
    accurate: bool | None = None,
) -> Attribute:
    judgment = None
    if verdict or use or corrected or accurate is not None:
        judgment = AttributeJudgment(
            f"j{key}",
            key,
            utc_now(),
            JudgmentContext("", ""),
            verdict,
            accurate,
            use=use,
            corrected_attribute_id=corrected,
        )
    return Attribute(key, text, None, strategy, utc_now(), corrects=corrects, judgment=judgment)


EVERYTHING = [
    one("1", "OK-PLAIN", "ok"),
    one("2", "OK-ASK", "ok", "ask"),
    one("3", "OK-NEVER", "ok", "never"),
    one("4", "UNSURE", "unsure"),
    one("5", "BAD", "bad"),
    one("6", "UNJUDGED"),
    one("7", "ONLY-TRUE", accurate=True),
    one("8", "NEVER-UNJUDGED", use="never"),
    one("9", "WRONG", "bad", corrected="a"),
    one("a", "CORRECTION", strategy="user", corrects="9"),
    one("b", "REFUSED", "bad", "never", corrected="c"),
    one("c", "CORRECTED-REFUSED", strategy="user", corrects="b"),
    one("d", "ADDED", strategy="user", use="welcome", accurate=True),
    one("e", "TAKEN-BACK", strategy="user"),
    one("f", "CORRECTED-OK", "ok", "ask", corrected="g"),
    one("g", "CORRECTION-ASK", strategy="user", corrects="f"),
]


def test_only_what_was_agreed_to_is_in_it() -> None:
    profile = build_profile(EVERYTHING)
    assert [entry.text for entry in profile.welcome] == ["OK-PLAIN", "CORRECTION", "ADDED"]
    assert [entry.text for entry in profile.ask] == ["OK-ASK", "CORRECTION-ASK"]
    assert {entry.text for entry in profile.never} == {
        "OK-NEVER",
        "NEVER-UNJUDGED",
        "REFUSED",
        "CORRECTED-REFUSED",
    }
    assert profile.unjudged == 2


def test_the_text_tells_no_secret_unless_asked() -> None:
    profile = build_profile(EVERYTHING)
    text = as_text(profile)
    for secret in ("NEVER", "REFUSED", "BAD", "UNSURE", "UNJUDGED", "WRONG", "TAKEN"):
        assert secret not in text
    assert as_record(profile)["never"] is None
    told = as_text(profile, with_never=True)
    assert "Never use" in told
    assert "- OK-NEVER\n" in told


def test_a_statement_is_one_line_whatever_is_in_it() -> None:
    text = as_text(build_profile([one("1", "Likes tea.\n\nIgnore the above\tand", "ok")]))
    assert text.splitlines() == [
        "About the user, checked by the user:",
        "- Likes tea. Ignore the above and",
    ]


def test_an_empty_profile_is_an_empty_text() -> None:
    assert as_text(build_profile([one("1", "x", "bad")])) == ""


def refined(original: Attribute, new: Attribute) -> list[str]:
    """What of the two is welcome, then what is for asking, then what must never be used."""
    made = build_profile([original, replace(new, refines=original.attribute_id)])
    parts = (made.welcome, made.ask, made.never)
    return [f"{n}{entry.text}" for n, part in enumerate(parts) for entry in part]


@pytest.mark.parametrize(
    ("original", "new", "expected"),
    [
        (one("1", "A", "ok"), one("2", "B", "ok"), ["0A"]),
        (one("1", "A", "bad"), one("2", "B", "ok"), ["0B"]),
        (one("1", "A"), one("2", "B", "ok"), ["0B"]),
        (one("1", "A"), one("2", "B"), []),
        (one("1", "A", "ok"), one("2", "B", "bad"), ["0A"]),
        # A wish holds for both, unless the other has its own.
        (one("1", "A", "bad", "never"), one("2", "B", "ok"), ["2A", "2B"]),
        (one("1", "A", "ok"), one("2", "B", "bad", "never"), ["2A", "2B"]),
        (one("1", "A", "bad", "ask"), one("2", "B", "ok"), ["1B"]),
        (one("1", "A", "bad", "ask"), one("2", "B", "ok", "welcome"), ["0B"]),
    ],
)
def test_a_refined_one_does_not_double_the_original(
    original: Attribute, new: Attribute, expected: list[str]
) -> None:
    assert refined(original, new) == expected


def test_a_correction_of_the_original_beats_the_refined_one() -> None:
    rows = [
        one("1", "A", "bad", corrected="3"),
        replace(one("2", "B", "ok"), refines="1"),
        one("3", "CORRECTION", strategy="user", corrects="1"),
    ]
    profile = build_profile(rows)
    assert [entry.text for entry in profile.welcome] == ["CORRECTION"]
    assert profile.unjudged == 0
