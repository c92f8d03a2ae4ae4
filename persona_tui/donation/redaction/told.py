"""Secrets that people tell in words: what a password, PIN or code *is*, wherever it stands in the clause.

The cue ("mot de passe", "door code") is looked for first, then the value after it: within one
clause, behind a word that says "is", a sign, quotes, or at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.lexicon import is_given, is_plain
from persona_tui.donation.redaction.rules import Span
from persona_tui.donation.redaction.wordlists import words


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


_NET = r"(?:wi-?fi|wlan|wireless|router|network|hotspot|netzwerk|internet|wpa2?|fritz!?box|box|red|reseau|rete|sieci)"
_PASS = re.compile(
    r"(?i)(?<![a-z])(?:(?:[a-z]{1,20}[_-])?(?:pass ?words?|passwd|pwd|pass ?phrase|pass ?code|passkey|passw|pass|pw|psw|psk|pword|p/w)|passwoerter|passworter|[a-z]{0,16}?(?:passwort|passwoord|wachtwoord|kennwort)|parool|zugangsdaten|log-?in ?daten|mots? de passe|mdp|code secret|contra(?:sena|senya)|contrasenia|clave|wachtwrd|ww|hasl[oaem]{1,2}|senhas?|palavra-passe|geslo|lozink[aue]|sifr[aue]|sifre(?:m|si|niz)?|parol[ae]?|heslo|losen(?:ord)?(?:et)?|adgangskoden?|kodeord(?:et)?|passord(?:et)?|salasana|jelszo|parola|kata sandi|mat khau"
    rf"|{_NET}[ -]?(?:key|code|pin|schlussel|sleutel)|(?:cle|code|clave|chiave|chave|klucz|haslo)(?: de securite)? (?:du |de la |de |del |do |da |della |di )?{_NET}|(?:security|network|access|sicherheits|netzwerk)[ -]?(?:key|schlussel)|sicherheitsantwort|answer to (?:my|the) (?:security|secret) question|security (?:answer|question)|secret (?:answer|word)|safe ?word|(?<=, )(?:key|schlussel|cle|clave|chiave|sleutel|klucz)(?=\s?:)"
    r"|credentials?|creds|identifiants|inloggegevens|anmeldedaten|dane logowania)(?![a-z])"
    rf"|密码|密碼|口令|パスワード|パス(?!ポート|タ|ワ|ト|カ)|合言葉|비밀번호|비번|암호|패스워드|{_folded('пароль|пароля|паролем|паролю|пасс|كلمة المرور|كلمة السر|كلمه السر|الباسورد|باسورد|باسوورد|الرقم السري|पासवर्ड|סיסמה|סיסמא|הסיסמה|κωδικός|κωδικος|συνθηματικό|รหัสผ่าน|รหัส|গোপন নম্বর')}"
)
_CODE = re.compile(
    r"(?i)(?<![a-z])(?:(?:my|our|the|his|her|mum'?s|mom'?s|dad'?s|mein|meine|die|der|la|le|il|el|o|de|mijn|moj|mon|card|phone|sim|atm|bank|debit|new|old|alarm)[ -]pins?(?: ?(?:code|number|nummer))?|(?-i:PINs?|PUK|TAN|OTP|CVV2?|CVC2?)(?:[ -]?(?:code|nummer|number))?|pin[ -]?(?:codes?|number|nummer|kod)|puk|geheimzahl|otp|tan-?nummer|cvv2?|cvc2?|csc|security code|(?:kartenpruf|pruf)(?:ziffer|nummer|zahl)n?|sicherheitscode|cryptogramme|code de securite|codigo de segur(?:idad|anca)|codice di sicurezza|kod cvv|(?:3|three|last) digits on the back"
    r"|(?:alarm|gate|door|entry|entrance|building|lock(?:box|er)?|safe|vault|access|unlock|key ?pad|key ?safe|garage|voice ?mail|sim|atm|phone|card|verification|security|one[- ]time|2fa|mfa|auth(?:entication|enticator)?|confirmation|sms|gym|bike lock|bike|padlock|suitcase|luggage|intercom|wifi|tablet|ipad|iphone|laptop|screen|parental(?: controls?)?|disarm|activation|invite|meeting|zoom|backup|recovery|reset|emergency|pairing|house|front door|back door|shed|pool|office|apartment|flat|airbnb|smart ?lock|telefonbanking|online-?banking|tresor|safe)[ -]?(?:codes?|pins?|combo|combination|passcode|number)"
    r"|(?:alarm|tur|haustur|tor|zugangs|zugriffs|garagen|tresor|schloss|aktivierungs|bestatigungs|sicherheits|sperr|entsperr|freischalt|wlan|handy|sim|ersatz|wiederherstellungs|geheim)-?(?:codes?|kode|pin|kombination|zahl)|digicode|combination|combo|zahlenkombination|code (?:d'acces|de la porte|de l'immeuble|du portail|de (?:la |ma |sa )?carte(?: bleue| bancaire)?|de l'alarme|de l'interphone|du coffre|de validation|de verification|pin|wifi|sim|bancaire|d'entree|de deverrouillage|du cadenas)"
    r"|(?:codigo|clave|pin)s? (?:de |del |da |do )(?:la |el |los |las )?(?:alarma|puerta|entrada|acceso|verificacion|seguridad|portal|tarjeta|caja fuerte|candado|garaje|movil|portao|alarme|predio|cofre|cartao|confirmacion|acesso|porta)|codigo (?:pin|secreto)|codice (?:dell'allarme|del portone|del cancello|della cassaforte|pin|di accesso|d'accesso|di sblocco|di verifica|della porta)|(?:deur|toegangs|alarm|pin|kluis|poort|sleutelkluis|verificatie|ontgrendel)-?code|kod(?:u|em)? (?:do (?:domofonu|drzwi|bramy|alarmu|sejfu|furtki|klatki)|pin|alarmu|dostepu|blokady)|kljucna koda|pin koda|portkod|dorrkod|dorkode|ovikoodi|kapukod"
    r"|back-?up codes?|recovery codes?|one-time (?:codes?|passwords?)|codes? de (?:secours|recuperation)|codigos? de (?:respaldo|recuperacion)|wiederherstellungscodes?|backupcodes?)(?![a-z])"
    rf"|暗証番号|PIN ?コード|認証コード|確認コード|取款密码|门禁密码|门锁密码|支付密码|验证码|驗證碼|门禁码|안심번호|인증번호|현관 ?비번|{_folded('пин|пин-код|пинкод|код|кода|код от домофона|رمز|الرمز|رمز الدخول|الكود|पिन|קוד|קוד הכניסה|κωδικός|κωδικός συναγερμού')}"
)
_IS = words(
    "is was = : are be ist war lautet heisst sind est etait c'est cest es era son e eh e' sono sao to jest je ar er on este eto as was's is: becomes became remains stays isn't "
    "-> => ~ like called namely i.e. als comme como come jako set changed reset it's its thats that's"
) | frozenset(
    one for one in _folded("это|هو|هي|הוא|היא|है|είναι|คือ|は|が|是|为|為|은|는|이|가").split("|")
)
"""Words behind which the value stands."""
_TECH = re.compile(
    r"(?i)(?:string|str|text|varchar\S{0,8}|bytes|optional|none|null|nil|undefined|true|false|required|hash(?:ed)?|bcrypt\w?|argon2\w{0,3}|scrypt|pbkdf2|sha-?\d{1,3}\w{0,6}|md5|sha256sum|utf-?8\w{0,3}|base64|aes-?\d{0,3}\S{0,8}|rsa-?\d{0,4}|ed25519|wpa[23]?(?:[-/]\w{1,6}){0,3}|wep|oauth2?(?:\.0)?|2fa|mfa|fido2|kerberos|ldaps?|\*{2,64}|x{3,64}|\.{2,64}|<\S{1,60}|\$\S{1,60}|%\S{1,40}|\{\S{1,60}|\[\S{1,60}"
    r"|(?:process|os|self|args|config|settings|env|this|request|req|form|user|data|app|ctx|props|state)\.\S{1,60}|changeme|password\d{0,3}|passwort|secret|hunter2|\S{0,60}\(\S{0,60}|win(?:dows)?-?\d{1,2}|ios-?\d{1,2}|v\d{1,3}(?:\.\d{1,3}){0,3}|\d{1,3}(?:st|nd|rd|th)-\w{1,12}|\d{1,3}(?:st|nd|rd|th|x|k|mb|gb|kb|bit|bits|chars?|days?|min|mins|hours?|am|pm|h)|\d{1,2}[:.]\d{2}(?:am|pm)?|[a-z]{1,20}/[a-z]{1,20}(?:/[a-z]{1,20}){0,4}|[a-z]{1,24}(?:-[a-z]{1,24}){1,5}|\S{1,60}\.(?:py|js|ts|php|html?|json|ya?ml|txt|conf|cfg|ini|env|sh|log|db|kdbx|pdf|zip|docx?|xlsx?|com|org|net|de|io)|\w{1,40}(?:\.\w{1,40}){2,6}|https?:\S{1,200}|/\S{1,120}|--?[a-z]\S{0,40}|[a-z_]{1,40}=\S{1,60}|n/a|iphone\d{0,2}|\d{1,4}(?:-\d{1,4})?%|[a-z]{1,30}(?:_[a-z]{1,30}){1,4}|[A-Z]{2,20}(?:_[A-Z]{1,20}){1,4})"
)
"""What is written with signs and digits and is no password: types, versions, files, code."""
_TOKEN = re.compile(r"[^\s、。，「」『』“”„«»]{1,80}")
_CLAUSE = re.compile(r"[.!?;](?=\s|$)|\n|。|！|？")
_CUT = " \t\"'`*_()[]{}<>.,;:!?，。、：…"
_QUOTED = re.compile(r"[\"'`「『“„«](?P<it>[^\"'`\n「」『』“”„«»]{3,64})[\"'`」』”“»]")
_CODE_VALUE = re.compile(
    r"(?i)[#*]?(?=[a-z-]{0,4}\d)(?:\d{3,8}|[A-Z0-9]{4,8}|\d{1,4}(?:[ -]\d{1,4}){1,3}|[A-Z0-9]{3,6}(?:-[A-Z0-9]{3,6}){1,4})[#*]?"
)
_LIST = re.compile(
    r"(?:\s{0,2}(?:,|;|/|\||\n|and|und|et|y|e)\s{0,4}|\s{1,2}(?:\d{1,2}[.)] ?)?)(?P<it>(?=[A-Za-z]{0,7}\d)[A-Za-z0-9]{3,8}(?:[ -](?=[A-Za-z]{0,7}\d)[A-Za-z0-9]{3,8}){0,3})(?!\w)"
)
_MANY = re.compile(r"(?i)(?:codes|codigos)$")
_GLYPH = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_AFTER = re.compile(
    r"(?i)(?<!\S)[\"'`(]{0,2}(?P<it>[^\s\"'`()]{5,64}?)[\"'`)]{0,2},? (?:is|was|as|ist|war|est|es|e|to|jest|for|als|comme|como|come|\(?(?:that's|which is|it's)) (?:still |now |mein |meine |my |our |the |her |his |mon |le |mi |la |il |mio |minha |moje |mijn |das )?(?:[a-z-]{2,14} )?(?:password|passwort|kennwort|pass|pw|pwd|passcode|mot de passe|mdp|contrasena|clave|password|parola|wachtwoord|haslo|senha|geslo)\b(?! (?:manager|hash|reset|field|policy|protected|for (?:a|an)\b))"
)
_PAIR = re.compile(
    r"(?i)(?:\bauth|credentials?|login|basic_?auth|userpass|httpbasicauth)\s{0,2}[=:(]{1,2}\s{0,2}\(?\s{0,2}[\"'](?P<user>[^\"'\s]{2,60})[\"']\s{0,2},\s{0,2}[\"'](?P<it>[^\"'\s]{3,64})[\"']"
)
_SLASHED = re.compile(
    r"(?i)(?<![a-z])(?:log-?in|logon|router|nas|vpn|portal|logged in|sign in|credentials?|creds|user(?:name)?|account|zugang(?:sdaten)?|anmeld(?:edaten|ung|en)|eingeloggt|acceso|accesso|identifiants?|inlog(?:gegevens)?|acc|konto|compte|cuenta)(?![a-z])[^\n.!?;]{0,60}?[\s:\"'(](?P<user>[A-Za-z0-9_][\w.@+-]{1,60}) ?(?:/|\||:|,? (?:and|und|et|y|e|with|mit|avec|con)) ?(?P<it>[^\s/|,;\"'()]{4,64})"
)
_SEED = re.compile(
    r"(?i)\b(?:(?:seed|recovery|mnemonic|secret|wallet|backup)[ -]?(?:phrase|words?|seed)?|(?:12|24|twelve|twenty-four)[ -]words?(?: phrase)?|mnemonic|wiederherstellungsphrase|phrase (?:de recuperation|secrete|mnemonique)|frase (?:semilla|di recupero|de recuperacion)|herstelzin)\b[^\n]{0,50}?"
    r"(?P<it>(?<![a-z])(?:(?:\d{1,2}[.):] ?)?[a-z]{3,8}[ ,]{1,2}){11,23}(?:\d{1,2}[.):] ?)?[a-z]{3,8})"
)
_SETTING = re.compile(
    r"(?i)(?<![a-z0-9])(?:[a-z0-9]{1,20}[_.-]){0,4}(?:pass(?:word|wd|phrase|code)?|pwd|psk|secret|requirepass|wpa_passphrase)\s{0,2}(?:[=:]|=>|:=)\s{0,2}[\"']?(?P<it>[^\s\"'`<>{}()\[\],;&$%]{4,64})"
)
_IDENTIFIED = re.compile(
    r"(?i)\b(?:identified by|requirepass|wpa-psk|with password|set password(?: for [^\n=]{1,40})? ?=) [\"']?(?P<it>[^\s\"'`<>{}()$%;]{4,64})"
)


def told(text: str) -> Iterator[Span]:
    """Every secret in folded ``text`` that some words call one, and the user name beside it."""
    for cue in _PASS.finditer(text):
        if not _compound(text, cue):
            yield from _value(text, cue.end())
    for cue in _CODE.finditer(text):
        yield from _code(text, cue)
    for pattern in (_PAIR, _SLASHED):
        for match in pattern.finditer(text):
            fits = _strong(match["it"]) and re.search(r"[\d!#$%&*+=?@^~|]", match["it"])
            if pattern is _PAIR or (
                fits
                and not _TECH.fullmatch(match["user"])
                and (match["user"] in ("admin", "root") or not is_plain(match["user"]))
            ):
                start, end = _stripped(text, *match.span("it"))
                yield start, end, "SECRET"
                if "@" not in match["user"]:
                    yield *match.span("user"), "USERNAME"
    for match in _AFTER.finditer(text):
        if _strong(match["it"]):
            yield *match.span("it"), "SECRET"
    for pattern in (_SETTING, _IDENTIFIED):
        for match in pattern.finditer(text):
            if _marked(match["it"]) and not _TECH.fullmatch(match["it"]):
                yield *_stripped(text, *match.span("it")), "SECRET"
    yield from _seeds(text)


def _compound(text: str, cue: re.Match[str]) -> bool:
    """ "password manager", "reset-password": the thing, not its value; "login" alone is a verb too."""
    return bool(
        re.match(
            r"(?i)[ -](?:manager|hash\w{0,4}|reset|field|input|policy|policies|strength|generator|protected|less|rules?|requirements?|length|prompt|dialog|vault|through|es\b|port\b)",
            text[cue.end() : cue.end() + 16],
        )
    )


def _value(text: str, at: int) -> Iterator[Span]:
    """The password in the clause that goes on ``at``."""
    stop = _CLAUSE.search(text, at, at + 110)
    end = stop.start() if stop else min(len(text), at + 110)
    if stop and text[at:end].strip(" :") == "" and text[end] == "\n":
        end = min(len(text), end + 60)
    said, count = False, 0
    if _GLYPH.search(text, max(0, at - 1), at + 2):
        run = re.compile(r"[^\x21-\x7e\n。]{0,16}(?P<it>[\x21-\x7e]{4,64})").match(text, at)
        if run and _marked(run["it"]):
            yield *_stripped(text, *run.span("it")), "SECRET"
        return
    quoted = _QUOTED.search(text, at, end)
    for token in _TOKEN.finditer(text, at, end):
        raw = token[0]
        start, last = _stripped(text, token.start(), token.end())
        value = text[start:last]
        count += 1
        if raw.strip(_CUT).casefold() in _IS or raw in (":", "=", "-", "->", "=>", "/"):
            said = True
            continue
        if raw[-1] in ":=" and not _strong(value):
            said = True
            continue
        if not value or ("@" in value[1:-1] and "." in value):
            continue
        glued = text[token.start() - 1 : token.start()] in (":", "=", "/") or raw[0] in ":=/"
        if _TECH.fullmatch(value):
            said = said and raw[-1] not in ",:"
            continue
        if (said or glued or count == 1) and (
            _strong(value) or (said and re.fullmatch(r"\d{4,12}", value))
        ):
            yield start, last, "SECRET"
            more = re.compile(
                r"(?i)\s{0,2}(?:,|/|or|and|oder|und|ou|et|o|y|then|not)\s{1,2}[\"'`]?(?P<it>[^\s\"'`,;()]{5,64})"
            ).match(text, last)
            if more and _strong(more["it"]):
                yield *_stripped(text, *more.span("it")), "SECRET"
            return
        if (said or count == 1) and quoted and quoted.start("it") <= start < quoted.end("it"):
            yield *quoted.span("it"), "SECRET"
            return
        if said and count > 9:
            return


def _code(text: str, cue: re.Match[str]) -> Iterator[Span]:
    """The code in the clause after ``cue``: digits, or letters and digits."""
    at = cue.end()
    stop = _CLAUSE.search(text, at, at + 80)
    end = stop.start() if stop else min(len(text), at + 80)
    if _GLYPH.search(text, max(0, at - 1), at + 2):
        run = re.compile(r"[^\d\n。]{0,8}(?P<it>\d{3,8})(?!\d)").match(text, at)
        if run:
            yield *run.span("it"), "SECRET"
        return
    said = False
    for count, token in enumerate(_TOKEN.finditer(text, at, end)):
        start, last = _stripped(text, token.start(), token.end())
        value = text[start:last]
        if token[0].strip(_CUT).casefold() in _IS or token[0] in (":", "=", "-"):
            said = True
            continue
        if token[0][-1] in ":=":
            said = True
            continue
        if re.fullmatch(r"\d{1,2}[.)]", token[0]):
            continue
        if token[0][-1] in "#*" and last < token.end():
            last = token.end()
            value = text[start:last]
        fits = _CODE_VALUE.fullmatch(value) and not _TECH.fullmatch(value)
        if (
            fits
            and (said or count < 2 or (value.isdigit() and count < 4))
            and not _street(text, last, said)
        ):
            listed = re.compile(r"\d{2,4}(?:[ -]\d{2,4}){1,3}(?!\w)").match(text, start)
            last = max(last, listed.end()) if listed else last
            yield start, last, "SECRET"
            if _MANY.search(cue[0]) or listed:
                yield from _listed(text, last)
            return


def _street(text: str, end: int, said: bool) -> bool:
    """ "the door code at 33 Marlpit Hill is": the number of a house."""
    return not said and bool(re.match(r",? [A-Z][a-z]", text[end : end + 4]))


def _listed(text: str, end: int) -> Iterator[Span]:
    for _ in range(20):
        more = _LIST.match(text, end)
        if more is None or not re.search(r"\d", more["it"]) or re.search(r"[a-z]{3}", more["it"]):
            return
        end = more.end()
        yield *more.span("it"), "SECRET"


def _seeds(text: str) -> Iterator[Span]:
    """Twelve to twenty-four words of a wallet."""
    for match in _SEED.finditer(text):
        some = re.findall(r"[a-z]{3,8}", match["it"].lower())
        commas = "," in match["it"]
        small = sum(one in _SMALL for one in some)
        if small * 5 > len(some) or (commas and match["it"].count(",") < 8):
            first = re.match(r"(?i)[a-z]{3,8}(?: [a-z]{3,8}){11,23}(?=[,.;:!?\n])", match["it"])
            if first and not sum(one in _SMALL for one in first[0].lower().split()) * 5 > 12:
                yield match.start("it"), match.start("it") + first.end(), "SECRET"
            continue
        yield *match.span("it"), "SECRET"


_SMALL = words(
    "the and for are was were not with has have had his her your our but does did why how what when where that this these those from they them been into get got can will"
)


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    """Without quotes, brackets and the clause's own signs around; a password's last "!" stays."""
    while start < end and text[start] in "\"'`*([{<:=，。、：":
        start += 1
    while end > start and text[end - 1] in "\"'`)]}>.,;:?，。、：…":
        end -= 1
    return start, end


def _marked(value: str) -> bool:
    """Letters with digits, signs or inner capitals."""
    letters = re.search(r"[^\W\d_]", value)
    return len(value) >= 4 and bool(
        re.search(r"\d", value)
        or (letters and re.search(r"[!#$%&*+=?@^_~|]", value[:-1]))
        or re.search(r"[a-z][A-Z]", value)
    )


def _strong(value: str) -> bool:
    """What nobody writes but as a password: of two kinds of characters at least, and not code."""
    if len(value) < 5 or _TECH.fullmatch(value):
        return False
    digit, sign = (
        re.search(r"\d", value),
        re.search(r"[!#$%&*+=?@^_~|-]", value[1:-1] if len(value) > 2 else ""),
    )
    letters = re.search(r"[^\W\d_]", value)
    inner = re.search(r"[a-z][A-Z]", value) and not is_plain(
        re.split(r"(?<=[a-z])(?=[A-Z])", value)[0]
    )
    if not letters:
        return bool(digit and sign) and not re.fullmatch(r"[\d./:+-]{1,64}", value)
    parts = [one for one in re.split(r"[\W_]+", value) if one]
    named = all(is_plain(one) or is_given(one) for one in parts) and "-" in value and not digit
    return bool((digit or sign or inner) and not named)
