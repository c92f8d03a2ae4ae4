"""Check digits and randomness: what tells a number or a word from one that only looks like it."""

from __future__ import annotations

import math
from collections import Counter

IBAN_LENGTH = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25,
    "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip
"""Country → number of characters."""
_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


def digits(text: str) -> str:
    """Only the digits of ``text``."""
    return "".join(char for char in text if "0" <= char <= "9")


def luhn(number: str) -> bool:
    """Whether the check digit of ``number`` (digits only) is right."""
    total = 0
    for index, char in enumerate(reversed(number)):
        value = int(char) * (2 if index % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def card(number: str) -> bool:
    """Whether ``number`` (digits only) is a payment card's: known issuer, length, check digit."""
    n, two, four = len(number), int(number[:2] or 0), int(number[:4] or 0)
    known = (
        (number[0] == "4" and n in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and n == 16)
        or (two in (34, 37) and n == 15)
        or (two in (30, 36, 38, 39) and n in (14, 16))
        or (two in (35, 60, 62, 64, 65, 67) and 16 <= n <= 19)
        or (two in (50, 56, 57, 58, 61, 63, 66, 68, 69) and n in (16, 18, 19))
    )
    return known and luhn(number) and len(set(number)) > 1


def iban(text: str) -> bool:
    """Whether ``text`` (letters and digits only) is an IBAN with the right check digits."""
    text = text.upper()
    if IBAN_LENGTH.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def nir(text: str) -> bool:
    """French social security number, 13 characters and 2 check digits (Corsica: 2A, 2B)."""
    number = text[:13].upper().replace("2A", "19").replace("2B", "18")
    return len(text) == 15 and number.isdigit() and 97 - int(number) % 97 == int(text[13:])


def dni(text: str) -> bool:
    """Spanish DNI or NIE: digits and their letter."""
    text = text.upper()
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return number.isdigit() and len(number) == 8 and _DNI[int(number) % 23] == text[-1]


def pesel(text: str) -> bool:
    """Polish PESEL: eleven digits beginning with a date."""
    weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
    month, day = int(text[2:4]) % 20, int(text[4:6])
    return (
        1 <= month <= 12
        and 1 <= day <= 31
        and sum(int(char) * weight for char, weight in zip(text, weights, strict=True)) % 10 == 0
    )


def idnr(text: str) -> bool:
    """German tax number: eleven digits, one of the first ten twice or thrice, ISO 7064 check digit."""
    if len(text) != 11 or text[0] == "0" or max(Counter(text[:10]).values()) not in (2, 3):
        return False
    if len(set(text[:10])) < 8:
        return False
    product = 10
    for char in text[:10]:
        total = (int(char) + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == int(text[10])


def resident(text: str) -> bool:
    """Chinese resident number: region, date of birth, 17 digits and their check character."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    if len(text) != 18 or not text[:17].isdigit():
        return False
    month, day = int(text[10:12]), int(text[12:14])
    total = sum(int(char) * weight for char, weight in zip(text, weights, strict=False))
    return 1 <= month <= 12 and 1 <= day <= 31 and "10X98765432"[total % 11] == text[17].upper()


def cpf(text: str) -> bool:
    """Brazilian CPF: nine digits and two check digits."""
    if len(text) != 11 or len(set(text)) == 1:
        return False
    for size in (9, 10):
        total = sum(int(char) * (size + 1 - at) for at, char in enumerate(text[:size]))
        if total * 10 % 11 % 10 != int(text[size]):
            return False
    return True


def bsn(text: str) -> bool:
    """Dutch BSN: nine digits with the eleven test."""
    total = sum(int(char) * (9 - at) for at, char in enumerate(text[:8])) - int(text[8])
    return total % 11 == 0 and len(set(text)) > 1


def ean13(text: str) -> bool:
    """Swiss AHV number: thirteen digits with the check digit of a bar code."""
    return sum(int(char) * (3 if index % 2 else 1) for index, char in enumerate(text)) % 10 == 0


def emso(text: str) -> bool:
    """EMŠO/JMBG of the former Yugoslav countries: date, region, running number, check digit."""
    day, month = int(text[:2]), int(text[2:4])
    weights = (7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = 11 - sum(int(char) * weight for char, weight in zip(text, weights, strict=False)) % 11
    return 1 <= day <= 31 and 1 <= month <= 12 and rest % 11 == int(text[12])


def personnummer(text: str) -> bool:
    """Swedish personal number, ten digits: date and check digit."""
    return 1 <= int(text[2:4]) <= 12 and 1 <= int(text[4:6]) % 60 <= 31 and luhn(text)


def verhoeff(text: str) -> bool:
    """Indian Aadhaar number: twelve digits with Verhoeff's check digit (dihedral group of order 10)."""
    total = 0
    for index, char in enumerate(reversed(text)):
        digit = int(char)
        for _ in range(index % 8):
            digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
        a, b = divmod(total, 5)
        c, d = divmod(digit, 5)
        total = 5 * (a ^ c) + ((b - d if a else b + d) % 5)
    return total == 0 and len(set(text)) > 2


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    count = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in count.values()) if text else 0.0


def looks_random(text: str) -> bool:
    """Whether ``text`` looks drawn and not written: mixed kinds of characters, no words."""
    has_digit = any(char.isdigit() for char in text)
    has_letter = any(char.isalpha() for char in text)
    if not (has_digit and has_letter):
        return False
    hexadecimal = all(char in "0123456789abcdefABCDEF-" for char in text)
    return entropy(text) >= (2.6 if hexadecimal else 3.0) and len(set(text)) >= 8
