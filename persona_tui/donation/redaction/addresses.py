"""Postal addresses, as nine countries write them; employers behind "I work at"."""

from __future__ import annotations

import re

from persona_tui.donation.redaction.folding import fold
from persona_tui.donation.redaction.rules import Rule, before, found, rule

_STATE = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
    r"|Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois|Indiana|Iowa"
    r"|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada"
    r"|New (?:Hampshire|Jersey|Mexico|York)|(?:North|South) (?:Carolina|Dakota)|Ohio|Oklahoma|Oregon|Pennsylvania|Rhode Island"
    r"|Tennessee|Texas|Utah|Vermont|(?:West )?Virginia|Washington|Wisconsin|Wyoming|D\.C\.)"
)
_ZIP = r"\d{5}(?:-\d{4})?(?!\d)"
_POSTCODE = (
    r"(?:A[BL]|B[ABDHLNRST]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?"
    r"|M[EKL]?|N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
    r"\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}(?![A-Za-z0-9])"
)
_W = r"[A-Z][\w'.-]{0,24}"
_CITY = rf"{_W}(?:[ -](?:(?:am|an der|im|in|sur|sous|en|de|del|de la|la|le|les|upon|on|a/d|aan den|aan de|nad) )?{_W}){{0,3}}"
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|Fl|Rm|Room|Bldg|#)\.? ?#?[\w-]{1,6})"
_STREET_EN = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Place|Pl|Square|Sq|Terrace|Ter|Way|Close|Mews|Crescent|Cres"
    r"|Gardens|Gdns|Grove|Hill|Row|Parkway|Pkwy|Highway|Hwy|Circle|Cir|Trail|Trl|Walk|Green|Park|Quay|Wharf|Broadway|Loop|Path|Rise|View"
    r"|Plaza|Alley|Drove|Gate|Yard|Vale|Parade|Esplanade|Turnpike|Pike|Crossing|Ridge|Run|Point|Cove|Bend)"
)
_LINE = r"[,\n]?\s{1,2}"
_TAIL_EN = rf"(?:{_UNIT})?(?:,?\s{{1,2}}{_CITY})?(?:,?\s{{1,2}}(?:{_STATE}\b\.?(?:,? {_ZIP})?|{_POSTCODE}))?"
_STREET_DE = r"(?:strasse|str\.?|weg|platz|allee|gasse|ring|damm|ufer|chaussee|graben|steig|pfad|stieg|wall|kamp|promenade|zeile|hof|markt|berg|feld)"
_STREET_NL = r"(?:straat|laan|weg|gracht|kade|plein|dijk|singel|dreef|hof|pad|steeg|park|plantsoen|baan|wal|markt|haven|hout|veld)"
_FR = r"(?:rue|avenue|av\.?|boulevard|bd\.?|impasse|allees?|chemin|place|quai|cours|route|square|passage|faubourg|ruelle|residence|lotissement|sentier|esplanade|rond-point|villa)"
_ES = r"(?:calle|c/|avenida|avda\.?|av\.|plaza|pza\.?|paseo|p\.o|camino|carretera|ctra\.?|ronda|travesia|glorieta|rambla|carrer|via|viale|piazza|corso|vicolo|rua|largo|travessa)"
_PL = r"(?:ul\.?|al\.|pl\.|os\.|ulica|ulicy|aleja|alei)"
_HOUSE = r"\d{1,5} ?[a-zA-Z]?(?:[-/]\d{1,4}[a-z]?)?(?![\w%])"


def _folded(words: str) -> str:
    return "|".join(re.escape(fold(one).text).replace(r"\ ", " ") for one in words.split("|"))


_OTHER_STREETS = _folded(
    "ул|улица|улице|пр|проспект|пер|переулок|бульвар|шоссе|наб|набережная|площадь|вул|вулиця|провулок"
)
_OTHER_TOWN = f"(?:{_folded('г|гор|город|м|місто|с|пос|дер')})"
_ARABIC = _folded("شارع|حي|طريق|زنقة|نهج|عمارة")
_OTHER_HOUSE = _folded("д|дом|буд|будинок|№")
_OTHER_FLAT = _folded("кв|квартира|корп|стр|оф")


def _generic(match: re.Match[str]) -> bool:
    """Not a sentence that happens to hold a capital, a number and a year."""
    return not re.match(
        r"(?:In|The|On|At|Seit|Von|Bis|Nach|Version|Python|Figure|Chapter|Table|Page|Step)\b",
        match[0],
    )


def _employer(match: re.Match[str]) -> bool:
    return (
        found(match).split()[0]
        not in {"I", "Monday", "Home", "The", "A", "My", "Python", "January"}
        and len(found(match)) > 2
    )


def _written(match: re.Match[str]) -> bool:
    """A written address has a number and words; an e-mail, IP or memory address is something else."""
    value = found(match)
    return bool(re.search(r"\d", value) and re.search(r"[A-Za-z]{3}", value)) and not re.match(
        r"(?:0x|https?:|\d{1,3}\.\d)", value
    )


_ORG = r"(?P<it>(?:the )?[A-Z][\w&'.-]{0,30}(?:,? (?:(?:&|and|und|et|y|of|de|du|des|der|del|for|von|van) )?[A-Z][\w&'-]{1,30}){0,5})"

RULES: tuple[Rule, ...] = (
    # "My address is": what follows, to the end of the sentence.
    rule("ADDRESS", r"(?i)(?<![a-z-] )(?<![a-z-])(?:(?:my|our|home|postal|mailing|shipping|delivery|street|meine|unsere|ma|mon|mi|nuestra|mijn|moj|il mio) )?(?:address|adresse|anschrift|direccion|domicilio|indirizzo|adres|endereco|naslov)(?: is| lautet| ist| est| es| e)?:? (?P<it>(?-i:[A-Z0-9])[^\n;@=(){}<>]{4,90}?)(?=\.(?:\s|$)|\n|;|$)", _written),
    rule("ADDRESS", r"(?i)\b(?:zip(?: ?code)?|postcode|post code|postal code|plz|postleitzahl|code postal|codigo postal|cap|kod pocztowy)\b[^\d\n]{0,12}(?P<it>\d{2}-\d{3}|\d{5}(?:-\d{4})?|\d{4}(?: ?[A-Z]{2})?)(?![\w.])"),
    rule("ADDRESS", rf"(?i:\b(?:live|lives|lived|living|house|home|grew up|moved|flat|apartment|stay|staying)\b[^.\n]{{0,20}}? (?:on|at|in|to) )(?P<it>(?:{_W} ){{1,3}}{_STREET_EN})\b"),
    rule("ADDRESS", rf"(?i:\b(?:wohne|wohnt|wohnen|lebe|ziehe)\b[^.\n]{{0,16}}? )(?P<it>[A-Z][\w-]{{1,30}}{_STREET_DE})\b"),
    rule("ADDRESS", rf"(?i:\b(?:habite|habitons|vis|demenage|vivo|vivimos|resido|abito)\b[^.\n]{{0,16}}? )(?P<it>(?i:{_FR}|{_ES}) (?:(?:de|du|des|la|le|les|del|los|las) ){{0,3}}(?:d'|l')?{_W}(?: {_W}){{0,3}})"),
    rule(
        "ADDRESS",
        rf"(?<![\w.$€£-])(?:(?:Flat|Apt|Unit|Apartment|Suite|Room) \w{{1,5}},? )?\d{{1,6}}[A-Za-z]?(?:-\d{{1,5}})? (?:(?:[NSEW]|NE|NW|SE|SW|North|South|East|West)\.? )?"
        rf"(?:(?:[A-Z][\w'.-]{{0,24}}|\d{{1,3}}(?:st|nd|rd|th)|of|the|de|la) ){{1,4}}?{_STREET_EN}\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b\.?)?{_TAIL_EN}",
    ),
    rule("ADDRESS", rf"(?<![\w-]){_CITY},? {_STATE},? {_ZIP}"),
    rule("ADDRESS", rf"(?<![\w-])(?:(?:Apt|Apartment|Unit|Suite|Ste|Flat|Floor|Fl|#)\.? ?#?\w{{1,6}},? )(?:{_CITY},? )?{_STATE},? {_ZIP}"),
    rule("ADDRESS", rf"(?<![\w-])(?:(?:{_CITY}),? )?(?:NSW|VIC|QLD|WA|SA|TAS|ACT|NT) \d{{4}}(?!\w)"),
    rule("ADDRESS", rf"(?<![\w-])(?:{_CITY},? )?(?:AB|BC|MB|NB|NL|NS|ON|PE|QC|SK|YT)?,? ?(?P<pc>[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d)(?!\w)"),
    # "The Old Forge, Sandy Lane, Tetbury, GL8 8XX": a house with a name.
    rule("ADDRESS", rf"(?<![\w-])(?:(?:The )?{_W}(?: {_W}){{0,3}}, ){{1,4}}{_POSTCODE}"),
    rule("ADDRESS", rf"(?<![\w-]){_POSTCODE}"),
    rule("ADDRESS", rf"(?i)\b(?:P\.? ?O\.? ?Box|Postfach|Boite postale|B\.P\.|Apartado(?: de correos)?|Postbus|Skrytka pocztowa|Casella postale) \d{{1,6}}(?:,?\s{{1,2}}(?-i:{_CITY}))?(?:,?\s{{1,2}}(?-i:{_STATE}) {_ZIP}|,?\s{{1,2}}\d{{4,5}} (?-i:{_CITY}))?"),
    rule("ADDRESS", rf"(?:(?<![\w-])(?:[A-Z][\w.-]{{1,20}} ){{0,2}}[A-Z][\w-]{{1,30}}[- ]?{_STREET_DE}|(?<![\w-])[A-Z][\w-]{{1,24}} (?:Strasse|Str\.|Weg|Platz|Allee|Gasse|Ring|Damm|Ufer)) {{0,1}}{_HOUSE}(?:,?\s{{1,2}}(?:\d{{1,2}}\. (?:Stock|OG|Etage),?\s|(?:EG|DG|OG|Top \d{{1,3}}),?\s)?(?:(?:D|A|CH|DE|AT)-)?\d{{4,5}} {_CITY})?"),
    rule("ADDRESS", rf"(?<![\w-])(?:Am|An der|An den|Im|In der|In den|Auf dem|Auf der|Zum|Zur|Unter den|Bei der|Hinter dem|Vor dem) (?:{_W} ){{1,3}}{_HOUSE},?\s{{1,2}}(?:(?:D|A|CH)-)?\d{{4,5}} {_CITY}"),
    rule("ADDRESS", rf"(?<![\w-])(?:{_W} ){{1,5}}(?:(?:cesta|ulica|trg|pot|utca|ut|ulice|namesti|vej|gade|gatan|vagen|katu|tie|sokak|caddesi) )?{_HOUSE},?\s{{1,2}}(?:[A-Z]{{1,2}}-)?\d{{4,5}} {_CITY}", _generic),
    rule("ADDRESS", rf"(?i)\b(?:wohn\w{{0,4}}|lebe|zieh\w{{0,3}}|plz|adresse|anschrift|komme aus|habite|domicilie|vivo en|resido en|live in|code postal|codigo postal|woon in|cap)\b[^\n\d]{{0,20}}?(?P<it>(?-i:\d{{4,5}} {_CITY}))"),
    rule("ADDRESS", rf"(?i)(?<![\w.-])\d{{1,4}} ?(?:bis|ter|quater|[a-d])?,? {{1,2}}{_FR} (?:(?:de|du|des|la|le|les|et|en|sous|sur|l|d) |(?:d|l)'){{0,3}}(?-i:[A-Z0-9][\w'.-]{{0,24}})(?: (?:(?:de|du|des|la|le|les|et) ){{0,2}}(?-i:[A-Z][\w'.-]{{0,24}})){{0,4}}(?:,?\s{{1,2}}(?:F-)?\d{{5}} (?-i:{_CITY}))?"),
    rule("ADDRESS", rf"(?i)(?<![\w-]){_ES} (?:(?:de|del|la|las|los|el|da|do|dos|di|della|degli) ){{0,3}}(?-i:[A-Z][\w'.-]{{0,24}})(?: (?:(?:de|del|la|las|los|el|y|di|da) ){{0,2}}(?-i:[A-Z][\w'.-]{{0,24}})){{0,4}},? {{0,2}}(?:n\.?[o ]?\.? ?|num\.? ?)?{_HOUSE}(?:, ?\d{{1,2}}(?!\d)\.?[oa]?\.?(?: ?[A-Za-z]{{1,4}}\b\.?)?){{0,3}}(?:,?\s{{1,2}}\d{{4,5}}(?:-\d{{3}})? (?-i:{_CITY})(?:,? \(?(?-i:{_CITY})\)?)?)?"),
    rule("ADDRESS", rf"(?<![\w-])(?:[A-Z][\w-]{{1,20}} (?:van |de |den |der ){{0,2}}){{0,2}}[A-Z][\w-]{{1,30}}{_STREET_NL} {_HOUSE}(?:,?\s{{1,2}}\d{{4}} ?[A-Z]{{2}}\b(?: {_CITY})?)?"),
    rule("ADDRESS", rf"(?<![\w-])(?:{_W} ){{1,4}}{_HOUSE},?\s{{1,2}}\d{{4}} ?[A-Z]{{2}} {_CITY}"),
    rule("ADDRESS", rf"(?i)(?<![\w-]){_PL} (?-i:(?:{_W} ){{1,4}})\d{{1,4}} ?[a-z]?(?: ?/ ?\d{{1,4}}|,? ?(?:m|lok)\.? ?\d{{1,4}})?(?!\w)(?:,?\s{{1,2}}\d{{2}}-\d{{3}} (?-i:{_CITY}))?"),
    rule("ADDRESS", rf"(?<![\w-])\d{{2}}-\d{{3}} {_CITY}(?=[\s,.;)]|$)"),
    rule("ADDRESS", r"(?:〒 ?\d{3}-?\d{4}[ \n]{0,2})?(?:東京都|北海道|大阪府|京都府|[\u4e00-\u9fff]{2,3}県)[^\s\u3001\u3002,]{1,24}?\d{1,4}(?:[-丁目番地号の]{1,2}\d{1,4}){0,4}(?:[丁目番地号]{1,2})?"),
    rule("ADDRESS", rf"(?i)(?<![\w-])(?:rua|r\.|avenida|av\.|travessa|tv\.|alameda|al\.|praca|estrada|rodovia|largo|beco|quadra) (?:(?:de|da|do|dos|das|e) ){{0,2}}(?-i:[A-Z0-9][\w'.-]{{0,24}})(?: (?:(?:de|da|do|dos|das|e) ){{0,2}}(?-i:[A-Z0-9][\w'.-]{{0,24}})){{0,5}},? ?(?:n[o.]{{0,2}} ?)?\d{{1,5}}(?:[ ,-]{{1,3}}(?:apto?\.?|ap\.?|apartamento|bloco|bl\.?|casa|sala|conj\.?|fundos|lote|[0-9]{{1,2}}[.o] ?(?:esq|dto|andar|drt)\.?) ?\w{{0,5}}){{0,3}}(?:[ ,-]{{1,3}}(?-i:[A-Z][\w'.]{{1,24}})(?: (?:(?:de|da|do|dos|das) )?(?-i:[A-Z][\w'.]{{1,24}})){{0,3}}){{0,3}}(?:[ /,-]{{1,3}}(?-i:[A-Z]{{2}})\b)?(?:[ ,-]{{1,3}}(?:CEP:? ?)?\d{{5}}-?\d{{3}}\b|[ ,-]{{1,3}}\d{{4}}-\d{{3}}(?: (?-i:{_CITY}))?)?"),
    rule("ADDRESS", r"(?<![\w-])(?:CEP:? ?)?\d{5}-\d{3}(?!\w)", lambda m: "cep" in (before(m, 12) + m[0]).casefold()),
    rule("ADDRESS", rf"(?i)(?<![\w-])(?:via|viale|piazza|piazzale|corso|vicolo|largo|strada|contrada|lungomare|salita|borgo|v\.le|p\.zza) (?:(?:dei|degli|delle|della|dello|del|dell'|di|d'|da|san|santa|sant'|s\.|xx|iv|a\.|g\.) ?){{0,3}}(?-i:[A-Z][\w'.-]{{0,24}})(?: (?:(?:dei|degli|delle|della|del|di|da|e) )?(?-i:[A-Z][\w'.-]{{0,24}})){{0,3}}(?:,? (?:n\.? ?)?\d{{1,4}}(?:/?[a-zA-Z]\b)?(?:,? (?:int|interno|scala|sc|piano)\.? ?\w{{1,4}}){{0,2}})(?:,?\s{{1,2}}(?:I-)?\d{{5}} (?-i:{_CITY})(?: ?\(?(?-i:[A-Z]{{2}})\)?)?)?"),
    rule("ADDRESS", rf"(?<![\w.$-])\d{{1,6}}[A-Za-z]? (?:(?:[NSEW]|NE|NW|SE|SW)\.? )?(?:[A-Z][\w'.-]{{0,24}} ){{1,4}}{_STREET_EN}\.?,(?=\s|$)"),
    # Chinese, Japanese, Korean: from the larger to the smaller.
    rule("ADDRESS", r"(?:(?<=[在到是址:：于至，])|(?<![\u4e00-\u9fff])|(?<=家住)|(?<=住))(?![住在我家寄送他她是到])(?:中国)?[\u4e00-\u9fff]{1,8}?(?:省|自治区|市|区|县|镇|乡|州|區|縣|鎮)[\u4e00-\u9fffA-Za-z0-9]{0,28}?(?:路|街|道|巷|弄|胡同|村|里|苑|园|小区|社区|大厦|花园|段|園)(?:[\u4e00-\u9fff]{0,6}\d{1,5}(?:[号號弄幢栋座楼层樓室单元单元之-]{1,3}\d{0,4}){0,7}[号號室楼樓]?)"),
    rule("ADDRESS", r"(?![住在我家寄送他她是到])[\u4e00-\u9fff]{2,8}?(?:路|街|大道|巷|弄|胡同|小区|花园)\d{1,5}[号號弄](?:[\u4e00-\u9fff]{0,4}\d{1,4}(?:号|號|幢|栋|座|楼|层|室|单元|樓)?){0,5}"),
    rule("ADDRESS", r"(?![住在我家寄送他她是到])(?:〒 ?\d{3}-?\d{4}[ \n]{0,2})?[\u4e00-\u9fff]{1,6}?[市区町村郡都府県][\u4e00-\u9fff\u3041-\u3096\u30a1-\u30fa\u30fcA-Za-z]{1,18}?\d{1,4}(?:(?:-|丁目|番地|番|号|の){1,2}\d{1,4}){1,4}(?:号室|番地|号|室|番)?(?: ?[\u30a1-\u30fa\u30fc\u4e00-\u9fffA-Za-z]{2,14} ?\d{1,4}(?:号室|号|F|階)?)?"),
    rule("ADDRESS", r"(?:[\uac00-\ud7a3]{1,6}(?:특별시|광역시|특별자치시|시|도) )?(?:[\uac00-\ud7a3]{1,6}(?:시|구|군) ){1,2}[\uac00-\ud7a30-9]{1,12}(?:로|길|동|읍|면)(?: ?\d{1,3}번?길)? ?\d{1,4}(?:-\d{1,4})?(?:번지|호)?(?:,? ?\d{1,4}동)?(?: ?\d{1,4}호)?"),
    rule("ADDRESS", rf"(?i)(?<!\w)(?:{_OTHER_TOWN}\.? ?(?-i:[A-Z\u0400-\u042f])[\w-]{{1,24}}(?: [\w-]{{2,20}})?, ?)?(?:{_OTHER_STREETS})\.? (?-i:[A-Z\u0400-\u042f])[\w-]{{1,24}}(?: [\w-]{{2,24}}){{0,2}},? (?:{_OTHER_HOUSE})?\.? ?\d{{1,4}}[a-z\u0400-\u052f]?(?:,? (?:{_OTHER_FLAT})\.? ?\d{{1,4}})?"),
    rule("ADDRESS", rf"(?<![\u0621-\u064a])(?:{_ARABIC}) [\u0621-\u064a]{{2,14}}(?: [\u0621-\u064a]{{2,14}}){{0,2}}?(?:[ ,\u060c]{{1,3}}(?:{_folded('رقم|شقة|بناية|مبنى|الطابق')})? ?\d{{1,5}}|[,\u060c] ?(?:{_ARABIC}) [\u0621-\u064a]{{2,14}})(?:[ ,\u060c]{{1,3}}(?:{_ARABIC})? ?[\u0621-\u064a]{{2,14}}){{0,3}}(?: \d{{4,6}})?"),
    rule("ADDRESS", r"〒 ?\d{3}-?\d{4}"),
    rule("ORG", rf"(?i:\b(?:i work|working|work|works|employed|job|i'm an? \w{{2,20}}|my employer|our company|my company)(?: (?:at|for|is|called)) ){_ORG}", _employer),
    rule("ORG", rf"(?i:\b(?:arbeite|arbeitet|angestellt|beschaftigt|job|stelle)(?: (?:bei|fur)(?: der| dem| den)?) ){_ORG}", _employer),
    rule("ORG", rf"(?i:\b(?:travaille|bosse|employee?|salariee?|poste)(?: (?:chez|pour)) ){_ORG}", _employer),
    rule("ORG", rf"(?i:\b(?:trabajo|trabaja|empleo|empleado|empleada)(?: (?:en|para)) ){_ORG}", _employer),
    rule("ORG", rf"(?i:\b(?:ik werk|werkt|pracuje|lavoro|trabalho|delam)(?: (?:bij|voor|w|presso|per|na|pri)) ){_ORG}", _employer),
    rule("ORG", r"(?<![\w-])(?:[A-Z][\w&'-]{1,30} ){1,4}(?:GmbH|AG|Ltd|LLC|Inc|S\.A\.|SARL|SAS|S\.L\.|B\.V\.|N\.V\.|d\.o\.o\.|s\.r\.o\.|Sp\. z o\.o\.|e\.V\.|PLC|Oy|AB|KG)(?![\w])"),
)  # fmt: skip
