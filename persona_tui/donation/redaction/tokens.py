"""API keys and tokens of known vendors, private keys, passwords, and what stands behind "key:"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.checks import looks_random
from persona_tui.donation.redaction.rules import Rule, Span, found, rule

_B = r"(?<![A-Za-z0-9_-])"
_TOKENS = (
    r"sk-[A-Za-z0-9_-]{20,256}",  # OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-)
    r"gh[pousr]_[A-Za-z0-9]{20,255}", r"github_pat_\w{22,255}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|oas|imt|ffct)-[\w-]{20,255}(?:\.[\w-]{1,40}){0,2}",
    r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    r"AIza[\w-]{30,40}", r"ya29\.[\w-]{20,512}", r"GOCSPX-[\w-]{20,60}", r"1//0[\w-]{30,120}",
    r"xox[abeoprsc](?:\.xox[a-z])?-[\w-]{10,250}", r"xapp-[\w-]{10,250}",
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,255}", r"whsec_[A-Za-z0-9+/=]{20,100}",
    r"(?:hf|api_org)_[A-Za-z0-9]{20,100}", r"r8_[A-Za-z0-9]{30,60}", r"gsk_[A-Za-z0-9]{30,80}", r"pplx-[A-Za-z0-9]{30,80}",
    r"nvapi-[\w-]{30,100}", r"xai-[A-Za-z0-9]{30,120}", r"co_[A-Za-z0-9]{36,60}", r"tgp_v1_[\w-]{30,80}",
    r"npm_[A-Za-z0-9]{30,60}", r"pypi-[\w-]{40,300}", r"dckr_(?:pat|oat)_[\w-]{20,60}", r"rubygems_[0-9a-f]{40,60}", r"crates?_[A-Za-z0-9]{32}",
    r"SG\.[\w-]{16,40}\.[\w-]{16,60}", r"(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])", r"key-[0-9a-f]{32}", r"xkeysib-[0-9a-f-]{40,100}",
    r"\d{8,10}:[\w-]{35}(?![\w-])", r"[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,45}",
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}", r"do[opr]_v1_[0-9a-f]{40,80}", r"dapi[0-9a-f]{32}", r"lin_api_[A-Za-z0-9]{30,60}",
    r"fig[du]_[\w-]{30,60}", r"ATATT3[\w=-]{20,255}", r"ATCTT3[\w=-]{20,255}", r"EAA[A-Za-z0-9]{40,255}", r"NRAK-[A-Z0-9]{20,40}", r"sntrys_[\w+/=-]{30,255}",
    r"glsa_[\w]{30,60}", r"hvs\.[\w-]{20,120}", r"sq0(?:atp|csp)-[\w-]{20,60}", r"AGE-SECRET-KEY-1[A-Z0-9]{50,70}", r"secret_[A-Za-z0-9]{40,60}",
    r"eyJ[\w-]{6,4096}\.[\w-]{6,8192}(?:\.[\w-]{0,4096})?",  # JWT
    r"ssh-(?:rsa|ed25519|dss) AAAA[A-Za-z0-9+/=]{30,1200}",
)  # fmt: skip
_WORD_CUE = (
    r"(?:pass ?word|passwd|pwd|pass ?phrase|pass ?code|passwort|kennwort|zugangscode|mot de passe|mdp|code secret|contrasena|clave"
    r"|wachtwoord|haslo|senha|palavra-passe|geslo|zaporka|parola d'ordine|heslo|losenord|pw|(?:wifi|wi-fi) pass|パスワード|(?-i:PIN|Pin)(?:[ -]?code)?|pin code)"
)
_KEYISH = (
    r"(?:api[_ -]?keys?|apikey|secret(?:[_ -]?access)?(?:[_ -]?key)?|access[_ -]?key(?:[_ -]?id)?|client[_ -]?secret|[a-z]{0,12}[_ -]?token|bearer"
    r"|private[_ -]?key|encryption[_ -]?key|signing[_ -]?key|account[_ -]?key|secret[_ -]?key|session[_ -]?(?:id|key)|cookie|credentials?|auth(?:orization)?(?:: ?basic)?"
    r"|licen[sc]e[_ -]?key|recovery[_ -]?(?:code|key)|webhook|schlussel|cle(?: api| secrete)?|llave|sleutel|klucz)"
)
_IS = r"(?:\s{1,3}(?:is|was|ist|war|lautet|est|es|era|to|jest|e|=)\s{0,3}:?\s{0,3}|[\"']?\s{0,3}(?:[:=]|=>|は)\s{0,3})"
_NOT_VALUE = re.compile(
    r"(?i)(?:none|null|nil|undefined|true|false|str|string|text|varchar\S{0,8}|bytes|optional\S{0,30}|secretstr|any|int|char\S{0,8}|required|empty|missing|wrong|invalid|incorrect"
    r"|your\S{0,30}|my\S{0,30}|changeme|password|passwort|secret|token|here|not|the|too|very|a|an|in|on|stored|hashed|reset|expired|set|being|always|never"
    r"|nicht|falsch|zu|sehr|pas|trop|muy|no|incorrecta|oublie|xxx\S{0,30}|\*{3}\S{0,30}|\.{3}|<\S{0,60}|\$\S{0,60}|%\S{0,30}|\{\S{0,60}|\[\S{0,60}|\(\S{0,60}|`?process\.env\S{0,60}"
    r"|os\.\S{0,60}|self\.\S{0,60}|this\.\S{0,60}|config\S{0,60}|settings\S{0,60}|args\.\S{0,60}|env\S{0,60}|get\S{0,60}|input\S{0,60}|request\S{0,60}|form\S{0,60}|\S{0,60}\(\S{0,60})"
)
_CODE = re.compile(r"[\w.]{1,60}[(\[]|[\w]{1,40}(?:\.[\w]{1,40}){1,6}[,;)]?$")


def _password(match: re.Match[str]) -> bool:
    value = found(match)
    if _NOT_VALUE.fullmatch(value) or _CODE.match(value):
        return False
    own = match["own"] is not None
    marked = bool(re.search(r"[\d!#$%&*+/=?@^_~|-]", value)) or value[1:] != value[1:].lower()
    return len(value) >= 3 and (
        marked or (own and len(value) >= 4) or (match["quote"] is not None and ":" in match[0])
    )


def _key(match: re.Match[str]) -> bool:
    return looks_random(found(match))


def _seed(match: re.Match[str]) -> bool:
    return len(found(match).split()) in (12, 15, 18, 21, 24)


VENDORS = re.compile(_B + "(?:" + "|".join(_TOKENS) + ")")
"""Any of them."""

RULES: tuple[Rule, ...] = (
    *(rule("SECRET", _B + one) for one in _TOKENS),
    rule(
        "SECRET",
        rf"(?i)(?P<own>\b(?:my|our|mein|meine|das|mon|mi|la|mijn|moje|minha)\s(?:\S{{1,20}}\s){{0,3}}?)?(?<![a-z]){_WORD_CUE}(?![a-z])(?: (?:for|of|to|fur|vom|von|zum|de|del|du|pour|para|voor|do) (?:[a-z-]{{1,16}} ){{0,3}}[A-Za-z-]{{1,16}})?{_IS}(?P<quote>[\"'`])?(?P<it>[^\s\"'`]{{2,127}}[^\s\"'`.,;:)\]}}])",
        _password,
    ),
    rule("SECRET", rf"(?i)(?<![a-z]){_KEYISH}(?:{_IS}|\s{{1,3}})[\"'`]?(?P<it>[A-Za-z0-9+/=_.~-]{{12,512}})", _key),
    rule("SECRET", r"(?i)\b(?:seed|recovery|mnemonic|secret)\s(?:phrase|words)\W{1,4}(?:is\W{1,3})?(?P<it>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})", _seed),
)  # fmt: skip
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_ARMOUR = re.compile(r"(?:[ \t>]{0,8}[A-Za-z0-9+/=:,\\ -]{1,200}\r?\n?){0,200}")
_NEXT_LINE = re.compile(
    r"[\"'\\+ \t]{0,6}\r?\n[ \t>\"']{0,40}(?P<more>[A-Za-z0-9+/=_.-]{6,300})(?=[\"'\s,;)]|$)"
)


def private_keys(text: str) -> Iterator[Span]:
    """PEM blocks, from BEGIN to END, or to where the armour stops."""
    ends = [match.end() for match in _END.finditer(text)]
    at = done = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() < done:
            continue
        while at < len(ends) and ends[at] < begin.end():
            at += 1
        if at < len(ends) and ends[at] - begin.start() <= 20000:
            done = ends[at]
        else:
            armour = _ARMOUR.match(text, begin.end())
            done = armour.end() if armour else begin.end()
        yield begin.start(), done, "SECRET"


def over_line_end(text: str, end: int) -> int:
    """Where a secret that ends at ``end`` really ends, should it go on in the next line."""
    more = _NEXT_LINE.match(text, end)
    while more and looks_random(more["more"]):
        end = more.end()
        more = _NEXT_LINE.match(text, end)
    return end
