"""User names that are told, logged or typed: "my login is", "user=", "Accepted password for", prompts.

A cue is looked for first, then the name behind it, which must look like one: with a digit, a dot or
a line in it that is no English, or, behind "=" and in logs, any word that is not ordinary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.lexicon import is_likely, is_plain
from persona_tui.donation.redaction.rules import Span
from persona_tui.donation.redaction.wordlists import words


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


_CUE = re.compile(
    r"(?i)(?<![A-Za-z0-9.-])(?:user ?names?|user ?ids?|users?|usr|log-?ins?|accounts?|acct?|handles?|nick(?:name)?s?|alias|aka|gamer ?tags?|gt|ign|screen ?names?|profiles?|my ids?|main|alt|smurf|channel|benutzer(?:name|kennung|konto)?|nutzer(?:name|konto)?|kennung|anmeldename|konto|profil|kanal|utilisateur|nom d'utilisateur|identifiants?|pseudo(?:nyme)?s?|compte|chaine"
    r"|usuari[oa]s?|nombre de usuario|cuenta|apodo|perfil|canal|utente|nome utente|profilo|soprannome|conta|nome de usuario|utilizador|gebruiker(?:snaam)?|accountnaam|profiel|uzytkownik\w{0,3}|nazwa uzytkownika|konta|ksywa|uporabnik|uporabnisko ime|anvandarnamn|brukernavn|brugernavn|kayttajatunnus|kullanici(?: adi)?|felhasznalonev|uzivatel"
    r"|discord|insta(?:gram)?|ig|twitter|tik ?tok|telegram|tg|github|gitlab|reddit|snap(?:chat)?|twitch|steam|mastodon|bluesky|bsky|threads|skype|xbox|psn|playstation|roblox|minecraft|fortnite|valorant|riot|epic|battle\.?net|venmo|cash ?app|paypal|kik|line|we ?chat|weibo|qq|signal|facebook|fb|linkedin|youtube|yt|tumblr|pinterest|etsy|ebay|vinted|depop|airbnb|duolingo|lichess|chess\.com|strava|soundcloud|spotify|onlyfans|patreon|ao3|wattpad|vk|ok\.ru|xing|slack|matrix|irc|keybase|threema)(?![A-Za-z0-9])"
    r"|ユーザー ?(?:名|ID)?|アカウント(?:名|ID)?|ハンドル(?:ネーム)?|ログインID|(?<![A-Za-z])(?:LINE )?ID(?=[はが:：])|ニックネーム|ツイッター|インスタ|用户名?|用戶名?|账号|帳號|账户|帐号|网名|昵称|微信号?|抖音号?|小红书号?|快手号?|微博|QQ号?|推特|아이디|계정|닉네임|닉|인스타|트위터|카톡"
    rf"|(?<!\w)(?:{_folded('логин|логином|ник|ником|никнейм|юзер|юзернейм|пользователь|пользователя|аккаунт|аккаунта|учётка|инста|инстаграм|телеграм|телеграме|телега|дискорд|стим|твиттер|нік|логін|اسم المستخدم|حسابي|حساب|يوزر|انستا|سناب|תיוג|שם משתמש|χρήστης|όνομα χρήστη')})(?!\w)"
)
_HANDLE = re.compile(
    r"[@(\"'`\[*]{0,3}(?P<it>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{1,38}[A-Za-z0-9_])(?:#\d{3,5})?)(?![\w@(\[/\\=])"
)
_IS = words(
    "is was are = : ist war lautet heisst est etait c'est es era son e eh e' sono sao to jest je ar er named called as als comme como come jako was: is: it's its -> named: under by"
) | frozenset(_folded("это|هو|είναι").split("|"))
_GLUE = re.compile(r"[はが是为為은는이가:：\s]{0,3}$")
_CLAUSE = re.compile(
    r"[.!?;](?=\s|$)|\n|。|！|？|(?<![\w])(?:and|but|und|aber|et|mais|y|pero)(?= (?:the|my|i|it|ich|es|je|yo)\b)"
)
_TOKEN = re.compile(r"[^\s、。，「」『』]{1,60}")
_NO = re.compile(
    r"(?i)(?:\d{1,3}(?:[.,]\d{1,3}){0,5}|v\d\S{0,20}|\d{1,4}[a-z]{1,3}|\d{1,2}[-/.]\d{1,2}(?:[-/.]\d{2,4})?|\d{4}-\d{2}(?:-\d{2})?\S{0,20}|\d{1,2}:\d{2}\S{0,6}|[a-z]{0,3}\d{5,}|\S{1,60}\.(?:py|js|ts|tsx|jsx|php|html?|json|ya?ml|txt|conf|cfg|ini|env|sh|log|db|sql|csv|xml|md|rb|go|rs|java|cs|cpp|h|dll|exe|pdf|zip|png|jpe?g|gif|com|org|net|de|io|dev|app|fr|es|nl|it|uk|eu|pl|gov|edu)|(?:e\.g|i\.e|etc|a\.m|p\.m|u\.s|z\.b)|sha-?\d{1,3}|utf-?\d{1,2}|oauth2?|http2?|ipv[46]|s3|ec2|web3|mp[34]|h264|x64|x86(?:_64)?|amd64|arm64|win\d{1,2}|python3?|log4j|k8s|i18n|l10n|2fa|mfa|covid-?19|ps[45]|co2|b2[bc])"
)
_CODE = words(
    "id ids name names type table role roles group groups count list data info input field key token auth login logout pw pwd passwd session service model class object index page view form email mail password pass hash url uri path file dir home system root admin test tests temp tmp prod dev staging "
    "default public private local global active current new old first last created updated deleted at by is has in on to from for of the up down set get add remove max min num no not db api app web sql http https json xml html css js py config settings env var val value status state code "
    "follow followers following sign signed log logged self non pre post re co sub super multi cross auto time date day based end user users account accounts profile profiles level case sensitive friendly specific defined generated facing wide side owner member only read write access control management manager"
)
_LINES = (
    # Logs, prompts, listings and commands.
    r"(?:\b|_)(?:user|username|usr|uname|login|uid_name|acct|account|rhost_user|ruser|euser|as_user|db_?user|remote_user|ssh_user|owner|PGUSER|MYSQL_USER|USER|LOGNAME|USERNAME|User(?=[ =]\w)(?= \S{1,32}\s?$))\s?=\s?[\"']?(?P<it>[A-Za-z_][\w.-]{1,31})(?![\w(\[.@])",
    r"\b(?:Accepted|Failed) (?:password|publickey|keyboard-interactive\S{0,6}|none) for (?:invalid user )?(?P<it>[A-Za-z_][\w.-]{1,31}) from\b",
    r"\b(?:session (?:opened|closed) for|(?:Invalid|invalid|unknown|for|by|New|new) user|pam_unix\(\S{1,30}\)[^\n]{0,60}user|sudo -u|su -|su|usermod -\w{1,3} \S{1,30}|useradd|adduser|userdel|passwd|chage -l|finger|loginctl \S{1,20}) (?P<it>[a-z_][a-z0-9_.-]{2,31})(?=\b(?! is| has| can| who| to| must| should| will| wants))",
    r"\bsudo(?:\[\d{1,7}\])?:\s{1,4}(?P<it>[a-z_][\w.-]{1,31}) :",
    r"(?m)^[ \t>]{0,8}[dlbcps-](?:[r-][w-][xsStT-]){3}[.+@]?\s{1,4}\d{1,6}\s{1,3}(?P<it>[A-Za-z_][\w.-]{1,31})\s",
    r"\bchown (?:-\w{1,3} )?(?P<it>[a-z_][\w.-]{1,31})(?=[: ])",
    r"\buid=\d{1,6}\((?P<it>[\w.-]{2,32})\)",
    r"(?m)^[ \t>]{0,8}(?P<it>[a-z_][\w.-]{1,31})\s{1,6}(?:pts|tty)\S{0,6}\s",
    r"(?<![\w./-])(?P<it>[a-z_][\w.-]{1,31})@[\w.-]{1,60}(?::[~/][^\s$#%]{0,80}[$#%](?=\s|$)|:/)",
    r"(?m)^[ \t>]{0,4}(?:\(\w{1,30}\) )?(?P<it>[a-z_][\w.-]{1,31})@[\w.-]{1,60}[ :][^\n$#%]{0,60}[$#%] ",
    r"\[(?P<it>[a-z_][\w.-]{1,31})@[\w.-]{1,60} [^\]\n]{1,60}\][$#]",
    r"(?<![\w./@-])(?P<it>[A-Za-z_][\w.-]{1,31})@(?:\d{1,3}\.){3}\d{1,3}(?!\d)",
    r"(?<![\w\\/.:])(?:[A-Z][A-Z0-9-]{1,15}|AzureAD|corp|domain)\\{1,2}(?P<it>[a-z][\w.-]{2,31})(?![\w\\/])",
    r"\bssh (?:-\S{1,20} ){0,3}-l (?P<it>[a-z_][\w.-]{1,31})\b",
    r"\b(?:mysql|psql|mongosh?|smbclient|ftp|rsync|xfreerdp|mariadb)\b[^\n|]{0,80}?\s(?:-u ?|-U ?|--user[= ]|/u:)(?P<it>[A-Za-z_][\w.-]{1,31})(?![\w:@])",
    r"/(?:Volumes|media|run/media|mnt)/(?P<it>[A-Z]?[a-z]{3,20}s?)(?=[-_ ]?(?:Backup|Time|Mac|MacBook|SSD|HDD|Drive|Disk|USB|iPhone|iPad|PC|Laptop|backup|stick)\b|/)",
    r"\b(?P<it>[A-Z][a-z]{2,20})s?(?:'s)?[-_](?:MacBook|MBP|iMac|iPhone|iPad|PC|Laptop|Air|Mac|Desktop|Galaxy|Pixel)(?![a-z])",
)
_LOGS = tuple(re.compile(one) for one in _LINES)
_NOBODY = words(
    "root admin administrator user users username git www www-data nobody daemon bin sys sync mail postgres mysql mongodb redis nginx apache httpd ubuntu debian centos fedora ec2-user vagrant pi node docker jenkins gitlab runner deploy deployer ci bot service system guest test tester testuser me you "
    "foo bar baz demo example default none null true false string your yourname youruser myuser staff wheel adm the a an and or is not from invalid unknown name host server localhost app web api db sa oracle tomcat elastic kafka airflow jovyan codespace circleci linuxbrew container vscode azureuser opc alice bob carol "
    "dave eve mallory john jane jdoe janedoe johndoe account id login deja already taken banned called pw pwd dump agent self this obj request req data kwargs args get os current_user password pass passwd team volume home media mnt system-data macintosh time"
)
_SERVICES = words("ftp svc adm usr db ssh vpn mail sql srv")
_COMMENT = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK|NOTE|BUG|OPTIMIZE|REVIEW) ?[(\[]@?(?P<it>[A-Za-z][\w.-]{2,31})[)\]]"
)


def handles(text: str) -> Iterator[Span]:
    """Every user name in folded ``text`` that its surroundings give away."""
    for cue in _CUE.finditer(text):
        yield from _told(text, cue)
    for pattern in (*_LOGS, _COMMENT):
        for match in pattern.finditer(text):
            name = match["it"]
            if name.casefold() not in _NOBODY and not is_plain(name):
                yield *match.span("it"), "USERNAME"


def _told(text: str, cue: re.Match[str]) -> Iterator[Span]:
    """The name in the clause after ``cue``."""
    at = cue.end()
    stop = _CLAUSE.search(text, at, at + 64)
    end = stop.start() if stop else min(len(text), at + 64)
    if not (cue[0] + text[at : at + 1]).isascii():
        run = re.compile(
            r"[はが是为為은는이가:：\s]{0,3}(?P<it>[A-Za-z0-9_][\w.-]{2,38})", re.ASCII
        ).match(text, at)
        if run and re.search(r"[A-Za-z_]", run["it"]) and not is_plain(run["it"]):
            yield *run.span("it"), "USERNAME"
            return
    said = False
    for count, token in enumerate(_TOKEN.finditer(text, at, end)):
        raw = token[0]
        bare = raw.strip("\"'`,()").casefold()
        if bare in _IS or raw[-1] in ":=":
            said = True
            continue
        match = _HANDLE.match(text, token.start()) if raw[0] != "@" else None
        if match is None or match.end() < token.start() + len(raw.rstrip("\"'`,.;:!?)*]")):
            if count > 7:
                return
            continue
        name = match["it"]
        if (
            _looks(name, said=said)
            and (said or count == 0)
            and not text.startswith(("(", "="), match.end())
        ):
            yield *match.span("it"), "USERNAME"
            return
        if said and not is_plain(name):
            return


def _looks(name: str, *, said: bool) -> bool:
    """Whether ``name`` is made up and no code, file, version or hyphenated word."""
    if _NO.fullmatch(name) or name.casefold() in _NOBODY or len(name) < 4:
        return False
    parts = [
        one for one in re.split(r"[_.\-]|(?<=[a-z])(?=[A-Z\d])|(?<=\d)(?=[A-Za-z])", name) if one
    ]
    letters = [one for one in parts if one.isalpha()]
    if not letters:
        return False
    digit, line = any(one.isdigit() for one in parts), re.search(r"[_.\-]", name)
    coded = all(one.casefold() in _CODE or len(one) < 2 for one in letters)
    if coded or re.fullmatch(r"[A-Z_\d]+", name):
        return False
    plain = all(is_plain(one) for one in letters)
    if digit and (said or line or len(name) > 5):
        return not (plain and "-" in name and not said)
    if line and "_" not in name:
        # "detail-oriented" is English, "hollis.j" and "ftp-osterkamp" are no words.
        named = any(is_likely(one) for one in letters) or letters[0].casefold() in _SERVICES
        return (named or "." in name) and not all(
            is_plain(one) or one.casefold() in _CODE for one in letters
        )
    if line:
        return (
            said
            or any(is_likely(one) for one in letters)
            or not any(one.casefold() in _CODE for one in letters)
        )
    return False
