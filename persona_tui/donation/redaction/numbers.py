"""Telephone numbers, bank accounts, payment cards, and numbers that states give to people."""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction import checks
from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.rules import Rule, Span, after, before, found, rule

_ID_CUE = (
    r"(?:social security(?: (?:no|number|num))?|ssn|(?:his|her|my|their) social|(?-i:SIN)|social insurance(?: number)?|nino"
    r"|national insurance(?: number)?|ni (?:no|number)|nhs(?: (?:no|number))?|passport|driv(?:er'?s?|ing) licen[sc]e|licen[sc]e (?:no|number)"
    r"|tax (?:id|number|payer id)|(?-i:TIN|ITIN|EIN)|national id|id card|identity (?:card|number)|personal (?:id|number)"
    r"|(?:patient|employee|student|member(?:ship)?|insurance|policy|medicare|medicaid|beneficiary) (?:id|no|number|nr)"
    r"|steuer-?(?:id(?:entifikationsnummer)?|nummer|nr)|sozialversicherungs(?:nummer|nr)|sv-?nummer|versicherten(?:nummer|nr)"
    r"|rentenversicherungs\w{0,8}|(?:reise)?pass(?:nummer|nr)?|(?:personal)?ausweis\w{0,8}|fuhrerschein\w{0,8}|krankenkassen\w{0,8}|matrikel\w{0,8}|ahv\w{0,8}"
    r"|securite sociale|(?:numero de )?secu|(?-i:NIR)|passeport|carte d'identite|permis de conduire|carte vitale"
    r"|dni|nie|nif|pasaporte|seguridad social|carnet de (?:conducir|identidad)|curp|cedula"
    r"|bsn|burgerservicenummer|sofinummer|paspoort\w{0,8}|rijbewijs\w{0,8}|identiteitskaart"
    r"|pesel|nip|dowod\w{0,3}|paszport\w{0,3}|prawo jazdy|emso|davcna|cpf|rg|nif|codice fiscale|carta d'identita|passaporto"
    r"|id-?nr|steuer-?identifikations-?nr|steuer-?ids?|n(?:o|um|umero)?\.? ?(?:de )?(?:ss|secu)|n° ?ss|insee|numero fiscal|nif|nie|nuss|rut|run|curp|rfc|clave de elector|cuil|cuit|cpr-?(?:nr|nummer)?|a{1,2}d{1,2}ha{1,2}r|vers(?:icherten)?\.?-?n(?:umme)?r|krankenversicherungs\w{0,8}|kvnr|id numbers?|id no|id card no|holder of id|licen[cs]e num(?:ber)?|permit (?:no|number)|visa (?:no|number)|case worker id|uci|alien (?:number|registration)|a-number|ird|ppsn?|pps (?:no|number)|emirates id|iqama|kra pin|ghana card|voter id|epic no|personal(?:nummer|nr)|pan (?:no|number|card)|nino|ni|tfn|medicare|sin number|bvn|nin|nric|mykad|nik|ktp|tc kimlik(?: no)?|cnp|rc|rg|rne|personnr|fodselsnr|hetu|rijksregister\w{0,8}|id ?nummer|osebna\w{0,8}|dl|driver'?s? licen[sc]e (?:no|number)"
    r"|personnummer|henkilotunnus|cpr|fodselsnummer|rodne cislo|oib|jmbg|マイナンバー|個人番号)"
)
_OTHER_ID = "|".join(
    re.escape(fold(one).text).replace(r"\ ", " ")
    for one in [
        "паспорт",
        "инн",
        "снилс",
        "іпн",
        "рнокпп",
        "رقم الهوية",
        "جواز",
        "الهوية",
        "आधार",
        "תעודת זהות",
        "ת.ז",
        "ΑΦΜ",
        "ΑΜΚΑ",
    ]
)
_OTHER_CARD = "|".join(
    fold(one).text
    for one in ["карта", "карты", "карту", "بطاقة", "卡号", "银行卡", "카드", "כרטיס", "κάρτα"]
)
_BANK_CUE = (
    r"(?:iban|acc(?:ount)?\.? (?:no|number|num|nr)\.?|a/c(?: no)?|account(?: (?:no|number|num|nr))?|acct|routing(?: number)?|sort code|konto(?:nummer|nr)?|bankleitzahl|blz|(?:numero de )?compte"
    r"|(?:numero de )?cuenta|rekening(?:nummer)?|numer konta|konta|rib|bic|swift|口座番号)"
)
_CARD_CUE = rf"(?:{_OTHER_CARD}|card|credit card|debit card|visa|mastercard|amex|kreditkarte|karte|carte|tarjeta|kaart|karta|カード)"
_G = r"[ .-]?"


def _compact(match: re.Match[str]) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", found(match))


def _id(match: re.Match[str]) -> bool:
    return len(checks.digits(found(match))) >= 5


RULES: tuple[Rule, ...] = (
    rule("CARD", r"(?<![\w.-])(?:\d[ .\n-]{0,3}){12,18}\d(?![\w-])(?!\.\d)", lambda m: checks.card(checks.digits(m[0]))),
    rule("CARD", rf"(?i)\b{_CARD_CUE}\b[^\d\n]{{0,30}}(?P<it>(?:\d[ -]{{0,2}}){{12,18}}\d)(?!\d)"),
    rule("CARD", r"(?i)\b(?:cvv2?|cvc2?|security code)\W{0,3}(?:is|:|=)?\s{0,2}(?P<it>\d{3,4})\b"),
    rule("SSN", r"(?<![\w-])(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])"),
    rule("SSN", r"(?<![A-Za-z0-9])(?:[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]|QQ) ?\d{2} ?\d{2} ?\d{2} ?[A-D](?![A-Za-z0-9])"),
    rule(
        "SSN",
        rf"(?<![\w.])[12]{_G}\d\d{_G}(?:0[1-9]|1[0-2]|[2-9]\d){_G}(?:\d\d|2[ABab]){_G}\d{{3}}{_G}\d{{3}}{_G}\d\d(?![\w])",
        lambda m: checks.nir(_compact(m)),
    ),
    rule("SSN", r"(?<![A-Za-z0-9])(?:[XYZxyz][ -]?\d{7}|\d{8}|\d{2}\.\d{3}\.\d{3})[ -]?[A-Za-z](?![A-Za-z0-9])", lambda m: checks.dni(_compact(m))),
    rule("SSN", r"(?<![\w.])756\.?\d{4}\.?\d{4}\.?\d{2}(?!\w)", lambda m: checks.ean13(_compact(m))),
    rule("SSN", r"(?i)(?<![A-Z0-9])[A-Z]{3} ?[A-Z]{3} ?\d{2}[A-EHLMPRST]\d{2} ?[A-Z]\d{3}[A-Z](?![A-Z0-9])"),
    rule("SSN", r"(?<![\w.-])[2-9]\d{3} \d{4} \d{4}(?![\w-]| \d)", lambda m: checks.verhoeff(_compact(m))),
    rule("SSN", r"(?<![\w.])\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)"),
    rule("SSN", r"(?<![\w-])(?:19|20)?\d{6}[-+]\d{4}(?![\w-])", lambda m: checks.personnummer(checks.digits(m[0])[-10:])),
    rule("SSN", r"(?<![\w-])\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y](?![\w-])", lambda m: not m[0][-4:].isdigit()),
    rule("SSN", r"(?<![\w.])\d{13}(?![\w.])", lambda m: checks.emso(m[0])),
    rule("SSN", r"(?<![\w.])\d{11}(?![\w.])", lambda m: checks.pesel(m[0]) and bool(re.search(r"(?i)pesel|urodz|numer|dowod|ident|osobist|id\b", before(m, 80) + after(m, 40)))),
    rule("SSN", r"(?<![\w.])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w.]\d)(?!\w)", lambda m: checks.idnr(_compact(m))),
    rule("SSN", r"(?<![A-Za-z0-9_.])\d{6}(?:19|20)\d{9}[\dXx](?![A-Za-z0-9_])", lambda m: checks.resident(m[0])),
    rule("SSN", r"(?<![\w.])\d{11}(?![\w.])", lambda m: checks.cpf(m[0]) and bool(re.search(r"(?i)cpf|cadastro|documento", before(m, 80) + after(m, 40)))),
    rule("SSN", r"(?<![\w.])\d{3}[ .]?\d{3}[ .]?\d{3}(?![\w.]\d)(?!\w)", lambda m: len(_compact(m)) == 9 and checks.bsn(_compact(m)) and bool(re.search(r"(?i)\b(?:bsn|burger\w{0,14}|sofi\w{0,8}|legitimatie|identificatie)", before(m, 80) + after(m, 40)))),
    rule("SSN", r"(?<![\w-])\d{6}-[1-8]\d{6}(?![\w-])"),
    rule("SSN", r"(?<![A-Za-z0-9])[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d(?![A-Za-z0-9])"),
    rule("SSN", r"(?<![A-Za-z0-9])[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z](?![A-Za-z0-9])"),
    rule("SSN", r"(?<![\w.])\d{2}\.\d{2}\.\d{2}-\d{3}[.-]\d{2}(?!\w)"),
    rule("SSN", r"(?i)(?:身份证\S{0,4}|身分證\S{0,4}|证件号\S{0,3}|护照\S{0,3}|社保\S{0,4}|주민등록번호|주민번호|旅券番号|免許証番号|保険証番号|年金番号)[^\d\n]{0,6}(?P<it>[A-Z]{0,2}\d[\d -]{5,22}[\dXx])"),
    rule("SSN", rf"(?i)(?<!\w)(?:{_OTHER_ID})[^\d\n]{{0,20}}(?P<it>[A-Z]{{0,2}}\d[\d -]{{4,20}}\d)"),
    rule(
        "SSN",
        rf"(?i)(?<![a-z]){_ID_CUE}(?![a-z])[^\d\n;]{{0,30}}?(?<![A-Za-z0-9])(?P<it>(?:(?-i:[A-Z]{{1,5}})[ -]?|[A-Z]{{1,4}}[ -]?)?\d(?:[ ./-]{{0,2}}(?:\d|(?-i:[A-Z])(?![a-z]))){{4,22}})",
        _id,
    ),
    rule("IBAN", rf"(?i)(?<![a-z]){_BANK_CUE}(?![a-z])[^\d\n;]{{0,20}}?(?P<it>(?-i:[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{2,4}}){{3,8}})|\d(?:[ ./-]{{0,2}}\d){{4,25}})"),
)  # fmt: skip
_IBAN_START = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}[ -]?\d[ -]?\d")


def ibans(text: str) -> Iterator[Span]:
    """IBANs with right check digits, in any grouping, over line ends too."""
    for start in _IBAN_START.finditer(text):
        length = checks.IBAN_LENGTH.get(start[0][:2].upper(), 0)
        taken, at, gap = "", start.start(), 0
        while at < len(text) and len(taken) < length and gap <= 3:
            char = text[at]
            if char.isascii() and char.isalnum():
                taken, gap = taken + char, 0
            elif char in " .-\n\t/":
                gap += 1
            else:
                break
            at += 1
        whole = at == len(text) or not (text[at].isascii() and text[at].isalnum())
        if length and whole and checks.iban(taken):
            yield start.start(), at, "IBAN"
