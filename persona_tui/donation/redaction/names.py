"""Names by what stands around them: introductions, titles, relatives, greetings, signatures; and
given names that are no ordinary word, with the surname after them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from persona_tui.donation.redaction.lexicon import FAMOUS, NOT_NAMES, is_given, is_plain, is_soft
from persona_tui.donation.redaction.rules import Rule, Span, found, rule

_UP, _LOW = "A-ZА-ЯЁІЇЄҐΑ-Ω", "a-zа-яёіїєґα-ω"
WORD = rf"(?:(?:Mc|Mac|O'|D'|L')?[{_UP}][{_LOW}]{{1,24}}(?:['-]?[{_UP}][{_LOW}]{{1,24}}){{0,3}})"
"""One capitalised word of a name, hyphens and inner capitals included."""
PARTICLE = r"(?:van der|van den|van de|van 't|van|von der|von und zu|von|zu|zum|de la|de los|de las|de l'|del|de|della|di|da|dos|do|du|des|la|le|el|al|bin|ibn|ben|abu|ter|ten|y|i|e)"
FULL = rf"(?:{WORD}(?: (?:{PARTICLE} ){{0,2}}{WORD}| [{_UP}]\.(?= [{_UP}])){{0,3}})"
"""A name of one to four words, with particles and initials."""
_SURNAME = rf"(?:(?:{PARTICLE} ){{0,2}}{FULL})"
TITLE = (
    r"(?:mr|mrs|ms|miss|mx|mister|dr|doctor|prof|professor|sir|dame|lady|lord|rev(?:d|erend)?|father|sister|brother|pastor|rabbi|imam|judge|captain|sgt|coach|aunt(?:ie|y)?|uncle|nurse"
    r"|herrn?|frau|fraulein|tante|onkel|pfarrer|schwester|mme|mlle|monsieur|madame|mademoiselle|maitre|docteure?|professeure?|tonton|tata|tatie"
    r"|sra|srta|senora?|senorita|don|dona|doctora?|dra|profesora?|tia|tio|dhr|mevr|mevrouw|meneer|pani?|panem|pana|sig|signora?|sig\.ra|dott\.?(?:ssa)?|gospod|gospa|hr|fr)"
)
_KIN_EN = (
    r"(?:wife|husband|partner|spouse|fiancee?|girlfriend|boyfriend|ex(?:-(?:wife|husband|girlfriend|boyfriend))?|mother|father|mom|mum|dad|mama|papa|parents|son|daughter|kids?|child|children|baby|toddler|twins?"
    r"|brother|sister|sibling|half-brother|half-sister|step(?:son|daughter|mother|father|mom|dad|brother|sister)|grand(?:mother|father|ma|pa|son|daughter)|nan|nana|gran|granny|aunt|uncle|cousin|niece|nephew"
    r"|(?:mother|father|sister|brother|son|daughter)-in-law|boss|manager|supervisor|team ?lead|colleague|co-?worker|friend|best friend|mate|buddy|roommate|flatmate|housemate|neighbou?r|landlord|landlady|tenant"
    r"|doctor|gp|dentist|therapist|psychiatrist|psychologist|counsell?or|lawyer|solicitor|accountant|teacher|tutor|professor|advisor|supervisor|coach|trainer|nurse|vet|client|patient|student|crush|date|classmate|mentor|assistant|nanny|babysitter|vicar|pastor|priest|midwife|carer|plumber|hairdresser)"
)
_KIN_DE = (
    r"(?:frau|mann|ehefrau|ehemann|partner(?:in)?|freund(?:in)?|verlobter?|mutter|vater|mama|papa|sohn|tochter|kind|bruder|schwester|oma|opa|grossmutter|grossvater|tante|onkel|cousine?|neffe|nichte|enkel(?:in)?|schwager|schwagerin"
    r"|schwiegermutter|schwiegervater|chef(?:in)?|kollegen?|kollegin|nachbarn?|nachbarin|vermieter(?:in)?|mitbewohner(?:in)?|arzt|arztin|hausarzt|hausarztin|therapeut(?:in)?|lehrer(?:in)?|anwalt|anwaltin|ex(?:-?mann|-?frau|-?freund(?:in)?)?|trainer(?:in)?|kumpel|baby|betreuer(?:in)?)"
)
_KIN_FR = (
    r"(?:femme|mari|epouse|epoux|conjointe?|compagne|compagnon|copine|copain|fiancee?|mere|pere|maman|papa|fils|fille|enfant|frere|soeur|grand-mere|grand-pere|mamie|papi|tante|oncle|cousine?|neveu|niece|belle-mere|beau-pere|patronne?|cheffe?|collegue"
    r"|amie?|meilleure? amie?|voisine?|proprietaire|colocataire|medecin|psy|avocate?|professeure?|prof|ex|bebe|responsable|directeur|directrice|dentiste)"
)
_KIN_ES = (
    r"(?:mujer|esposa|esposo|marido|pareja|novia|novio|madre|padre|mama|papa|hijo|hija|hermano|hermana|abuela|abuelo|tia|tio|prima|primo|sobrina|sobrino|nieta|nieto|suegra|suegro|cunada|cunado|jefe|jefa|companer[oa]|colega|amig[oa]|mejor amig[oa]|vecin[oa]"
    r"|caser[oa]|medic[oa]|psicolog[oa]|abogad[oa]|profesora?|ex|bebe|entrenadora?|dentista)"
)
_KIN_NL_PL = (
    r"(?:vrouw|man|vriend(?:in)?|moeder|vader|zoon|dochter|broer|zus|oma|opa|baas|collega|buurman|buurvrouw|huisarts|zona|maz|chlopak|dziewczyna|mama|tata|matka|ojciec|syn|corka|brat|siostra|babcia|dziadek|szef(?:owa)?|kolega|kolezanka|przyjaciel|przyjaciolka|sasiad(?:ka)?"
    r"|moglie|marito|figlio|figlia|fratello|sorella|amico|amica|capo|esposa|filho|filha|irma|irmao|amigo|amiga|chefe|zena|sin|hci|prijatelj(?:ica)?|sef(?:ica)?)"
)
KIN = rf"(?:{_KIN_EN}|{_KIN_DE}|{_KIN_FR}|{_KIN_ES}|{_KIN_NL_PL})"
"""Relatives, friends and those one has to do with."""
_SIGN_OFF = (
    r"(?:(?:best|kind|warm|kindest|warmest|many|with best|with kind) (?:regards|wishes|thanks)|regards|(?:yours )?sincerely(?: yours)?|yours(?: (?:faithfully|truly|ever))?|best|cheers|thanks(?: (?:so much|again|a lot|in advance))?|many thanks|thank you(?: (?:so much|very much))?|love|lots of love|xoxo|warmly|cordially|respectfully|take care|all the best"
    r"|mit freundlichen grussen|(?:viele|liebe|herzliche|beste|schone|freundliche) grusse|herzlichst|gruss|lg|mfg|vg|hochachtungsvoll|dein|deine|euer|ihr|danke(?: schon)?|vielen dank"
    r"|cordialement|bien (?:a (?:vous|toi)|cordialement)|amicalement|bises|bisous|sinceres salutations|(?:mes )?salutations(?: distinguees)?|respectueusement|merci(?: d'avance)?"
    r"|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|(?:un )?(?:fuerte )?abrazo|besos|gracias|cordialmente"
    r"|met vriendelijke groet(?:en)?|groet(?:en|jes)?|mvg|pozdrawiam(?: serdecznie)?|z powazaniem|cordiali saluti|distinti saluti|un caro saluto|atenciosamente|com os melhores cumprimentos|abracos|lep(?: pozdrav)?|lp|atte)"
)


def _named(match: re.Match[str]) -> bool:
    """Not a word that only stands where a name could."""
    return found(match).split()[0].casefold() not in NOT_NAMES


def _titled(match: re.Match[str]) -> bool:
    """ "my brother. Turn it into": a sentence ends there."""
    ended = re.search(
        r"(?i)(?:brother|sister|father|nurse|judge|captain|coach|doctor|professor|lady|lord|dame|aunt\w{0,2}|uncle|tia|tio|tante|onkel|schwester|tata|pana|pani)\. $",
        match[0][: match.start("it") - match.start()],
    )
    return _named(match) and not (ended and is_plain(found(match).split()[0]))


def _form(match: re.Match[str]) -> bool:
    """ "Name: Ada Quill" is a form's; "name: Build and Test" is a file's."""
    words = found(match).split()
    if words[0].casefold() in NOT_NAMES:
        return False
    return is_soft(words[0]) or not any(is_plain(one) for one in words)


def _given(match: re.Match[str]) -> bool:
    return is_given(found(match).split()[0])


def _likely(match: re.Match[str]) -> bool:
    """After "I'm": many words may follow; a known name, or a capital and an end of the clause."""
    first = found(match).split()[0]
    if is_given(first):
        return True
    rest = match.string[match.end("it") : match.end("it") + 12]
    ends = re.match(r"(?:,| and | from |\.\s|\.$|!|$|\n)", rest)
    adjective = re.search(r"(?:ian|ish|ese|ean|can|man|ist)$", first)
    return bool(ends) and not adjective and first.casefold() not in NOT_NAMES


_I = r"(?i:"
STATED: tuple[Rule, ...] = (
    # "My name is": even in small letters.
    rule("NAME", rf"{_I}\b(?:my|her|his|their) (?:full |first |last |real |maiden |middle |legal |sur)?name(?: is|'s|:) |\b(?:the name's|i am called|i'm called|i go by|they call me|people call me|call me|known as) )(?P<it>{FULL})", _named),
    rule("NAME", r"(?i)\bmy (?:full |first |last |real )?(?:sur)?name is (?P<it>[a-z][a-z'-]{1,24}(?: [a-z][a-z'-]{1,24})??)(?= and\b|[,.!?\n]|$)", _named),
    rule("NAME", rf"{_I}\b(?:full |first |last |sur|middle |maiden )?(?:name|vorname|nachname|familienname|nom|prenom|nombre|apellidos?|naam|imie(?: i nazwisko)?|nazwisko|nome|cognome|ime|priimek)\s?: {{0,3}})(?P<it>{FULL})", _form),
    rule("NAME", rf"{_I}\b(?:i'm|i am|this is|it's) )(?P<it>{FULL})", _likely),
    rule("NAME", rf"{_I}\b(?:ich heisse|ich heiss|heisse ich|mein (?:vor|nach|familien)?name (?:ist|lautet)|man nennt mich|nennt mich) )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:ich bin|hier ist|hier schreibt)(?: der| die)? )(?P<it>{FULL})", _given),
    rule("NAME", rf"{_I}\b(?:je m'appelle|m'appelle|je me nomme|je me prenomme|mon (?:pre)?nom est|moi,? c'est|appelez-moi|appelle-moi) )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:je suis|ici|c'est) )(?P<it>{FULL})", _given),
    rule("NAME", rf"{_I}\b(?:me llamo|mi (?:nombre|apellido)(?: completo)? es|me dicen|llamame) )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:yo soy|soy|habla|aqui) )(?P<it>{FULL})", _given),
    rule("NAME", rf"{_I}\b(?:ik heet|mijn (?:voor|achter)?naam is|ik ben|nazywam sie|mam na imie|jestem|mi chiamo|il mio nome e|sono|chamo-me|me chamo|meu nome e|sou|ime mi je|moje ime je|pisem se|jmenuji se|jag heter|jeg hedder|jeg heter|nimeni on) )(?P<it>{FULL})", _named),
    rule("NAME", r"(?:名前は|名は|氏名[は:]) ?(?P<it>[\u4e00-\u9fff\u3005\u30a0-\u30ff\u3041-\u3096 ]{2,10}?)(?=です|と|。|\n|$|、)"),
    rule("NAME", r"(?:私|僕|俺|わたし|ぼく)は(?P<it>[\u4e00-\u9fff\u3005\u30a0-\u30ff]{2,6})(?=と(?:申|言|い))"),
)  # fmt: skip
"""The person names themselves: what these find is known from then on."""
SIGNED: tuple[Rule, ...] = (
    rule("NAME", rf"(?im:^[ \t>]{{0,8}}{_SIGN_OFF}[ ,.!]{{0,3}}[ \t]{{0,4}}\r?\n\s{{0,4}}[-~]{{0,2}} ?)(?P<it>[a-z][a-z'-]{{1,20}}(?: [a-z][a-z'-]{{1,20}})?)(?=[ \t.]{{0,4}}x{{0,3}}[ \t]{{0,2}}\Z)", lambda m: not any(is_plain(one) for one in found(m).split())),
    rule("NAME", rf"(?im:^[ \t>]{{0,8}}{_SIGN_OFF}[ ,.!]{{0,3}}[ \t]{{0,4}}\r?\n\s{{0,8}}[-~]{{0,2}} ?)(?P<it>{FULL})(?=[ \t]{{0,4}}(?:\n|,|$))", _named),
    rule("NAME", rf"{_I}(?:[.!?\n] {{0,2}}|^){_SIGN_OFF}[,!] ?)(?P<it>{FULL})(?=[ \t.]{{0,4}}(?:\n|$))", _given),
    rule("NAME", rf"\n[ \t]{{0,4}}(?:--|-|~|—) ?(?P<it>{FULL})[ \t]{{0,4}}$", _given),
    rule("NAME", rf"{_I}(?:[.!?\n] {{0,2}}|^){_SIGN_OFF}, )(?P<it>{WORD})(?=[ \t.]{{0,4}}\Z)", _named),
)  # fmt: skip
"""At the end of a letter: the writer's own name."""
OTHERS: tuple[Rule, ...] = (
    rule("NAME", rf"(?<![\w'-])(?P<it>{WORD}) (?:told|asked|texted|called|emailed|invited|married|dumped|gave|sent|helped|showed|hugged|hates|loves|misses) (?:me|us|my|him|her)\b", _named),
    rule("NAME", rf"(?<![\w'-])(?P<it>{WORD})'s? (?:[a-z]{{2,10}} )?{_KIN_EN}\b", _named),
    rule("NAME", rf"(?m:^)(?P<it>{WORD}(?: (?:{PARTICLE} ){{0,2}}{WORD}){{1,3}})(?=[ \t]{{0,4}}\n\d{{1,5}}[A-Za-z]?,? \S[^\n]{{3,60}}\n[^\n]{{0,30}}\d{{3,5}})", _named),
    rule("NAME", rf"(?<![\w'-])(?:(?i:{TITLE})\.? ){{1,3}}(?P<it>{_SURNAME})", _titled),
    rule("NAME", rf"(?<![\w.] )(?<![\w.-])M\. (?P<it>{_SURNAME})", _named),
    rule("NAME", rf"{_I}\b(?:my|our|his|her|their) (?:[a-z]{{2,12}} ){{0,2}}{_KIN_EN}(?:,? (?:called|named|whose name is|is called|is named|is)|,)? )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:mein|meine|meinem|meinen|meiner|meines|unser|unsere|unserem|unseren|unserer|sein|seine|seiner|ihr|ihre|ihrer) (?:[a-z]{{2,12}} )?{_KIN_DE}(?:,? (?:heisst|namens)|,)? )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:mon|ma|mes|notre|son|sa|leur) (?:[a-z]{{2,12}} )?{_KIN_FR}(?:,? (?:s'appelle|nommee?|qui s'appelle)|,)? )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:mi|mis|nuestr[oa]|su|tu) (?:[a-z]{{2,12}} )?{_KIN_ES}(?:,? (?:se llama|llamad[oa]|que se llama)|,)? )(?P<it>{FULL})", _named),
    rule("NAME", rf"{_I}\b(?:mijn|onze|moj|moja|moje|mojej|mojego|mojim|mojo|mio|mia|meu|minha|nas|nasz|nasza) (?:[a-z]{{2,12}} )?{_KIN_NL_PL}(?:,? (?:heet|ma na imie|si chiama|chama-se|je)|,)? )(?P<it>{FULL})", _named),
    rule("NAME", rf"(?m:^|(?<=[.!?\n\"]) ?)(?i:dear|hi|hello|hey|good (?:morning|afternoon|evening)|liebe[rs]?|hallo|guten (?:tag|morgen|abend)|servus|moin|sehr geehrte[rs]?|chere?s?|bonjour|bonsoir|salut|coucou|hola|querid[oa]|estimad[oa]|buen(?:os|as) (?:dias|tardes|noches)|beste|lieve|geachte|drogi|droga|czesc|szanowny|szanowna|ciao|car[oa]|gentile|egregio|prezad[oa]|ola|oi|zivjo|dragi|draga|spostovani) (?:(?i:{TITLE})\.? ){{0,3}}(?P<it>{FULL})(?=\s{{0,2}}(?:[,!:;\n]|-|$))", _named),
    rule("NAME", r"(?P<it>[\u4e00-\u9fff\u3005]{1,4}|[\u30a1-\u30fa\u30fc]{2,8})(?=(?:さん|さま|氏|君|くん|ちゃん|先生|部長|課長|社長)(?![\u4e00-\u9fff]))", lambda m: m["it"][-1] not in "皆客母父兄姉妹弟婆爺子奥主人屋者生"),
)  # fmt: skip
_NEXT = re.compile(r" ([A-Z][a-z]{2,14})")
_AND = re.compile(rf"(?:,? (?:and|und|et|y|e|en|i) | & )(?P<it>{FULL})(?![\w(\[{{=/\\@])")
THINGS = (
    "the ",
    "The ",
    "Ikea ",
    "IKEA ",
    "ikea ",
    "Santa ",
    "Lake ",
    "San ",
    "Port ",
    "Fort ",
    "Mount ",
)
_CAPITAL = re.compile(rf"(?<![\w@#$/\\.])(?<!['`]){WORD}(?![\w(\[{{=/\\@])(?!\.\w)(?!::)")
_MORE = re.compile(
    rf" (?:{PARTICLE} ){{0,2}}(?P<word>{WORD})(?![\w(\[{{=/\\@])|(?: [{_UP}]\.)(?= [{_UP}])"
)


def listed(text: str) -> Iterator[Span]:
    """Given names that are no ordinary word, with up to three capitalised words after them."""
    done = 0
    for match in _CAPITAL.finditer(text):
        if match.start() < done or not is_given(match[0]):
            continue
        done = end = match.end()
        after = _NEXT.match(text, end)
        # "the Mona Lisa", "Ikea Billy"; "Jan 12 04:11:07" is a month.
        if text.endswith(THINGS, 0, match.start()) or (
            match[0] == "Jan" and re.match(r"\s{1,2}\d", text[end : end + 3])
        ):
            continue
        if (after and after[1].casefold() in FAMOUS) or text.endswith("St. ", 0, match.start()):
            continue
        for _ in range(3):
            more = _MORE.match(text, end)
            if more is None or (more["word"] and more["word"].casefold() in NOT_NAMES):
                break
            done = end = more.end()
        yield match.start(), end, "NAME"
        other = _AND.match(text, end)
        if other and other["it"].split()[0].casefold() not in NOT_NAMES:
            done = other.end()
            yield other.start("it"), other.end("it"), "NAME"
