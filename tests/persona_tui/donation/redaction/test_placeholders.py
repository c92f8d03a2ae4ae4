"""The same person has the same number in all texts."""

from __future__ import annotations

from persona_tui.donation.redaction import Finding, Known, Placeholders, diff


def _name(text: str, name: str) -> list[Finding]:
    at = text.index(name)
    return [Finding(at, at + len(name), "NAME", "list")]


def test_numbers_are_given_by_first_use_and_kind() -> None:
    given = Placeholders()
    assert given.of("EMAIL", "a@b.org") == "[EMAIL_1]"
    assert given.of("NAME", "Mira") == "[NAME_1]"
    assert given.of("EMAIL", "c@d.org") == "[EMAIL_2]"
    assert given.of("EMAIL", "A@B.ORG") == "[EMAIL_1]"


def test_a_known_name_and_its_parts_are_one_person() -> None:
    given = Placeholders(
        [Known("NAME", "Mira Kovač"), Known("NAME", "Mira"), Known("NAME", "Kovač")]
    )
    assert given.of("NAME", "Kovač") == "[NAME_1]"
    assert given.of("NAME", "Ms Kovač") == "[NAME_1]"
    assert given.of("NAME", "MIRA") == "[NAME_1]"
    assert given.of("NAME", "Kovača") == "[NAME_1]"
    assert given.of("NAME", "Mira\nKovac") == "[NAME_1]"
    assert given.of("NAME", "Luka") == "[NAME_2]"


def test_two_people_of_one_surname_stay_two() -> None:
    given = Placeholders()
    assert given.of("NAME", "Mira Kovač") == "[NAME_1]"
    assert given.of("NAME", "Luka Kovač") == "[NAME_2]"
    assert given.of("NAME", "Mira") == "[NAME_1]"
    assert given.of("NAME", "Kovač") == "[NAME_3]"


def test_numbers_go_on_over_texts() -> None:
    given = Placeholders()
    assert given.text("Ask Mira.", _name("Ask Mira.", "Mira")) == "Ask [NAME_1]."
    assert given.text("Ask Luka.", _name("Ask Luka.", "Luka")) == "Ask [NAME_2]."
    assert given.text("Mira!", _name("Mira!", "Mira")) == "[NAME_1]!"


def test_a_difference_shows_both_sides() -> None:
    assert diff("Ask Mira.", _name("Ask Mira.", "Mira"), Placeholders()) == [
        ("same", "Ask "), ("removed", "Mira"), ("added", "[NAME_1]"), ("same", "."),
    ]  # fmt: skip
