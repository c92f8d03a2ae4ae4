"""The deny-list: what it is made of, and that no spelling hides what is on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.donation.redaction import (
    FinalCheck,
    Known,
    Placeholders,
    Redactor,
    seed_known,
    with_found,
)
from tests.persona_tui.donation.redaction.samples import TOKENS, spellings

SECRETS = {
    "NAME": "Zebulonia Quackmire",
    "EMAIL": "zeb.quack@pond.example.org",
    "CUSTOM": "Operation Marzipan 77",
    "USERNAME": "zquackmire88",
    "SECRET": TOKENS["github"],
}
CASES = [(kind, how) for kind, text in SECRETS.items() for how in spellings(text)]


@pytest.mark.parametrize(("kind", "how"), CASES)
def test_a_known_text_goes_however_it_is_written(kind: str, how: str) -> None:
    secret = SECRETS[kind]
    known = [Known(kind, secret)]  # type: ignore[arg-type]
    written = spellings(secret)[how]
    text = f"before {written} after"
    assert FinalCheck(known).leaks(text.encode()) == [kind]
    out = Placeholders().text(text, Redactor(known, ner=False).find(text))
    assert out.startswith("before [")
    assert out.endswith("] after")
    assert FinalCheck(known).leaks(out.encode()) == []


@pytest.mark.parametrize(
    "written",
    [
        "M i r a",
        "Mi-\nra Kovač",
        "MIRA",
        "mira_kovac",
        "Mira  Kovač",
        "Mira\nKovač",
        "mirakovač1",
        "Kovačs",
        "Kovača",
        "Mira's",
    ],
)
def test_a_name_goes_in_all_its_forms(written: str) -> None:
    known = seed_known(
        account=None, home=None, attributes=[], messages=["My name is Mira Kovač."], entries=[]
    )
    text = f"ask {written}, please"
    out = Placeholders(known).text(text, Redactor(known, ner=False).find(text))
    assert "mira" not in out.lower()
    assert "kova" not in out.lower()


@pytest.mark.parametrize(
    "text", ["a banana and an Anatolian", "analysis of any", "Will you mark it? It may be.", "an a"]
)
def test_a_short_name_is_no_part_of_a_word(text: str) -> None:
    known = [Known("NAME", "Ana"), Known("NAME", "Mark"), Known("NAME", "May")]
    assert Redactor(known, ner=False).find(text) == []
    assert FinalCheck(known).leaks(text.encode()) == []


def test_seeds_of_every_source() -> None:
    known = seed_known(
        account="ikramer",
        home="/home/ikramer",
        attributes=[
            "The user's name is Ilka Kramer.",
            "The user works at Thistledown Analytics.",
            "The user lives in Ptuj.",
            "The user likes Python and Docker.",
        ],
        messages=["My sister Odalys is 12.", "Thanks,\nIlka", "nothing here", "soy Ignacio"],
        entries=["Projekt Nordwind", " a@b.example.org ", ""],
    )
    texts = {(one.kind, one.text) for one in known}
    assert {
        ("USERNAME", "ikramer"), ("PATH", "/home/ikramer"), ("NAME", "Ilka Kramer"), ("NAME", "Ilka"), ("NAME", "Kramer"),
        ("ORG", "Thistledown Analytics"), ("ADDRESS", "Ptuj"), ("NAME", "Odalys"), ("NAME", "Ignacio"),
        ("CUSTOM", "Projekt Nordwind"), ("EMAIL", "a@b.example.org"),
    } <= texts  # fmt: skip
    assert not {"Python", "Docker", "The", "user"} & {one.text for one in known}


@pytest.mark.parametrize("account", ["root", "user", "ubuntu", "", "me"])
def test_accounts_of_nobody_are_not_looked_for(account: str) -> None:
    assert (
        seed_known(account=account, home=f"/home/{account}", attributes=[], messages=[], entries=[])
        == []
    )


def test_what_was_found_once_is_known_everywhere() -> None:
    first = "My mail is ines@pond.example.org, I'm 42."
    redactor = Redactor([], ner=False)
    known = with_found([], [(first, redactor.find(first))])
    assert [one.text for one in known] == ["ines@pond.example.org"]
    assert Redactor(known, ner=False).find("gro.elpmaxe.dnop@seni")


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=6, max_size=30))
def test_any_known_text_is_found_as_it_is(secret: str) -> None:
    known = [Known("CUSTOM", secret)]
    text = f"x\n{secret}\ny"
    seen = FinalCheck(known).leaks(text.encode())
    after = Placeholders().text(text, Redactor(known, ner=False).find(text))
    assert not seen or FinalCheck(known).leaks(after.encode()) == []
