"""What stands in fields that say what they hold: CSV and Markdown tables, JSON, YAML, SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.finding import Kind
from persona_tui.donation.redaction.lexicon import NOT_NAMES, is_likely, is_plain
from persona_tui.donation.redaction.rules import Span
from persona_tui.donation.redaction.wordlists import words

_FIRM = words(
    "firstname lastname surname fullname givenname familyname middlename maidenname forename fname lname vorname nachname familienname zuname prenom nomdefamille "
    "apellido apellidos apellido1 apellido2 primerapellido nombrecompleto cognome nomecompleto sobrenome nomecognome nazwisko imienazwisko voornaam achternaam priimek prijmeni jmeno efternamn fornavn etternavn "
    "customername clientname patientname employeename studentname contactname ownername authorname recipientname sendername accountholder cardholder cardholdername holdername realname legalname "
    "username1 membername guestname tenantname passengername parentname guardianname spousename emergencycontact shippingname billingname nameoncard userfullname"
)
"""Names of fields (letters only) that hold a person's name."""
_LOOSE = words(
    "name nom nombre nome naam imie ime patient client customer employee student contact author member guest tenant recipient owner mitarbeiter kunde person teilnehmer cliente paciente alumno eleve salarie klant pracownik attendee player candidate "
    "displayname"
)
"""Fields that may hold one."""
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(["age", "alter", "edad", "eta", "idade", "wiek", "leeftijd", "starost", "alder"], "AGE"),
    **dict.fromkeys(
        ["dob", "birthday", "birthdate", "dateofbirth", "bday", "geburtsdatum", "geburtstag", "geboren", "fechanacimiento", "fechadenacimiento", "nacimiento", "datenaissance", "datedenaissance", "naissance", "geboortedatum", "datadinascita", "dataurodzenia", "datanascimento", "datadenascimento", "born"],
        "DATE",
    ),
    **dict.fromkeys(
        ["phone", "phonenumber", "telephone", "tel", "mobile", "cell", "cellphone", "telefon", "telefono", "telefone", "handy", "mobil", "movil", "celular", "portable", "telefoon", "gsm", "whatsapp", "landline", "fax"],
        "PHONE",
    ),
    **dict.fromkeys(
        ["address", "street", "streetaddress", "addr", "address1", "addressline1", "strasse", "adresse", "anschrift", "direccion", "domicilio", "indirizzo", "endereco", "adres", "homeaddress", "shippingaddress", "mailingaddress", "postaladdress"],
        "ADDRESS",
    ),
    **dict.fromkeys(
        ["username", "login", "handle", "nickname", "userid", "benutzername", "usuario", "screenname", "nick"], "USERNAME"
    ),
    **dict.fromkeys(["password", "passwd", "pwd", "passwort", "contrasena", "motdepasse", "wachtwoord", "senha", "haslo", "pin"], "SECRET"),
    **dict.fromkeys(["ssn", "socialsecurity", "nationalid", "passport", "passportno", "taxid", "dni", "nie", "nif", "bsn", "pesel", "cpf", "steuerid", "nin", "nhsnumber"], "SSN"),
}  # fmt: skip
_BESIDE = words(
    "email mail city town zip gender sex phone ort plz ville stadt ciudad mobile salary grade class department address dob age id relation relationship"
)
_SEPARATORS = ("\t", "|", ";", ",")
_FIELD = re.compile(
    r"(?<![\w.$@/-])(?P<quote>[\"']?)(?P<key>[A-Za-z][A-Za-z_ -]{1,24}[A-Za-z]1?)(?P=quote)\s{0,3}(?:[:=]|=>)\s{0,3}(?P<open>[\"']?)(?P<it>[^\s\"'\n,;:{}\[\]()<>|&=][^\"'\n,;{}\[\]()<>|&=]{0,60})"
)
_TAG = re.compile(r"<(?P<key>[A-Za-z_-]{3,24})>(?P<it>[^<>\n\[]{1,60})</(?P=key)>")
_INSERT = re.compile(
    r"(?i)\binsert into [\w.\"`]{1,60} ?\((?P<head>[^()]{3,400})\)\s{0,4}values\s{0,4}(?P<rows>(?:\([^()]{1,600}\)[,\s]{0,4}){1,50})"
)
_ROW = re.compile(r"\((?P<row>[^()]{1,600})\)")
_CELL = re.compile(
    r"\s{0,4}(?:'(?P<one>[^'\n]{0,200})'|\"(?P<two>[^\"\n]{0,200})\"|(?P<three>[^,\n]{0,200}))\s{0,4}(?:,|$)"
)
_NO_VALUE = re.compile(
    r"(?i)(?:string|str|text|char|varchar|number|int|integer|bool|boolean|date|null|none|nil|undefined|true|false|required|optional|unknown|n/?a|example|sample|test|todo|tbd|default|any|object|name|value|input|output)\b"
)
_ROWS = 500


def fields(text: str) -> Iterator[Span]:
    """What people's columns and fields hold."""
    yield from _tables(text)
    yield from _pairs(text)
    for match in _INSERT.finditer(text):
        head = [match["head"][a:b] for a, b in _cells(match["head"])]
        rows = [
            (match.start("rows") + row.start("row"), row["row"])
            for row in _ROW.finditer(match["rows"])
        ]
        yield from _columns(
            head, [[(at + a, at + b) for a, b in _cells(row)] for at, row in rows], text
        )


def _cells(row: str) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    at = 0
    while at < len(row):
        cell = _CELL.match(row, at)
        if cell is None:
            break
        group = next((one for one in ("one", "two", "three") if cell[one] is not None), "three")
        out.append(_trimmed(row, *cell.span(group)))
        at = max(cell.end(), at + 1)
    return out


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in " \t\"'*":
        start += 1
    while end > start and text[end - 1] in " \t\"'*\r":
        end -= 1
    return start, end


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _known(key: str) -> bool:
    return key in _FIRM or key in _LOOSE or key in _KINDS


def _tables(text: str) -> Iterator[Span]:
    """A header line and the lines under it that have as many cells."""
    start, lines = 0, []
    for line in text.split("\n"):
        lines.append((start, line))
        start += len(line) + 1
    at = 0
    while at < len(lines):
        head = _header(lines[at][1])
        rows: list[list[tuple[int, int]]] = []
        if head:
            separator, names = head
            while at + 1 < len(lines) and len(rows) < _ROWS:
                begin, line = lines[at + 1]
                if len(line) > 2000:
                    break
                cells = _split(line, separator)
                if len(cells) < 2 or abs(len(cells) - len(names)) > 1:
                    break
                if not re.fullmatch(r"[\s|:+-]{3,2000}", line):
                    rows.append([(begin + a, begin + b) for a, b in cells])
                at += 1
            yield from _columns(names, rows, text)
        at += 1


def _header(line: str) -> tuple[str, list[str]] | None:
    if len(line) > 400:
        return None
    line = re.sub(r"^.{0,40}?:\s(?=[\w\" -]{1,24}[,;|\t])", lambda m: " " * len(m[0]), line)
    for separator in _SEPARATORS:
        if separator in line:
            names = [line[a:b] for a, b in _split(line, separator)]
            keys = [_key(one) for one in names]
            fine = len(names) > 1 and all(len(one.split()) <= 3 and len(one) <= 30 for one in names)
            known = sum(_known(key) for key in keys)
            beside = sum(_known(key) or key in _BESIDE for key in keys)
            if fine and known and (beside > 1 or any(key in _FIRM for key in keys)):
                return separator, names
    return None


def _split(line: str, separator: str) -> list[tuple[int, int]]:
    """Where the cells of a line are, without the spaces and quotes around them."""
    if separator == "," and '"' in line:
        return _cells(line)
    out, start = [], 0
    for piece in line.split(separator):
        out.append(_trimmed(line, start, start + len(piece)))
        start += len(piece) + len(separator)
    if separator == "|" and out and out[0][0] >= out[0][1]:
        out.pop(0)
    if separator == "|" and out and out[-1][0] >= out[-1][1]:
        out.pop()
    return out


def _columns(names: list[str], rows: list[list[tuple[int, int]]], text: str) -> Iterator[Span]:
    for row in rows:
        for name, (start, end) in zip(names, row, strict=False):
            key, value = _key(name), text[start:end]
            kind: Kind | None = "NAME" if key in _FIRM or key in _LOOSE else _KINDS.get(key)
            if kind and value and _plausible(kind, value, loose=key in _LOOSE):
                yield start, end, kind


def _plausible(kind: Kind, value: str, *, loose: bool = False) -> bool:
    if value.startswith(("[", "$", "{", "%", "<")) or _NO_VALUE.match(value):
        return False
    if kind == "NAME":
        parts = re.findall(r"[^\W\d_][\w'-]*", value)
        if not parts or len(parts) > 5 or any(char.isdigit() for char in value):
            return False
        if loose and not any(is_likely(one) for one in parts):
            return value[0].isupper() and not any(
                is_plain(one) or one.casefold() in NOT_NAMES for one in parts
            )
        return not all(one.casefold() in NOT_NAMES for one in parts)
    if kind == "AGE":
        return bool(re.fullmatch(r"\d{1,3}", value)) and 0 < int(value) < 120
    if kind in ("PHONE", "SSN"):
        return sum(char.isdigit() for char in value) >= 6
    if kind == "DATE":
        return sum(char.isdigit() for char in value) >= 4
    if kind == "ADDRESS":
        return any(char.isdigit() for char in value)
    return len(value) >= 3 and " " not in value


def _pairs(text: str) -> Iterator[Span]:
    """``key: value``, where the key says that a person is meant."""
    people: list[int] = []
    ages: list[Span] = []
    for match in _FIELD.finditer(text):
        key, (start, end) = _key(match["key"]), _trimmed(text, *match.span("it"))
        value = text[start:end]
        quoted = bool(match["open"])
        if key in _FIRM and _field_name(value, quoted, text[end : end + 1]):
            people.append(start)
            yield start, end, "NAME"
        elif key in _LOOSE and quoted and _plausible("NAME", value, loose=True):
            if is_likely(value.split()[0].strip(".,")):
                people.append(start)
                yield start, end, "NAME"
        elif _KINDS.get(key) == "AGE" and re.match(r"\d{1,3}(?!\d)", value):
            ages.append((start, start + len(re.match(r"\d+", value)[0]), "AGE"))  # type: ignore[index]
        elif match["quote"] and quoted and _KINDS.get(key) in ("PHONE", "ADDRESS", "SSN"):
            kind = _KINDS[key]
            if _plausible(kind, value):
                yield start, end, kind
    for match in _TAG.finditer(text):
        key = _key(match["key"])
        if (key in _FIRM or key in _LOOSE) and _plausible("NAME", match["it"], loose=key in _LOOSE):
            yield match.start("it"), match.end("it"), "NAME"
    yield from _near(people, ages)


def _near(people: list[int], ages: list[Span]) -> Iterator[Span]:
    """Ages within 200 characters of a name."""
    at = 0
    for start, end, kind in ages:
        while at < len(people) and people[at] < start - 200:
            at += 1
        if at < len(people) and people[at] < start + 200:
            yield start, end, kind


def _field_name(value: str, quoted: bool, after: str) -> bool:
    if (
        not _plausible("NAME", value)
        or after in ("(", "[", "{")
        or re.search(r"[.](?=\w)|[%$_]", value)
    ):
        return False
    first = value.split(maxsplit=1)[0].rstrip(".,")
    if quoted or is_likely(first):
        return True
    return (value[0].isupper() or not is_plain(first)) and len(value.split()) <= 4
