"""Telephone numbers: what looks like one is asked of phonenumbers, country by country."""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.checks import digits
from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.rules import Span

REGIONS = (
    "US", "GB", "DE", "FR", "NL", "AT", "CH", "BE", "IT", "IE", "JP", "AU", "SI", "SE", "FI", "IN", "ZA", "ES", "PL", "PT",
    "CZ", "DK", "NO", "BR", "MX", "CA", "NG", "KE", "GH", "CN", "AR", "CO", "CL", "PE", "NZ", "KR", "TR", "RU", "UA", "EG", "PK", "ID", "PH", "MY", "TH", "VN",
    "RO", "HU", "GR", "HR",
)  # fmt: skip
"""Whose national numbers are known; international ones are of any country."""
_CANDIDATE = re.compile(
    r"(?<![A-Za-z0-9_.,=#$%*^€£+/-])(?:\+[ ]?|00)?[(]?\d(?:[ ().\-/]{0,3}\d){5,15}(?![A-Za-z0-9_%]|[.,]\d|-[A-Za-z0-9])"
)
_OTHER = "|".join(
    re.escape(fold(one).text).replace(r"\ ", " ")
    for one in [
        "телефон",
        "тел",
        "номер",
        "звоните",
        "позвони",
        "моб",
        "мобильный",
        "дзвоніть",
        "رقم",
        "هاتف",
        "هاتفي",
        "جوال",
        "جوالي",
        "موبايل",
        "تلفون",
        "اتصل",
        "واتساب",
        "फोन",
        "नंबर",
        "मोबाइल",
        "טלפון",
        "נייד",
        "τηλέφωνο",
        "κινητό",
        "โทร",
        "เบอร์",
    ]
)
_CUE_BEFORE = re.compile(
    r"(?i)(?:phone|tel\.?|tele(?:ph|f)on\w{0,3}|mobil\w{0,5}|cell\w{0,4}|fax|call|dial|text me|ring|reach|whatsapp|signal|sms|viber|handy|ruf|anruf\w{0,4}"
    r"|rufnummer|portable|appel\w{0,4}|joindre|numero|movil|llam\w{0,4}|bel me|bellen|nummer|number|numer|komork\w{0,3}|zadzwon|cellulare|telemovel|celular"
    r"|toll-free|hotline|desk|extension|電話\S{0,3}|携帯\S{0,2}|\bme on|\bme at"
    r"|land ?line|home|work|office|direct|emergency contact|\bno\.|\bnr\.?|ext\.|pager|beeper|imessage|facetime|telegram|zalo|wechat|line id|contact|festnetz|dienstlich|privat|erreich\w{0,5}|fixe|domicile|fijo|fixo|fisso|casa|oficina|trabajo|telefon\w{0,3}|tlf|tfn|tfno|cel|fone|zap|whats|wpp|zadzwo\w{0,3}|komorka|stacjonarny|dzwon\w{0,3}"
    r"|mobiel\w{0,2}|vaste? (?:lijn|nummer|telefoon)|thuis|gsm|puhelin|mobilnummer|telefonnummer|telefono|recapito|chiam\w{0,4}|lig(?:a|ue|ar)|me chama|liga-me|pokli\w{0,3}|stevilka|nomor|hp|telpon|dien thoai|sdt|so dt|telepon|cep telefonu|ara(?:yin)?"
    r"|手机\S{0,3}|手機\S{0,3}|电话\S{0,3}|電話\S{0,3}|座机\S{0,2}|号码\S{0,2}|番号\S{0,2}|联系方式\S{0,2}|打给我|전화\S{0,4}|번호\S{0,3}|연락처\S{0,3}|휴대폰\S{0,4}|핸드폰\S{0,4}"
    rf"|{_OTHER})\W{{0,3}}(?:\w{{1,12}}\W{{1,3}}){{0,4}}$"
)
_CUE_AFTER = re.compile(
    r"(?i)[\s(,-]{1,3}(?:\((?:home|work|cell|mobile|office|m|c|h|w)\)|is (?:my|the|our|his|her) (?:new |old |work |home |cell |mobile |phone )?(?:number|cell|phone|mobile)|(?:home|work|cell|mobile|landline|office)\b|ist meine|c'est mon|es mi (?:numero|movil|telefono|celular)|e il mio|e o meu)"
)
_LINKED = re.compile(
    r"(?i)[\s,;/|()]{0,3}(?:(?:and|or|und|oder|et|ou|y|o|e|of|en|i|lub|ali|also|else|then|otherwise|after|if not|sinon|sonst|si no|anders|at|on|in|the|a|al|auf|sur|my|mein|mon|mi|not|work|home|mobile|cell|landline|office|night|nights|day|days|evenings?|weekends?|mornings?|dem|dom|fijo|movil|fixe|portable|festnetz|handy|thuis|werk)\b[\s,:;()]{0,3}){0,6}$"
)
_CJK = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_NOT_PHONE = re.compile(
    r"(?i)(?<![a-z])(?:isbn(?:-1[03])?|issn|doi|ean|upc|sku|order|invoice|ticket|case|ref\w{0,6}|tracking|serial|build|commit|rfc|port|pid|id|uid|line|"
    r"divide|multiply|sum of|bytes|population|row|epoch|timestamp|seed)\b[^\d\n]{0,14}$"
)
_EXTENSION = re.compile(r"(?i),? ?(?:ext|extension|x|durchwahl|dw|poste)\.? ?\d{1,5}(?!\w)")
_US = re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}")


def phones(text: str) -> Iterator[Span]:
    """Every telephone number in folded ``text``."""
    last = -1
    for match in _CANDIDATE.finditer(text):
        lead = text[max(0, match.start() - 60) : match.start()]
        tail = text[match.end() : match.end() + 40]
        linked = (
            last >= 0
            and match.start() - last <= 60
            and bool(_LINKED.fullmatch(text, last, match.start()))
        )
        if _is_phone(match[0], lead, tail, linked):
            more = _EXTENSION.match(text, match.end())
            last = more.end() if more else match.end()
            yield match.start(), last, "PHONE"


def _is_phone(candidate: str, lead: str, tail: str, linked: bool) -> bool:
    number = digits(candidate)
    if not 7 <= len(number) <= 15 or _looks_otherwise(candidate) or _NOT_PHONE.search(lead):
        return False
    if candidate.startswith(("+", "00")):
        return _possible("+" + (number.removeprefix("00") if candidate[0] == "0" else number))
    if linked or _CUE_BEFORE.search(lead) or _CUE_AFTER.match(tail):
        return True
    if re.search(r"\d{3}-\d{2}-\d{4}", candidate):
        return False
    if _US.fullmatch(candidate):
        return _valid(number, ("US",)) or "(" in candidate
    if re.fullmatch(r"1[3-9]\d[ -]?\d{4}[ -]?\d{4}", candidate):
        return bool(_CJK.search(lead[-8:] + tail[:8])) and _valid(number, ("CN",))
    if re.fullmatch(r"\(\d{2,4}\) ?\d{3,5}[ -]\d{3,4}", candidate):
        return _valid(number, ("BR", "MX", "AR", "AU", "CO", "PH"))
    # Without a plus, brackets or a word before it, only numbers with the national prefix: others are amounts.
    return number[0] == "0" and len(number) >= 9 and _valid(number, REGIONS)


def _looks_otherwise(candidate: str) -> bool:
    """Whether it is a date, a decimal, an amount with separators, or digits one by one."""
    groups = re.findall(r"\d+", candidate)
    return bool(
        re.fullmatch(
            r"\d{1,2}[./ -]{1,2}\d{1,2}[./ -]{1,2}\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}(?: \d{2})?",
            candidate,
        )
        or re.fullmatch(r"\d{1,20}\.\d{1,20}|\d{1,3}(?:\.\d{3}){2,5}", candidate)
        or sum(len(group) == 1 for group in groups) > 3
        or (re.search(r" [-/] ", candidate) and not candidate.startswith("0"))
        or len(set(digits(candidate))) == 1
        or _isbn(candidate)
    )


def _isbn(candidate: str) -> bool:
    """Whether it is a book's number: ten digits in four groups, or thirteen from 978 or 979."""
    number = digits(candidate)
    if len(number) == 13:
        return number.startswith(("978", "979"))
    grouped = re.fullmatch(r"\d{1,5}[- ]\d{1,7}[- ]\d{1,7}[- ]\d", candidate) and len(number) == 10
    return bool(grouped) and sum(int(char) * (10 - at) for at, char in enumerate(number)) % 11 == 0


def _possible(number: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return False


def _valid(number: str, regions: tuple[str, ...]) -> bool:
    import phonenumbers

    for region in regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number_for_region(parsed, region):
            return True
    return False
