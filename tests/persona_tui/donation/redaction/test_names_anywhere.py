"""Names in small letters, behind labels, in fields and in other scripts."""

from __future__ import annotations

import pytest

from persona_tui.donation.redaction import Redactor, seed_known

RULES = Redactor([], ner=False)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in RULES.find(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("hiya im gaz and i need help", ["gaz"]),
        ("everyone calls me skeeter", ["skeeter"]),
        ("my roommate odalys and rosa left", ["odalys", "rosa"]),
        ("moi c kevin", ["kevin"]),
        ("ich bin die svenja, aus kiel", ["svenja"]),
        ("PATIENT: HOLLOWAY, MERTON J", ["HOLLOWAY, MERTON J"]),
        ("z.Hd. Ottilie Krahwinkel", ["Ottilie Krahwinkel"]),
        ("I asked K.L. Ashworth-Boyle.", ["K.L. Ashworth-Boyle"]),
        ("Imogen Castellanos, MD, FACP", ["Imogen Castellanos"]),
        ("author: Renaud Delacroix <[EMAIL_1]>", ["Renaud Delacroix"]),
        ('git config user.name "Severin Albrecht"', ["Severin Albrecht"]),
        ('{"last_name": "Vosloo"}', ["Vosloo"]),
        ("vorname;nachname;ort\nUwe;Krause;Ulm", ["Uwe", "Krause"]),
        ("| Name | Phone |\n|---|---|\n| Greta Lindholm | - |", ["Greta Lindholm"]),
        ("INSERT INTO u (first_name, n) VALUES ('Xanthe', 3)", ["Xanthe"]),
        ("(Juniper, 6 yrs old)", ["Juniper"]),
        ("我叫王晓梅，你好", ["王晓梅"]),
        ("鈴木一郎と申します。", ["鈴木一郎"]),
        ("저는 김민수입니다", ["김민수"]),
        ("اسمي سلمى", ["سلمى"]),
        ("Меня зовут Тимофей", ["Тимофей"]),
    ],
)  # fmt: skip
def test_a_name_is_found(text: str, names: list[str]) -> None:
    assert [value for kind, value in found(text) if kind == "NAME"] == names


@pytest.mark.parametrize(
    "text",
    [
        "im tired and im stuck", "call me crazy", "my boss just said no", "my dad never calls", "my friend is sad", "soy nuevo en esto",
        "je suis fatigué", "ich bin müde", "the function is called once", "name: Build and Test", "first_name: str",
        "name,version,license\nlodash,4.17.21,MIT", "Plan B. We leave", "U.S. Army", "我叫了外卖", "皆さん、こんにちは", "Albert Einstein's theory",
    ],
)  # fmt: skip
def test_what_is_no_name_stays(text: str) -> None:
    assert found(text) == []


def test_names_in_small_letters_are_known_from_then_on() -> None:
    known = seed_known(
        account=None,
        home=None,
        attributes=[],
        messages=["hiya im gazbo, my boss yesenia is mean"],
        entries=[],
    )
    assert {"gazbo", "yesenia"} <= {one.text for one in known}
    assert len(Redactor(known, ner=False).find("ask Gazbo or yesenia")) == 2
