"""Dates, ages, numbers and codes by the words around them."""

from __future__ import annotations

import pytest

from persona_tui.donation.redaction import Redactor, checks

RULES = Redactor([], ner=False)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in RULES.find(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("I have an appointment on March 14.", "DATE", "March 14"),
        ("On 2023-05-17 I was admitted.", "DATE", "2023-05-17"),
        ("born 1988-11-14", "DATE", "1988-11-14"),
        ("my son's eight and loud", "AGE", "eight"),
        ("im 17 and lost", "AGE", "17"),
        ("Meine Tochter wird sieben.", "AGE", "sieben"),
        ("jai 22 ans", "AGE", "22 ans"),
        ("今年27岁", "AGE", "27岁"),
        ("عمري ٣٣ سنة", "AGE", "٣٣ سنة"),
        ("llámame al 655 120 987 o al fijo 943 20 11 45", "PHONE", "943 20 11 45"),
        ("meu zap é (21) 99876-5501", "PHONE", "(21) 99876-5501"),
        ("try user jmontoya pass kitten7stripe", "SECRET", "kitten7stripe"),
        ("try user jmontoya pass kitten7stripe", "USERNAME", "jmontoya"),
        ("Passwort: sonnenblume", "SECRET", "sonnenblume"),
        ("curl -u ana:Zx81-b http://localhost/", "SECRET", "ana:Zx81-b"),
        ("the alarm code is 4471", "SECRET", "4471"),
        ("i logged in as tbone_77", "USERNAME", "tbone_77"),
        ("IdNr 36574261809", "SSN", "36574261809"),
        ("11010519491231002X", "SSN", "11010519491231002X"),
        ('"/Users/Mary Ellen/will.docx"', "PATH", "/Users/Mary Ellen/will.docx"),
        ("in via dei Cappuccini 8, 37121 Verona", "ADDRESS", "via dei Cappuccini 8, 37121 Verona"),
        ("at 14 Willow Ct, so", "ADDRESS", "14 Willow Ct,"),
        ("住在杭州市西湖区文三路259号3幢502室", "ADDRESS", "杭州市西湖区文三路259号3幢502室"),
    ],
)  # fmt: skip
def test_it_is_found_to_the_character(text: str, kind: str, value: str) -> None:
    assert (kind, value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "The Berlin Wall fell on 9 November 1989.", "Python 3.12 was released on October 2, 2023.", "Halloween is on October 31.",
        "WHERE created_at >= '2024-01-01'", "2024-03-15 10:22:31 ERROR refused", "## [2.4.1] - 2024-05-06", "the battle of 18 June 1815",
        "user@example.com", "git clone git@host:org/repo.git", "see https://github.com/psf/requests/issues/6655",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "Chrome/122.0.0.0 Safari/537.36", "driver version 31.0.15.4633",
        "im 17. Jahrhundert", "turning 90 degrees", "exit code 137 and error code 4042",
    ],
)  # fmt: skip
def test_what_is_nobodys_stays(text: str) -> None:
    assert found(text) == []


def test_check_digits_of_more_states() -> None:
    assert checks.idnr("36574261809")
    assert not checks.idnr("36574261808")
    assert checks.resident("11010519491231002X")
    assert not checks.resident("110105194912310021")
    assert checks.cpf("11144477735")
    assert not checks.cpf("11144477734")
    assert checks.bsn("123456782")
    assert not checks.bsn("123456783")
