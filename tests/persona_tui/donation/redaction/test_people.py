"""Names by the shape of what they stand in, and dates, ages and towns that are nobody's."""

from __future__ import annotations

import pytest

from persona_tui.donation.redaction import Redactor
from persona_tui.donation.redaction.checks import verhoeff

RULES = Redactor([], ner=False)


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in RULES.find(text)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[09:14] bex: late\n[09:15] odhran: ok", "odhran"),
        ("Patient: OYELARAN, Funmi. BP 140/90", "OYELARAN, Funmi"),
        ('Philippa "Pip" Wetherby asked me', 'Philippa "Pip" Wetherby'),
        ("anbei die Akte. MfG Torge Petersen", "Torge Petersen"),
        ("wierszyk od babci Haliny", "Haliny"),
        ("帮我写信给房东贺志明，退押金", "贺志明"),
        ("should i tell my boss that kayleigh left", "kayleigh"),
        ("i asked mary whether it is true", "mary"),
        ("tell daniel i said hi", "daniel"),
        ("заявление на имя директора Крылова П. С.", "Крылова П. С."),
    ],
)
def test_a_name_is_found_by_what_it_stands_in(text: str, name: str) -> None:
    assert any(name in one for one in found(text))


@pytest.mark.parametrize(
    "text",
    [
        "does ikea still sell billy, and who sang with miles davis",
        "what did the Mona Lisa look like, and how far is Lyon",
        "On 31 December 1999 banks feared the bug, why",
        "this laptop is 6 years old, and the wine aged 12 months",
        "INFO: started\nWARN: low disk\nINFO: ok",
        "Jan 12 04:11:07 host systemd[1]: Started Session 4",
        "MAX LENGTH and NULL CHECK failed in ORDER BY",
    ],
)
def test_what_belongs_to_nobody_stays(text: str) -> None:
    assert not found(text)


def test_the_check_digit_of_an_aadhaar_number() -> None:
    assert verhoeff("234123412346")
    assert not verhoeff("234123412347")
