"""Check digits."""

from __future__ import annotations

import pytest

from persona_tui.donation.redaction import checks


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (checks.card, "4111111111111111", "4111111111111112"),
        (checks.card, "378282246310005", "0000000000000000"),
        (checks.iban, "DE89370400440532013000", "DE89370400440532013001"),
        (checks.iban, "NL91ABNA0417164300", "NL91ABNA041716430"),
        (checks.nir, "184127645108946", "184127645108947"),
        (checks.dni, "12345678Z", "12345678A"),
        (checks.dni, "X1234567L", "X1234567M"),
        (checks.pesel, "44051401359", "44051401358"),
        (checks.ean13, "7569217076985", "7569217076986"),
        (checks.emso, "0101006500006", "0101006500007"),
        (checks.personnummer, "8112289874", "8112289875"),
        (checks.looks_random, "a8F3kQ92mZ", "correcthorse"),
    ],
)
def test_right_and_wrong(check: object, right: str, wrong: str) -> None:
    assert callable(check)
    assert check(right)
    assert not check(wrong)
