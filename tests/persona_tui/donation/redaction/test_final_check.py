"""The last look at the bytes."""

from __future__ import annotations

import os

from persona_tui.donation.redaction import FinalCheck, Known

KNOWN = [Known("NAME", "Zebulonia Quackmire"), Known("NAME", "Mira"), Known("ORG", "Thistledown")]


def test_only_the_kinds_are_named() -> None:
    data = b'{"text": "Mira works at Thistledown, zebulonia quackmire"}'
    assert FinalCheck(KNOWN).leaks(data) == ["NAME", "ORG"]


def test_clean_bytes_pass() -> None:
    assert FinalCheck(KNOWN).leaks(b'{"text": "[NAME_1] admires mirrors"}') == []
    assert FinalCheck(KNOWN).leaks(b"") == []
    assert FinalCheck([]).leaks(b"anything") == []


def test_originals_of_findings_are_looked_for_but_no_bare_number() -> None:
    check = FinalCheck(
        [],
        [("EMAIL", "a@pond.example.org"), ("AGE", "42"), ("DATE", "3 May"), ("DATE", "1987-03-14")],
    )
    assert check.leaks(b"42 things on 3 May") == []
    assert check.leaks(b"19870314 or 1987-03-14") == ["DATE"]
    assert check.leaks(b"A@POND.EXAMPLE.ORG") == ["EMAIL"]


def test_what_the_person_keeps_is_no_leak() -> None:
    assert FinalCheck(KNOWN, kept=["I want Thistledown to be named"]).leaks(b"Thistledown") == []
    assert FinalCheck(KNOWN, kept=["I want Thistledown to be named"]).leaks(b"Mira") == ["NAME"]


def test_public_passages_may_hold_any_word() -> None:
    licence = "Mira is free software."
    assert FinalCheck(KNOWN, public=[licence]).leaks(licence.encode() + b" and more") == []
    assert FinalCheck(KNOWN, public=[licence]).leaks(licence.encode() + b" Mira") == ["NAME"]


def test_sixteen_bit_text_and_noise() -> None:
    assert FinalCheck(KNOWN).leaks("Zebulonia Quackmire".encode("utf-16-le")) == ["NAME"]
    noise = bytes((index * 197 + index // 7) % 256 for index in range(50_000))
    assert FinalCheck(KNOWN).leaks(noise) == []
    FinalCheck(KNOWN).leaks(os.urandom(5_000))
