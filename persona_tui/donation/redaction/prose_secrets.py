"""Passwords and codes as people mention them: "user ana pass kitten7", "the alarm code is 4471"."""

from __future__ import annotations

import re

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.lexicon import is_plain
from persona_tui.donation.redaction.rules import Rule, found, rule


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


_CUE = r"(?:pass ?words?|passwd|pwd|pass|pw|psw|passwort|kennwort|mot de passe|mdp|contrasena|clave|wachtwoord|ww|haslo|senha|palavra-passe|geslo|lozinka|sifra|sifre|parola|parola d'ordine|heslo|losenord|adgangskode|kodeord|passord|salasana|jelszo|kata sandi|mat khau)"
_OTHER_CUE = rf"(?:密码|密碼|口令|パスワード|パス|暗証番号|비밀번호|비번|암호|{_folded('пароль|пасс|كلمة المرور|كلمة السر|الرقم السري|पासवर्ड|סיסמה|κωδικός|κωδικος|รหัสผ่าน')})"
_VALUE = r"[\"'`]?(?P<it>[^\s\"'`<>(){}\[\]]{3,64}?)(?=[\"'`]?(?:[.,;:!?)]{0,2}(?:\s|$)|[、。，]))"
_TYPES = re.compile(
    r"(?i)(?:string|str|text|varchar|bytes|optional|none|null|nil|undefined|true|false|required|empty|missing|wrong|invalid|incorrect|reset|expired|hidden|field|input|label|hash(?:ed)?|bcrypt|argon2|sha-?\d{1,3}|md5|protected|manager|less|word|phrase|through|filter|band|the|by|to|in|on|over|out|away|grade|rate|for|and|my|your\S{0,20}|is|not|a|an|it|nicht|vergessen|oublie|olvidada|\*{2,64}|x{3,64}|\.{2,64}|<\S{1,60}|\$\S{1,60}|%\S{1,40}|process\.\S{1,60}|os\.\S{1,60}|self\.\S{1,60}|args\.\S{1,60}|config\.\S{1,60}|settings\.\S{1,60}|env\.\S{1,60}|changeme|password\d{0,3}|passwort|secret|hunter2)"
)
_CODED = r"(?:alarm|gate|door|front ?door|entry|entrance|lock(?:box|er)?|safe|pin|access|unlock|key ?pad|garage|voice ?mail|sim|puk|atm|phone|bank|card|debit card|verification|security|one-time|otp|2fa|auth|confirmation|building|gym|suitcase|bike lock|padlock|intercom|key ?safe|wifi|tablet|ipad|iphone|alarmanlagen?|tur|tresor|haustur|zugangs|karten|ec-karten|handy|sperr)"
_CODE_CUE = (
    rf"(?:(?:{_CODED}[ -]?){{1,2}}(?:codes?|pins?|combo|combination|number|nummer|geheimzahl)|(?-i:PIN|PUK|OTP|TAN)(?:[ -]?(?:code|nummer|number))?|pin[- ]?codes?|combination|geheimzahl|turcode|alarmcode|zugangscode"
    r"|digicode|code (?:d'acces|de la porte|de l'immeuble|du portail|secret|de la carte|de l'alarme|pin|wifi|sim|bancaire|d'entree)|codigo (?:de (?:la |el )?(?:alarma|puerta|entrada|acceso|verificacion|seguridad)|del portal|pin|secreto)|clave (?:de la alarma|del portal|de la tarjeta|de acceso)|pincode|deurcode|toegangscode|alarm ?code|kod (?:do (?:domofonu|drzwi|bramy|alarmu)|pin|alarmu)|codice (?:dell'allarme|del portone|pin|del cancello)|codigo do (?:portao|alarme|predio)|kljucna koda|koda)"
)


def _secret(match: re.Match[str]) -> bool:
    return not _TYPES.fullmatch(found(match))


def _marked(match: re.Match[str]) -> bool:
    """A word with a digit or sign, or with capitals inside: no prose."""
    value = found(match)
    mark = re.search(r"[\d!#$%&*+=?@^_~|]", value) or re.search(r"[a-z][A-Z]", value)
    return (
        bool(mark)
        and _secret(match)
        and not re.fullmatch(r"\d{1,2}[%.]?|\d{1,3}(?:\.\d{1,3}){1,3}", value)
    )


def _last_of_line(match: re.Match[str]) -> bool:
    """``Passwort: sonnenblume`` and nothing after it."""
    return _secret(match) and (not is_plain(found(match)) or len(found(match)) > 5)


RULES: tuple[Rule, ...] = (
    rule("SECRET", rf"(?i)(?<![\w-]){_CUE}(?:\s?[:=]\s{{0,3}}|\s(?:is|was|ist|war|est|es|e|to|jest|je|ar|er)\s:?\s?|,?\s|\s?-\s?|\s?/\s?){_VALUE}", _marked),
    rule("SECRET", rf"(?i)(?<![\w$.-])(?:(?:my|our|the|wifi|wi-fi|wlan|mein|das|mon|ma|le|mi|la|mijn|het|moje|minha|a|mio|mia)\s(?:\w{{1,12}}\s){{0,2}})?{_CUE}\s?:\s{{0,3}}[\"'`]?(?P<it>[^\s\"'`<>(){{}}\[\],;$%]{{4,64}}?)(?=[\"'`]?[.!)]?\s{{0,3}}(?:\n|$|[,;/|]|and\b|und\b|et\b|y\b))", _last_of_line),
    rule("SECRET", rf"{_OTHER_CUE}(?:は|是|为|為|:|：|이|은|는|가)?\s?[:：]?\s?[\"'「]?(?P<it>[A-Za-z0-9!#$%&*+=?@^_~|.-]{{4,64}}[A-Za-z0-9!#$%&*+=?@^_~|])", _secret),
    rule("USERNAME", rf"(?i)(?<![\w-])(?:user|usr|login|username|benutzer|usuario|utilisateur|identifiant|gebruiker|utente)(?:name)?(?:\s?[:=]\s?|\s(?:is\s)?)[\"'`]?(?P<it>[A-Za-z0-9_][\w.@-]{{1,38}})[\"'`]?(?=,?\s(?:(?:and|with|und|et|y|mit|avec|con|/)\s)?(?:my\s|the\s)?{_CUE}\b)", _secret),
    rule("SECRET", rf"(?i)(?<![\w-])(?:user|usr|login|username|benutzer|usuario|utilisateur|identifiant|gebruiker|utente)(?:name)?(?:\s?[:=]\s?|\s(?:is\s)?)[\"'`]?[A-Za-z0-9_][\w.@-]{{1,38}}[\"'`]?,?\s(?:(?:and|with|und|et|y|mit|avec|con|/)\s)?(?:my\s|the\s)?{_CUE}(?:\s?[:=]\s?|\s(?:is\s)?)[\"'`]?(?P<it>[^\s\"'`]{{3,64}}[^\s\"'`.,;:)])", _secret),
    rule("SECRET", r"(?i)\b(?:curl|wget|http|https|httpie)\b[^\n|]{0,200}?\s(?:-u|--user|-a|--auth|--proxy-user)[ =]?[\"']?(?P<it>[^\s:\"'$]{1,64}:[^\s\"'$]{1,64})"),
    rule("SECRET", r"(?i)\b(?:mysql|mysqldump|mariadb|mongo(?:sh)?|psql)\b[^\n|]{0,120}?\s-p(?P<it>(?!\s|assword|ort\b|$)[^\s\"'$-][^\s\"'$]{2,64})", _marked),
    rule("SECRET", r"(?i)\b(?:sshpass -p|--password|--passwd|--pass|--token|--api-key|--secret|PGPASSWORD|MYSQL_PWD|MYSQL_ROOT_CUEWORD|POSTGRES_CUEWORD|REDIS_CUEWORD)[ =][\"']?(?P<it>[^\s\"'$<{(-][^\s\"'$<{(]{2,64})", _secret),
    rule("SECRET", rf"(?i)(?<![\w-]){_CODE_CUE}(?![\w])(?:[^\d\n.;]{{0,24}}?[\s:#=])(?P<it>[#*]?\d[\dA-F]{{2,7}}[#*]?(?:-\d{{2,4}}){{0,3}})(?![\w%-])(?!\.\d)"),
    rule("SECRET", rf"(?i)\bcode (?:for|to|of|zum|zur|fur|pour|para|voor|per|do) (?:the |my |our |unser\w{{0,3}} |die |das |le |la |el |il |o |a |de )?(?:{_CODED}|house|flat|apartment|office|garden|shed|elevator|lift|porte|portail|immeuble|puerta|portal|deur|portone|porta)(?:\s\w{{1,10}}){{0,2}}?\s?(?:is|ist|est|es|e|=|:)\s?(?P<it>[#*]?\d{{3,8}}[#*]?)(?!\w)"),
    rule("SECRET", r"(?:暗証番号|PIN ?コード|取款密码|门禁密码|验证码|비밀번호)[はが是为:：이은는 ]{0,3}(?P<it>\d{3,8})"),
)  # fmt: skip
