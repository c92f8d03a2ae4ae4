"""Fifty secrets of fifteen kinds, drawn anew for every profile, and sentences that hold them.

All of it is invented: keys are random characters in the vendors' forms, numbers have valid check
digits and belong to nobody, names are put together from lists.
"""

from __future__ import annotations

import base64
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import phonenumbers

Draw = random.Random
ALNUM = string.ascii_letters + string.digits
GIVEN = ("Mirela", "Thorben", "Anneliese", "Giulietta", "Ignacio", "Bogumila", "Solveig", "Marisol")
FAMILY = (
    "Quittenbaum",
    "Fjeldstad",
    "Zubizarreta",
    "Wojciechowska",
    "Castelnuovo",
    "Hallgrimsdottir",
)
STREETS = ("Birkenallee", "Mulberry Street", "Rue des Acacias", "Calle del Olmo", "Larkspur Avenue")
TOWNS = ("Oberstedten", "Brixworth", "Villefranche", "Torrelodones", "Zevenhoven")


def _chars(draw: Draw, count: int, of: str = ALNUM) -> str:
    return "".join(draw.choices(of, k=count))


def _luhn(draw: Draw) -> str:
    digits = [4, *(draw.randrange(10) for _ in range(14))]
    total = sum(d if i % 2 else (d * 2 - 9 if d * 2 > 9 else d * 2) for i, d in enumerate(digits))
    text = "".join(map(str, [*digits, -total % 10]))
    return draw.choice((text, " ".join(text[i : i + 4] for i in range(0, 16, 4))))


def _iban(draw: Draw) -> str:
    bank = _chars(draw, 18, string.digits)
    check = 98 - int(bank + "131400") % 97  # DE00
    text = f"DE{check:02d}{bank}"
    return draw.choice((text, " ".join(text[i : i + 4] for i in range(0, 22, 4))))


def _phone(draw: Draw) -> str:
    number = f"+1 {draw.choice((212, 415, 617, 503))} 555 {draw.randrange(1000, 10000)}"
    german = f"+49 30 {draw.randrange(1_000_000, 9_999_999)}"
    british = f"+44 20 7946 0{draw.randrange(100, 1000)}"
    made = draw.choice((number, german, british))
    assert phonenumbers.is_possible_number(phonenumbers.parse(made))
    return made


def _name(draw: Draw) -> str:
    return f"{draw.choice(GIVEN)} {draw.choice(FAMILY)}"


def _key(draw: Draw) -> str:
    return draw.choice(
        (
            f"sk-proj-{_chars(draw, 48)}",
            f"sk-ant-api03-{_chars(draw, 93)}AA",
            f"ghp_{_chars(draw, 36)}",
            f"glpat-{_chars(draw, 20)}",
            f"AKIA{_chars(draw, 16, string.ascii_uppercase + '234567')}",
            f"hf_{_chars(draw, 34)}",
            f"AIza{_chars(draw, 35)}",
            f"xoxb-{_chars(draw, 12, string.digits)}-{_chars(draw, 24)}",
        )
    )


def _ssn(draw: Draw) -> str:
    return f"{draw.randrange(100, 665)}-{draw.randrange(10, 99)}-{draw.randrange(1000, 9999)}"


def _birth(draw: Draw) -> str:
    day, month, year = draw.randrange(10, 28), draw.randrange(10, 12), draw.randrange(1950, 2004)
    return draw.choice((f"{day}.{month}.{year}", f"{year}-{month}-{day}", f"{month}/{day}/{year}"))


def _address(draw: Draw) -> str:
    street, number = draw.choice(STREETS), draw.randrange(10, 240)
    if street.startswith(("Rue", "Calle")):
        return f"{number} {street}" if street.startswith("Rue") else f"{street} {number}"
    return f"{street} {number}" if street == "Birkenallee" else f"{number} {street}"


KINDS: dict[str, tuple[Callable[[Draw], str], tuple[str, ...]]] = {
    "own name": (_name, ("My name is {}.", "I am {}, by the way.", "Best regards, {}")),
    "listed name": (_name, ("{} said that it rains.", "I met {} at the market.")),
    "e-mail": (
        lambda d: (
            f"{_chars(d, 8, string.ascii_lowercase)}.{d.randrange(1000)}@{d.choice(('example.org', 'mail.example.com'))}"
        ),
        ("Write to {} please.", "My address is {}, thanks."),
    ),
    "phone": (_phone, ("Call me at {} tonight.", "My number is {}.")),
    "iban": (_iban, ("My IBAN is {}.", "Send it to {} by Friday.")),
    "card": (_luhn, ("My card is {}.", "Charge {} for it.")),
    "ssn": (_ssn, ("My SSN is {}.", "Social security number {}, if you need it.")),
    "ip": (
        lambda d: ".".join(str(d.randrange(11, 250)) for _ in range(4)),
        ("My server is {} at home.", "ssh me@{} and look."),
    ),
    "url": (
        lambda d: (
            f"https://{_chars(d, 12, string.ascii_lowercase)}.org/u/{_chars(d, 7, string.ascii_lowercase)}"
        ),
        ("My page is {} now.", "See {} for pictures."),
    ),
    "handle": (
        lambda d: "@" + _chars(d, 11, string.ascii_lowercase),
        ("Follow {} for more.", "I post as {} there."),
    ),
    "home path": (
        lambda d: (
            f"/home/{_chars(d, 9, string.ascii_lowercase)}/{_chars(d, 6, string.ascii_lowercase)}/notes.txt"
        ),
        ("It lies in {} here.", "Open {} first."),
    ),
    "key": (_key, ("export API_KEY={}", "My key is {}, why does it fail?")),
    "birth date": (_birth, ("I was born on {}.", "My date of birth is {}.")),
    "address": (
        lambda d: f"{_address(d)}, {d.randrange(10_000, 99_999)} {d.choice(TOWNS)}",
        ("I live at {}.", "Deliver it to {} please."),
    ),
    "listed words": (
        lambda d: (
            f"Project {_chars(d, 5, string.ascii_uppercase)}-{_chars(d, 7, string.ascii_lowercase)}"
        ),
        ("We call it {} at work.", "{} starts on Monday."),
    ),
}
"""Kind → how it is drawn, and sentences for it."""
LISTED = frozenset({"listed name", "listed words"})
"""Kinds that no rule can know: the person put them on their list."""


@dataclass(frozen=True, slots=True)
class Secret:
    kind: str
    value: str
    sentence: str
    """The value in a sentence."""


def draw_secrets(draw: Draw, count: int = 50) -> list[Secret]:
    """``count`` secrets, every kind at least three times; the person has one name."""
    kinds = list(KINDS)
    wanted = [kinds[i % len(kinds)] for i in range(count)]
    mine = _name(draw)
    found = []
    for kind in wanted:
        make, sentences = KINDS[kind]
        value = mine if kind == "own name" else make(draw)
        found.append(Secret(kind, value, draw.choice(sentences).format(value)))
    return found


DISGUISES: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: text,
    lambda text: text,
    lambda text: text.replace("o", "o\u00ad").replace("e", "e\u200b"),
    lambda text: "".join(chr(ord(c) + 0xFEE0) if "0" <= c <= "9" else c for c in text),
    str.upper,
)
"""Mostly none: soft hyphens and zero-width spaces, full-width digits, capitals."""


def forms(value: str) -> Iterator[bytes]:
    """The value raw, lower-cased, NFKC-folded, reversed, in base64 (each alignment), hexadecimal and
    URL-encoded; of a name, also what tells it: the family name."""
    import unicodedata

    parts = [value]
    if value.rsplit(maxsplit=1)[-1] in FAMILY:
        parts.append(value.rsplit(maxsplit=1)[-1])
    for text in parts:
        folded = unicodedata.normalize("NFKC", text).casefold()
        for one in {text, text.lower(), folded}:
            raw = one.encode()
            yield raw
            yield one[::-1].encode()
            yield raw.hex().encode()
            yield raw.hex().upper().encode()
            for coded in (quote(one, safe=""), quote_plus(one)):
                if coded != one:
                    yield coded.encode()
                    yield coded.lower().encode()
            for shift in range(3):
                coded_bytes = base64.b64encode(b"\0" * shift + raw)
                start = (8 * shift + 5) // 6
                end = len(coded_bytes.rstrip(b"=")) - (1 if (shift + len(raw)) % 3 else 0)
                if end - start >= 8:
                    yield coded_bytes[start:end]
