"""Numbers written as words, up to 99, in six languages (folded: without accents)."""

from __future__ import annotations

_EN = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_DE = "ein zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn funfzehn sechzehn siebzehn achtzehn neunzehn"
_DE_TENS = "zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig"
_FR = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf"
_FR_TENS = "vingt trente quarante cinquante soixante soixante-dix quatre-vingts? quatre-vingt-dix"
_ES = (
    "un uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis diecisiete dieciocho"
    " diecinueve veinte veintiun veintiuno veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve"
)
_ES_TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa"
_NL = "een twee drie vier vijf zes zeven acht negen tien elf twaalf dertien veertien vijftien zestien zeventien achttien negentien"
_NL_TENS = "twintig dertig veertig vijftig zestig zeventig tachtig negentig"


def _any(words: str) -> str:
    """An alternation with the longest first."""
    return "(?:" + "|".join(sorted(words.split(), key=len, reverse=True)) + ")"


EN = rf"(?:{_any(_EN_TENS)}(?:[- ]{_any(_EN)})?|{_any(_EN)})"
DE = rf"(?:(?:{_any(_DE)}und)?{_any(_DE_TENS)}|{_any(_DE)})"
FR = rf"(?:{_any(_FR_TENS)}(?:[- ](?:et[- ])?{_any(_FR)})?|{_any(_FR)})"
ES = rf"(?:{_any(_ES_TENS)}(?: y {_any(_ES)})?|{_any(_ES)})"
NL = rf"(?:(?:{_any(_NL)}en)?{_any(_NL_TENS)}|{_any(_NL)})"
