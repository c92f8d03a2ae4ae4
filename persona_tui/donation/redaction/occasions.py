"""Whether a date is somebody's, or one of history, software, feasts and logs, by its sentence."""

from __future__ import annotations

import re

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.rules import found


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


_BEFORE, _AFTER = 160, 110
_PERSONAL_EVENT = re.compile(
    r"(?i)(?<![a-z])(?:born|birth(?:day|date)?s?|b-?day|d\.?o\.?b\.?|geb\.?|geboren|geburts\w{0,12}|geboorte\w{0,8}|naissance|nee? (?:le|en|a)|nacid?[oai]?|naci|nacio|nacimiento|cumple\w{0,8}|anniversaire|urodz\w{0,9}|ur\.|nat[oa] (?:il|a)|nascid[oa]|nasceu|nasci|compleanno|aniversario|verjaardag|rojen[ai]?|rojstn\w{0,4}|class of"
    r"|wedding|married|marriage|engaged|divorced?|hochzeit\w{0,6}|geheiratet|verheiratet|mariage|maries?|mariee?s?|boda|cas[eo](?: con)?|casamos|bruiloft|trouwen|getrouwd|slub|matrimonio|casamento"
    r"|appointment|appt|surgery|operation on|checkup|check-up|admitted|discharged|diagnosed|due date|expecting|termin|rendez-vous|rdv|cita|visita|afspraak|wizyta|appuntamento|consulta|untersuchung|operiert"
    r"|funeral|passed away|verstorben|beerdigung|enterrement|funeral|interview|moved (?:in|to|out|here)|move-?in|hired|fired|laid off|lease|rent|graduat\w{1,5}|retire[ds]?|my flight|check-?in|reservation|booked|eingezogen|umgezogen|gekundigt|emmenage|embauche"
    r"|my (?:mom|mum|dad|son|daughter|wife|husband|sister|brother|mother|father|friend)|meine? (?:frau|mann|mutter|vater|sohn|tochter|schwester|bruder)|mon (?:fils|mari|pere|frere)|ma (?:fille|femme|mere|soeur)|mi (?:hij[oa]|madre|padre|herman[oa]|espos[oa]))(?![a-z])|生年月日|誕生日|生まれ|出生|生日|結婚|予約|亡くな|妻|夫の|入院|退院|手術|卒業|入社|退職|引っ越|結婚|去世|住院|结婚|离婚|入职|离职|手术|老公|老婆|儿子|女儿|생일|결혼|사망|입원|퇴사"
    rf"|{_folded('родил|рожд|свадьб|умер|уволен|сын|доч|муж|жен|мама|мой|моя|моему|мне|народж|ميلاد|زواج|توفي|ابن|زوج|ולד|נולד')}"
)
_FIRST = re.compile(
    r"(?<![A-Za-z'])(?:I|I'm|I've|I'd|I'll|We|we|My|my|our|Our|us|ich|Ich|wir|Wir|uns|mein\w{0,2}|Mein\w{0,2}|unser\w{0,2}|je|Je|j'|J'|nous|Nous|mon|ma|mes|Mon|Ma|notre|yo|Yo|mi|Mi|mis|nosotr[oa]s|nuestr[oa]s?|ik|Ik|wij|mijn|Mijn|ons|onze|mam|moj[aei]?|Moj[aei]?|io|mio|mia|eu|Eu|meu|minha|Meu|Minha|im|ive|i)(?![A-Za-z])|私|僕|我"
)
_PUBLIC = re.compile(
    r"(?i)(?<![a-z])(?:python|java|kernel|linux|windows|ubuntu|debian|node(?:\.js)?|rust|go|php|ruby|postgres\w{0,4}|mysql|django|react|chrome|firefox|android|ios|macos|swift|kotlin|release[ds]?|release notes|version|v?\d{1,3}\.\d{1,3}(?:\.\d{1,3})?(?![\d/.-])|changelog|deprecat\w{1,5}|end[ -]of[ -]life|eol|lts|cve-\d{4}|cutoff|build|commit|deploy\w{0,4}|migration|patch(?:ed)?|hotfix|snapshot|backup|dataset|rfc ?\d{1,5}|iso ?\d{3,5}|unicode|epoch|unix|leap second|y2k"
    r"|what (?:else )?happened|happened|on this day|que s'est-il passe|was geschah|que paso|error|warn(?:ing)?|info|debug|trace|log(?:s|ged|file)?|timestamps?|select|where|between|insert|interval|datetime|strftime|strptime|parse|format|date\(|to_date|cron|utc|gmt|iso[- ]?8601|regex|excel|column|row|csv|dataframe|pandas"
    r"|battle|war|wars|krieg\w{0,4}|schlacht|guerre|bataille|guerra|batalla|oorlog|slag bij|wojn\w|bitw\w|treaty|vertrag von|traite|tratado|revolution\w{0,4}|revolucion|republic|republik|republique|president\w{0,4}|kanzler\w{0,3}|king|queen|konig\w{0,3}|kaiser\w{0,3}|roi|reine|rey|reina|emperor|empire|pope|papst|papa francesco|pape|prime minister|parliament|parlament|congress|senate|supreme court"
    r"|independence|unabhangigkeit\w{0,4}|independance|independencia|constitution|verfassung|grundgesetz|constitucion|moon|mond|lune|luna|apollo|nasa|spacex|soviet|union|nato|eu|united nations|brexit|berlin(?:er)? (?:wall|mauer)|the wall|mauer|mur de|muro|titanic|pearl harbor|d-day|hiroshima|chernobyl|tschernobyl|9/11|world trade|terror\w{0,6}|attacks?|pandemic|covid\S{0,3}|earthquake|erdbeben|seisme|terremoto|tsunami|eruption|hurricane|eclipse|equinox|solstice|sonnenfinsternis"
    r"|olympi\w{1,4}|world cup|weltmeister\w{0,6}|coupe du monde|mundial|championship|world war|premier league|super bowl|grand prix|election|wahl\w{0,4}|elections?|eleccion\w{0,2}|referendum|coronation|assassinat\w{1,4}|abolished|inaugurat\w{1,4}|came into force|in kraft|entree en vigueur|entro en vigor|gdpr|dsgvo|rgpd|directive|regulation|tax (?:day|year)|fiscal|quarter|ipo|stock|market"
    r"|christmas\w{0,4}|boxing day|new year\w{0,5}|easter|halloween|thanksgiving|valentine\w{0,4}|st\.? patrick\w{0,4}|labou?r day|memorial day|veterans day|bastille|cinco de mayo|juneteenth|groundhog|april fools\w{0,2}|mother's day|father's day|pi day|earth day|guy fawkes|bonfire|burns night|holiday|public holiday|bank holiday|feast|saint|solemnity|diwali|ramadan|eid|hanukkah|passover|nowruz|lunar new year|chinese new year"
    r"|weihnacht\w{0,6}|heiligabend|silvester|neujahr|ostern|nikolaus\w{0,4}|feiertag\w{0,3}|tag der|maifeiertag|allerheiligen|fasching|karneval|martinstag|noel|jour de l'an|toussaint|fete (?:nationale|du travail|de la musique|des)|jour ferie|chandeleur|armistice|navidad|nochebuena|nochevieja|reyes|san (?:juan|valentin|fermin|jose|isidro|jordi)|dia de(?:l| la| los| las)?|festivo|fiesta nacional|hispanidad"
    r"|koningsdag|sinterklaas|bevrijdingsdag|dodenherdenking|feestdag|kerst\w{0,4}|swieto|wigilia|boze narodzenie|ferragosto|natale|capodanno|epifania|festa della|befana|natal|reveillon|feriado|carnaval|bozic|praznik|midsommar|lucia|sankthans|syttende mai"
    r"|discovered|invented|published in|founded|gegrundet|fonde[e]?|fundad[oa]|established|launched|signed into|declared|invaded|surrender\w{0,3}|attacked|sank|erupted|landed|crowned|century|jahrhundert|siecle|siglo|eeuw|wieku|ancient|historic\w{0,3}|historisch\w{0,3}|histori\w{1,4})(?![a-z])"
    r"|建国|憲法|祝日|戦争|革命|終戦|元日|成立|国庆|节|発売|リリース"
)
_ASKED = re.compile(
    r"(?i)\b(?:why|what (?:was|were|is|day|year|did)|who (?:was|were|won|did)|which|when did|how (?:did|many|much|long)|explain|summar\w{3,5}|resum[ei]\w{0,3}|erklar\w{0,3}|explique\w{0,2}|warum|wann|pourquoi|por que|perche|programs?|systems?|servers?|users|people|countries|failed|crashed|came into|took effect|law|act|rule|tax|passiert|geschah|was (?:ist|war)|weekday|day of the week|wochentag|foi em|was on|fue el|war am|etait le|what if)\b"
    r"|吗|什么|何|ですか|説明|简单|发生|解释|뭐|무엇|설명"
    rf"|{_folded('что|какой|почему|объясни|ماذا|لماذا|מה קרה')}"
)
_PERSON = re.compile(
    r"(?:(?-i:[A-Z]{2,20}[ /|])|\b(?:Mr|Mrs|Ms|Dr|Herrn?|Frau|Mme|Sra?|patient|client|name|passport|id|phone|tel)\b|@|\+\d)",
    re.IGNORECASE,
)
_STAMP_AFTER = re.compile(
    r"T\d|[ ,]{1,2}(?:at )?\d{1,2}:\d{2}(?::\d{2}|\S{0,12}(?:Z|UTC|GMT|[+-]\d\d:?\d\d))|[_.]?[\w-]{0,20}\.(?:log|csv|json|txt|gz|zip|sql|bak|tar|pdf|parquet|md|xlsx?)\b|['\"]?\s{0,2}(?:\)|AND\b|and '|::|<=|>=|INTERVAL)|['\"]::|[-_]\w"
)
_STAMP_BEFORE = re.compile(
    r"(?:[<>=!]=?\s{0,2}|\(\s{0,2}|\bBETWEEN |\bAND |\bDATE |\bTIMESTAMP |-- ?|## ?\[?[\w.]{1,12}\]? -? ?\(?|[\w]_|[/\\-])['\"]?$|\[['\"]?$|(?:^|\n)(?:date|updated|created|published|lastmod|modified)\w{0,6}: ['\"]?$|(?:INFO|WARN|ERROR|DEBUG)\W{0,3}$|date[( =]{1,2}['\"]$"
)
_LINE_STAMP = re.compile(r"(?:^|\n)[ \t>]{0,4}\[?$")
_OLD = re.compile(r"(?<!\d)(?:1[0-8]\d\d|190\d)(?!\d)")
_CUT = re.compile(r"[.!?][\"')]?\s|\n")
_ISO = re.compile(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}")


def alive(match: re.Match[str]) -> bool:
    """Whether somebody born then may live: what is older is history."""
    return not _OLD.search(found(match))


def personal(match: re.Match[str]) -> bool:
    """Whether the date in ``match`` tells something of the writer or of someone they know."""
    start, end = match.span("it") if "it" in match.re.groupindex else match.span()
    text, date = match.string, found(match)
    lead, tail = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    iso = _ISO.fullmatch(date)
    sentence = _sentence(lead, tail)
    if _PERSONAL_EVENT.search(sentence[0]) or _PERSONAL_EVENT.search(sentence[1]):
        return not _OLD.search(date) or bool(_FIRST.search(sentence[0]))
    if _OLD.search(date):
        return False
    if _LINE_STAMP.search(lead) and re.match(r",? ?\d{1,2}:\d{2}", tail):
        return False
    if iso and (_STAMP_AFTER.match(tail) or _STAMP_BEFORE.search(lead)):
        return False
    if any(_PUBLIC.search(part) for part in (date, *sentence)):
        return False
    if any(_FIRST.search(part) for part in sentence):
        return True
    # "On 29 February 2000 many programs failed": asked of the world, with nobody in it.
    if _ASKED.search(sentence[0] + date + sentence[1]) and not _PERSON.search(lead + tail):
        return False
    # "30 October is a Tuesday": a day of the year, and nobody's.
    return bool(re.search(r"\d{4}|年|[./-]\d{2}$", date)) or len(sentence[0] + sentence[1]) < 24


def _sentence(lead: str, tail: str) -> tuple[str, str]:
    """What of both belongs to the same sentence."""
    cuts = [cut.end() for cut in _CUT.finditer(lead)]
    cut = _CUT.search(tail)
    # "Dr. Who" and "am 3. Mai" do not end a sentence: the last cut before a short word is skipped.
    real = [
        at
        for at in cuts
        if not re.search(
            r"\b(?:[A-Za-z]|\d{1,2}|Dr|Mr|Mrs|Ms|Prof|St|geb|ca|bzw|Nr|No|ur)\.\s$", lead[:at]
        )
    ]
    return lead[real[-1] :] if real else lead, tail[: cut.start()] if cut else tail
