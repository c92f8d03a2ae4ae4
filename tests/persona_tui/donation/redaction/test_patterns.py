"""What has a tell-tale form, and what only looks like it."""

from __future__ import annotations

import pytest

from persona_tui.donation.redaction import Redactor
from tests.persona_tui.donation.redaction.samples import PEM, TOKENS

RULES = Redactor([], ner=False)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in RULES.find(text)]


@pytest.mark.parametrize(
    ("text", "kind", "secret"),
    [
        ("write to ines.b+x@post.example.org, please", "EMAIL", "ines.b+x@post.example.org"),
        ("ines (at) post (dot) example (dot) org", "EMAIL", "ines (at) post (dot) example (dot) org"),
        ("cut ines.b@post.exam\nple.org here", "EMAIL", "ines.b@post.exam\nple.org"),
        ("call +386 1 234 56 78 now", "PHONE", "+386 1 234 56 78"),
        ("(415) 555-0187", "PHONE", "(415) 555-0187"),
        ("030 23125 123", "PHONE", "030 23125 123"),
        ("06 12 34 56 78", "PHONE", "06 12 34 56 78"),
        ("IBAN de89 3704 0044 0532 0130 00.", "IBAN", "de89 3704 0044 0532 0130 00"),
        ("GB82-WEST-1234-5698-7654-32", "IBAN", "GB82-WEST-1234-5698-7654-32"),
        ("4111-1111\n-1111-1111", "CARD", "4111-1111\n-1111-1111"),
        ("SSN: 536-22-8712", "SSN", "536-22-8712"),
        ("mine is 12345678Z", "SSN", "12345678Z"),
        ("from 203.0.113.9 on", "IP", "203.0.113.9"),
        ("from 2001:db8::42 on", "IP", "2001:db8::42"),
        ("see https://ines.photos.net/me?x=1.", "URL", "https://ines.photos.net/me?x=1"),
        ("I am @ines_paints there", "USERNAME", "@ines_paints"),
        ("in /home/ines/taxes/2020.ods it is", "PATH", "/home/ines/taxes/2020.ods"),
        ("C:\\Users\\Ines B\\cv.docx", "PATH", "C:\\Users\\Ines B\\cv.docx"),
        ("born on 3 March 1988.", "DATE", "3 March 1988"),
        ("né le 12/09/1974 à", "DATE", "12/09/1974"),
        ("am 7. Februar 1979 in", "DATE", "7. Februar 1979"),
        ("el 22 de septiembre de 1983", "DATE", "22 de septiembre de 1983"),
        ("1992年7月15日です", "DATE", "1992年7月15日"),
        ("I'm 42 and tired", "AGE", "42"),
        ("Ich bin 36 Jahre alt.", "AGE", "36 Jahre alt"),
        ("J'ai 58 ans.", "AGE", "58 ans"),
        ("Tengo 33 años.", "AGE", "33 años"),
        ("at 908 Juniper Street, Apt 12, Portland, OR 97209.", "ADDRESS", "908 Juniper Street, Apt 12, Portland, OR 97209"),
        ("in der Lindenstraße 27, 04277 Leipzig", "ADDRESS", "Lindenstraße 27, 04277 Leipzig"),
        ("au 18 rue des Glycines, 69003 Lyon", "ADDRESS", "18 rue des Glycines, 69003 Lyon"),
        ("Keizersgracht 241, 1016 EA Amsterdam", "ADDRESS", "Keizersgracht 241, 1016 EA Amsterdam"),
        ("My name is Ines Brod.", "NAME", "Ines Brod"),
        ("Frau Dr. Ziegenhorn sagt", "NAME", "Ziegenhorn"),
        ("Je m'appelle Maëlle.", "NAME", "Maëlle"),
        ("Best regards,\nQuillan Abbergast", "NAME", "Quillan Abbergast"),
        ("I work at Thistle Analytics.", "ORG", "Thistle Analytics"),
        ("my password is purple-Otter-42!", "SECRET", "purple-Otter-42!"),
    ],
)  # fmt: skip
def test_it_is_found_to_the_character(text: str, kind: str, secret: str) -> None:
    assert (kind, secret) in found(text)


@pytest.mark.parametrize("vendor", TOKENS)
def test_tokens_of_vendors(vendor: str) -> None:
    token = TOKENS[vendor]
    assert found(f"use {token} here") == [("SECRET", token)]
    middle = len(token) - 14
    wrapped = f"{token[:middle]}\n  {token[middle:]}"
    assert found(f"use {wrapped}\nthen") == [("SECRET", wrapped)]


def test_private_keys_go_whole() -> None:
    assert found(f"here: {PEM} ok") == [("SECRET", PEM)]
    unfinished = PEM[: PEM.index("-----END")]
    assert found(unfinished)[0][1].strip() == unfinished.strip()


@pytest.mark.parametrize(
    "text",
    [
        "Python 3.11 on port 8080", "version 1.2.3.4", "10.5 km in 58:32", "127 + 389 * 12 = 4795",
        "ISBN 978-3-16-148410-0 or 0-306-40615-2", "commit 4f2a1c9d8e7b6a5f4e3d2c1b0a9f8e7d6c5b4a39",
        "UUID 123e4567-e89b-12d3-a456-426614174000", "It is 12:45:30, $49.99 or 1.089,50 €",
        "password: str = Field(min_length=8)", "token = get_token(user)", "@dataclass(frozen=True)",
        "std::vector<int> v; a::b::c", "x = 3.14159265358979323846", "http://localhost:8080/a", "127.0.0.1",
        "/usr/local/bin/python3", "~/.bashrc", "I'm 80% sure", "like I'm five", "In 2023 and 1999",
        "4111 1111 1111 1112", "DE89 3704 0044 0532 0130 01", "000-12-3456", "Dear Sir or Madam,", "Hello World",
        "data = [1, 2, 3]", "255.255.255.0", "300.1.2.3", "Thanks, that works!", "SELECT age FROM t WHERE age > 65",
    ],
)  # fmt: skip
def test_harmless_text_stays(text: str) -> None:
    assert found(text) == []
