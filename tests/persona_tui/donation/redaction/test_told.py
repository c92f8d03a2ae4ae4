"""Secrets and user names that are told in words, and prose that only speaks of them."""

from __future__ import annotations

import pytest

from persona_tui.donation.redaction import Redactor

RULES = Redactor([], ner=False)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("the PIN for mum's card is 6603", "6603"),
        ("das WLAN-Passwort der Wohnung lautet Dachs-Ufer-88", "Dachs-Ufer-88"),
        ("parola e' Ulivo!1960", "Ulivo!1960"),
        ("пароль от вайфая: zima2020", "zima2020"),
        ("门禁密码是667123", "667123"),
        ("backup codes for the bank: 8241 7702, 5129 0033", "5129 0033"),
        ("the gate code at 12 Marl Hill is C258", "C258"),
        ('requests.get(url, auth=("tkovac", "Wren_42"))', "Wren_42"),
        ("user was pond_heron77, no mail", "pond_heron77"),
        ("benutzer ftp-osterkamp angemeldet", "ftp-osterkamp"),
        ("Failed password for tkovac from 10.1.2.3", "tkovac"),
        ("我的微信号 liu_xy88", "liu_xy88"),
        ("TODO(tkovac): remove", "tkovac"),
    ],
)
def test_what_is_told_is_taken_out(text: str, secret: str) -> None:
    assert secret in [text[one.start : one.end] for one in RULES.find(text)]


@pytest.mark.parametrize(
    "text",
    [
        "a password must have 8-16 characters and is hashed with bcrypt2",
        "The user is detail-oriented and familiar with 6th-gen consoles",
        "the username is case-sensitive, user_id is not",
        "exit code 137 and status code 404",
        "password=os.environ['PW'], user.is_authenticated",
    ],
)
def test_what_only_speaks_of_it_stays(text: str) -> None:
    assert not RULES.find(text)
