"""E-mail addresses, URLs, IP and MAC addresses, user names and home paths."""

from __future__ import annotations

import ipaddress
import re

from persona_tui.donation.redaction import places
from persona_tui.donation.redaction.lexicon import is_plain
from persona_tui.donation.redaction.rules import Rule, after, before, found, rule
from persona_tui.donation.redaction.wordlists import words

_L = "A-Za-z0-9\u0370-\u1fff"
"""Letters of alphabets that put spaces between words: Japanese and Chinese text runs on."""
_NO_USER = words(
    "public default shared all user users username user_name youruser yourname your_name name me you runner "
    "ubuntu ec2-user vagrant node app circleci codespace vscode pi guest foo bar someone somebody "
    "linuxbrew container jovyan"
)
"""Where a home path would have its owner's name: nobody's."""
_AT_WORDS = words(
    # Decorators, annotations, CSS at-rules, documentation tags, BibTeX entries.
    "app pytest dataclass property staticmethod classmethod override overload abstractmethod cached_property "
    "functools contextmanager click router bp blueprint api test before after beforeeach aftereach bean autowired "
    "component service controller restcontroller requestmapping getmapping postmapping entity table column id "
    "repository configuration springbootapplication suppresswarnings deprecated functionalinterface nullable nonnull "
    "media import charset font-face keyframes supports page layer include mixin extend use forward apply tailwind "
    "param params return returns throws exception see since author version type typedef todo link example "
    "article book inproceedings misc phdthesis online input output injectable ngmodule directive pipe "
    "state published objc main escaping discardableresult available mock patch given when then step fixture "
    "task job schedule celery flow asset op register receiver admin login_required tool model field_validator "
    "validator root_validator field model_validator lru_cache cache wraps njit jit cuda vectorize torch tf "
    "everyone here channel latest next beta alpha canary rc end interface implementation synthesize protocol selector "
    "gmail hotmail yahoo outlook icloud"
)
_WELL_KNOWN = re.compile(
    r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]|host\.docker\.internal|(?:[\w-]{1,40}\.)?example\.(?:com|org|net|[a-z]{2})"
    r"|docs\.python\.org|developer\.mozilla\.org|[a-z-]{2,12}\.wikipedia\.org|(?:www\.)?w3\.org|schema\.org"
    r"|json-schema\.org|datatracker\.ietf\.org)(?::\d{1,5})?(?=[/?#]|$)",
    re.IGNORECASE,
)
"""Hosts that say nothing about whoever names them."""
_VERSION = re.compile(
    r"(?:(?<![a-z])(?:version|ver\.?|v|release|section|chapter|build|abschnitt|kapitel|§|driver|firmware|update|upgraded? to|assembly|patch|bios|fw|sdk)\s{0,2}[:=]?\s{0,2}"
    r"|(?:chrome|chromium|edge?|firefox|safari|opr|opera|brave|vivaldi|electron|headlesschrome|samsungbrowser|webview|trident|crios)[/ ]|[a-z]{3,20}/|(?:==|>=|<=|~=|\^)\s?)$",
    re.IGNORECASE,
)
_VERSION_AFTER = re.compile(
    r"(?i) ?(?:(?:\((?:official )?build|(?:stable |beta )?(?:release|version|update|build|driver|firmware|patch)\b)|(?:safari|mobile|edg|opr)/)"
)


def _email(match: re.Match[str]) -> bool:
    local, _, domain = match[0].rpartition("@")
    if places.placeholder_mail(local, domain):
        return False
    return local.casefold() != "git" and not re.match(r"v?\d{1,6}\.", domain, re.IGNORECASE)


def _url(match: re.Match[str]) -> bool:
    rest = match[0].partition("://")[2]
    plain = "@" not in rest and "%40" not in rest.casefold()
    return not (plain and (_WELL_KNOWN.match(rest) or places.public(rest, before(match, 60))))


def _bare(match: re.Match[str]) -> bool:
    """A domain without a scheme: not a package's path, not an attribute or a file in code."""
    module = re.search(
        r"(?:module|import|require|go get|from|install|package)\b\W{0,3}$", before(match)
    )
    known = _WELL_KNOWN.match(match[0]) or places.public(found(match), before(match, 60))
    return not module and not re.search(r"@v?\d", match[0]) and not known


def _ipv4(match: re.Match[str]) -> bool:
    parts = [int(part) for part in re.findall(r"\d+", found(match))][:4]
    if any(part > 255 for part in parts) or _VERSION.search(before(match, 24)):
        return False
    if _VERSION_AFTER.match(after(match, 24)):
        return False
    text = ".".join(str(part) for part in parts)
    public = {"8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "169.254.169.254"}
    private = (
        parts[0] == 10 or parts[:2] == [192, 168] or (parts[0] == 172 and 16 <= parts[1] <= 31)
    )
    network = private and parts[3] == 0 and after(match, 1) == "/"
    nobody = text.startswith(("127.0.", "255.255.")) or not any(parts[2:])
    if re.search(
        r"(?i)(?:firmware|version|release|build|driver|update)[^\n]{0,60}$", before(match, 80)
    ):
        return False
    return not (nobody or text in public or network)


def _ipv6(match: re.Match[str]) -> bool:
    try:
        address = ipaddress.IPv6Address(match[0])
    except ValueError:
        return False
    named = match[0][0] in "23fF" or match[0].count(":") >= 4
    return named and not (address.is_loopback or address.is_unspecified)


def _mac(match: re.Match[str]) -> bool:
    return len({char for char in match[0].casefold() if char not in ":-"}) > 1


def _handle(match: re.Match[str]) -> bool:
    name = match[0][1:].casefold()
    head = re.split(r"[.\-]", name)[0]
    start = not before(match, 40).rpartition("\n")[2].strip()
    rest = after(match, 40)
    if name in _AT_WORDS or head in _AT_WORDS or not re.search(r"[a-z]", name):
        return False
    if re.match(r"[({/\[]|@", rest):
        return False
    return not (
        start
        and re.match(
            r"[ \t]{0,20}(?:\n[ \t]{0,20}(?:@|def |class |async |public |private |fun ))", rest
        )
    )


def _named_user(match: re.Match[str]) -> bool:
    name = found(match)
    prose = re.fullmatch(
        r"(?:not|the|a|an|my|in|is|no|on|too|to|already|taken|also|just|wrong|invalid|nicht|pas|called|named|deja|ya|gia|schon|pris|pass(?:word)?|pw|pwd|passwort|mdp|dump|user_id|[a-z]{1,20}(?:-[a-z]{1,20}){1,4}|(?:max|min|num|no)_\w{1,30})",
        name,
        re.IGNORECASE,
    )
    return not prose and name.casefold() not in _NO_USER


def _marked_user(match: re.Match[str]) -> bool:
    return _named_user(match) and bool(re.search(r"[\d_.#-]", found(match)))


def _logged(match: re.Match[str]) -> bool:
    name = found(match)
    return _named_user(match) and (not is_plain(name) or bool(re.search(r"[\d_]", name)))


def _tagged(match: re.Match[str]) -> bool:
    word = match[0].partition("#")[0].casefold()
    return word not in {
        "issue",
        "issues",
        "pr",
        "bug",
        "ticket",
        "no",
        "order",
        "case",
        "task",
        "item",
        "page",
    }


def _owner(match: re.Match[str]) -> bool:
    name = match["owner"].casefold()
    return name not in _NO_USER and not re.match(r"[<${%\[]", name)


TLD = r"(?:com|org|net|edu|gov|info|io|dev|app|de|at|ch|fr|es|nl|be|pl|it|eu|uk|ie|pt|br|ca|us|jp|se|dk|fi|cz)"
_USER_CUE = (
    r"(?:user ?name|login|handle|nick(?:name)?|screen ?name|gamer ?tag|account name|benutzername|nutzername"
    r"|anmeldename|pseudo(?:nyme)?|nom d'utilisateur|identifiant|nombre de usuario|usuario|gebruikersnaam"
    r"|nazwa uzytkownika|discord|insta(?:gram)?|twitter|tiktok|telegram|github|gitlab|reddit|snapchat|twitch|steam"
    r"|mastodon|bluesky|signal|skype|xbox|psn)"
)
_HANDLE = r"(?P<it>[A-Za-z0-9_][\w.#-]{1,38}[\w])"
_WIN = r"[^\\/:*?\"<>|\r\n\t]{1,64}"
_WINWORD = r"[^\\/:*?\"<>|\s]{1,32}"
_SEP = r"[\\/]{1,4}"
_PATH_CHAR = r"[^\s/:\"'`<>|,;()\[\]{}\\]"

ADDRESS = re.compile(
    rf"(?<![{_L}_.%+-])[{_L}_.%+'-]{{1,64}}@(?:[{_L}-]{{1,63}}\.){{1,8}}[A-Za-z\u0370-\u1fff]{{2,24}}(?![{_L}])"
)

RULES = (
    Rule("EMAIL", ADDRESS, _email),
    rule(
        "EMAIL",
        rf"(?i)(?<![{_L}_.%+-])[{_L}_.%+-]{{1,64}}\s{{0,3}}[(\[{{<]\s?(?:at|a|chez|arroba|@)\s?[)\]}}>]\s{{0,3}}"
        rf"[{_L}-]{{1,63}}(?:\s{{0,3}}(?:[(\[{{<]\s?(?:dot|punkt|point|punto|\.)\s?[)\]}}>]|\.|\bdot\b)\s{{0,3}}[{_L}-]{{1,63}}){{1,5}}",
    ),
    rule(
        "EMAIL",
        rf"(?i)(?<![{_L}_.%+-])[{_L}_.%+-]{{1,64}} (?:at|arroba|arobase|@) [{_L}-]{{1,63}}"
        rf"(?: (?:dot|punkt|point|punto) [{_L}-]{{1,63}}){{0,4}} (?:dot|punkt|point|punto) {TLD}\b",
    ),
    # Credentials in a connection string, then the string itself.
    rule("SECRET", r"(?<=://)(?P<it>[^\s/:@\"'<>]{0,64}:[^\s/@\"'<>]{1,128})@"),
    rule("URL", r"(?i)(?<![a-z0-9])[a-z][a-z0-9+.-]{1,15}://[^\s<>\"'`|\u3001\u3002]{0,2048}[^\s<>\"'`|\u3001\u3002.,;:!?)\]}*_]", _url),
    rule("URL", r"(?i)(?<![\w.@-])www\.(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}(?::\d{1,5})?(?:/[^\s<>\"'`]{0,1024}[^\s<>\"'`.,;:!?)\]}])?",
        _bare),
    rule("URL", r"(?<![\w.@-])git@[\w.-]{1,100}:[\w./~-]{1,200}", lambda m: not places.placeholder_repository(m[0])),
    rule(
        "URL",
        r"(?i)(?<![\w.@/\\-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,5}(?:com|org|net|edu|gov|de|at|ch|fr|es|nl|be|pl|it|eu|uk|ie|io|dev|app|me|info"
        r"|blog|social|gg|ly|jp|se|no|dk|fi|pt|br|ca|us|si|cz|online|site|xyz|tv|name|studio|art)/[^\s<>\"'`]{0,1024}[^\s<>\"'`.,;:!?)\]}]",
        _bare,
    ),
    rule(
        "URL",
        r"(?i)\b(?:site|website|web ?page|homepage|blog|portfolio|seite|webseite|web|strona|pagina|domain|shop|boutique|tienda)\b"
        r"[^\n.]{0,20}?[\s:](?P<it>(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}[a-z]{2,12})(?![\w(])",
        _bare,
    ),
    rule("IP", r"(?<![\w.])(?:\d{1,3}(?:\.|\[\.\])){3}\d{1,3}(?!\w|\.\d)", _ipv4),
    rule("IP", r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:(?<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])", _ipv6),
    rule("IP", r"(?<![\w:-])(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}(?![\w:-])", _mac),
    rule("USERNAME", r"(?<![A-Za-z0-9_@./`\\])@[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,37}[A-Za-z0-9_])?", _handle),
    rule("USERNAME", r"(?<![\w/])/?u/[A-Za-z0-9_-]{3,20}(?![\w/])"),
    rule("USERNAME", r"(?<![\w#&/])[A-Za-z0-9_.]{2,32}#\d{4}(?![\w#])", _tagged),
    rule(
        "USERNAME",
        rf"(?i)\b(?:my|mein|meine|mon|mi|mijn|moj|moje|meu|il mio)\s[^.\n@]{{0,30}}?\b{_USER_CUE}\b"
        rf"(?:[^.\n@:=]{{0,20}}?\s(?:is|ist|est|es|lautet|to)\s|[^.\n@:=]{{0,20}}?[:=])\s{{0,3}}[\"'`(]{{0,2}}{_HANDLE}",
        _named_user,
    ),
    rule("USERNAME", rf"(?i)\b(?:logged in|log in|login|signed in|sign in|log on|ssh in|connected|registered|posting|known|playing|streaming|angemeldet|eingeloggt|registriert|connectee?|identifiee?|inscrite?|conectad[oa]|registrad[oa]|ingelogd|aangemeld|zalogowan[ya]|collegat[oa]|prijavljen[a]?)(?: online| there)? (?:as|under|als|unter|en tant que|sous(?: le nom)?|comme|como|con el usuario|jako|come|kot)(?: user| the user| benutzer| usuario)? [\"'`@]{{0,2}}{_HANDLE}", _logged),
    rule("USERNAME", rf"(?i)\b(?:als|unter|as) [\"'`@]{{0,2}}{_HANDLE}[\"'`]? (?:angemeldet|eingeloggt|registriert|unterwegs|ingelogd|aangemeld)\b", _logged),
    rule("USERNAME", rf"(?i)\b(?:on|auf|sur|en|op|na|su|no)? ?(?:discord|insta(?:gram)?|ig|twitter|tiktok|telegram|github|gitlab|reddit|snap(?:chat)?|twitch|steam|mastodon|bluesky|skype|xbox|psn|roblox|minecraft|fortnite|league|lol|whatsapp|venmo|cash ?app|paypal|zelle|kik|line|wechat|weibo|qq|strava|goodreads|letterboxd|ao3|tumblr|pinterest|etsy|ebay|soundcloud|last\.fm|duolingo|chess\.com|lichess|hacker ?news|stack ?overflow|vinted|x)(?:,? (?:as|under|name|handle|id|tag|user|username|is|als|unter|sous|comme|como|con|by|it'?s|im|i'm|add|account|nick)){{1,3}}[: ]{{1,2}}[\"'`@]{{0,2}}{_HANDLE}", _marked_user),
    rule("USERNAME", rf"(?i)\b(?:add me|find me|follow me|hit me up|hmu|friend me|invite me|message me|dm me|subscribe to|my (?:user ?name|handle|gamertag|nick|alias|tag|alt|account|insta|snap|discord|steam|reddit|psn|twitch|ign)|mein (?:nick|account)|mon pseudo|mi (?:usuario|nick)|il mio nick)\b(?:[^.\n@:=]{{0,24}}?(?: as| is|:| under| named| called|,| ist| est| es| e)? )[\"'`@]{{0,2}}{_HANDLE}", _marked_user),
    rule("USERNAME", rf"(?i)\b(?:my|the) (?:user(?:name)?|login|handle|account) (?:name )?(?:is )?(?:called )?[\"'`]{{0,2}}{_HANDLE}", _marked_user),
    rule("USERNAME", rf"(?i)\b(?:user|username|usr|sudo -u|su -|su|chown|adduser|useradd|usermod -\w{{1,3}} \w{{1,12}}|passwd|id)\s{{1,2}}[\"'`]?{_HANDLE}", _marked_user),
    rule("USERNAME", rf"(?i)\b{_USER_CUE}\s{{0,3}}[:=]\s{{0,3}}[\"'`]{{0,2}}{_HANDLE}", _marked_user),
    rule("USERNAME", r"(?i)\b(?:ssh|scp|rsync|sftp|mosh)\s(?:-\S{1,20}\s){0,4}(?P<it>[a-z_][\w.-]{0,31}@[\w.-]{1,100})"),
    rule(
        "PATH",
        rf"(?i)(?<![a-z])[a-z]:{_SEP}(?:users|documents and settings|benutzer|utilisateurs|usuarios){_SEP}"
        rf"(?P<owner>{_WINWORD}(?: {_WINWORD}){{0,2}}(?=[\\/])|{_WINWORD}(?: (?-i:[A-Z])[^\\/:*?\"<>|\s.]{{1,24}}){{1,2}}(?=[\"'`]|\s{{0,2}}$|\n)|{_WINWORD})(?:{_SEP}{_WIN}(?=[\\/])){{0,20}}(?:{_SEP}[^\s\\/:*?\"<>|,;]{{0,128}})?",
        _owner,
    ),
    rule(
        "PATH",
        rf"(?<![\w.])(?:/mnt/[a-z]|/private|/System/Volumes/Data|/export|/var|/usr)?/(?:home\d?|Users)/(?P<owner>{_PATH_CHAR}{{1,64}}(?:\\? [A-Z]{_PATH_CHAR}{{0,32}}){{1,3}}(?=/)|(?<=[\"'`]/home/){_PATH_CHAR}{{1,64}}(?: {_PATH_CHAR}{{1,32}}){{1,3}}(?=/)|(?<=[\"'`]/Users/){_PATH_CHAR}{{1,64}}(?: {_PATH_CHAR}{{1,32}}){{1,3}}(?=/)|{_PATH_CHAR}{{1,64}}(?: [A-Z]{_PATH_CHAR}{{1,32}}){{1,2}}(?=[\"'`])|{_PATH_CHAR}{{1,64}})"
        rf"(?:/(?:{_PATH_CHAR}|\\ ){{0,128}}){{0,30}}",
        _owner,
    ),
    rule("PATH", rf"(?<![\w~/.])~(?P<owner>[A-Za-z_][\w.-]{{1,31}})/(?:{_PATH_CHAR}{{0,128}}/){{0,30}}{_PATH_CHAR}{{0,128}}", _owner),
    rule("PATH", r"(?i)(?<!\\)\\\\[\w.-]{2,64}\\(?:users|home|homes|profiles)\$?\\(?P<owner>[^\\\s\"'<>|]{1,64})(?:\\[^\\\s\"'<>|]{0,128}){0,20}", _owner),
)  # fmt: skip
