"""Which language a short text is in, as far as extraction must know it.

By script, then by frequent function words: enough to choose a prompt or a frame, and small. A
wrong guess costs style, not truth.
"""

from __future__ import annotations

import re

_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af\u1100-\u11ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("uk", re.compile(r"[іїєґ]", re.IGNORECASE)),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_WORDS = {
    "en": "i the a an and is are was to of in my me we you it that for with have has do not but i'm "
    "i've don't can't be on at as so this after from by just never always no our new",
    "de": "ich und der die das ist nicht ein eine mit zu wir habe bin mein meine auf für im seit kein "
    "keine wie was bitte den dem von als sehr auch",
    "fr": "je le la les et est un une des pas ne de mon ma mes nous suis ai dans pour avec que qui en "
    "du au mais j'ai c'est depuis",
    "es": "yo el la los las y es un una no mi mis me de que en con para soy tengo pero por estoy como "
    "al del muy hace desde",
    "it": "io il la lo gli e è un una non mi mio mia di che in con per sono ho ma come del della nel "
    "anche da",
    "pt": "eu o a os as e é um uma não meu minha de que em com para sou tenho mas por estou no na do "
    "da muito me",
    "nl": "ik de het een en is niet mijn me wij we van dat in met voor heb ben maar op te als ook al "
    "sinds geen",
    "tr": "ben bir ve bu için de da çok mi ne ile var değil benim ama gibi",
    "pl": "ja i w na nie się jest z do mam że to jestem mój moja od po ale jak",
}
_LATIN = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_MARKS = (
    ("de", "äöüß"), ("es", "ñ¿¡"), ("pt", "ãõ"), ("fr", "œçèêàùî"), ("tr", "ğışİ"), ("pl", "ąęłśźżćń"),
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def language_of(text: str, *, default: str = "en") -> str:
    """ISO 639-1 code of the most likely language; ``default`` where nothing speaks for any."""
    text = text[:2000]
    for language, pattern in _SCRIPTS:
        if len(pattern.findall(text)) * 3 > sum(c.isalpha() for c in text):
            return language
    words = [w.lower().replace("’", "'") for w in _WORD.findall(text)]
    scores = {lang: sum(w in known for w in words) for lang, known in _LATIN.items()}
    for language, marks in _MARKS:
        scores[language] += 2 * any(c in marks for c in text.lower())
    best = max(scores, key=lambda lang: (scores[lang], lang == default))
    return best if scores[best] else default


def code_of(language: str) -> str | None:
    """The code (``de``) of a language that a person named: ``de``, ``DE``, ``de-AT``, ``German``;
    ``None`` if it is neither a code nor a name that we know."""
    given = language.strip()
    if _CODE.fullmatch(given):
        return re.split("[-_]", given)[0].lower()
    return next((code for code, name in NAMES.items() if name == given.capitalize()), None)


NAMES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian",
    "pt": "Portuguese", "nl": "Dutch", "zh": "Chinese", "ja": "Japanese", "ko": "Korean",
    "ar": "Arabic", "ru": "Russian", "uk": "Ukrainian", "hi": "Hindi", "tr": "Turkish",
    "pl": "Polish", "el": "Greek", "he": "Hebrew", "th": "Thai",
}  # fmt: skip
_CODE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")

REPORTED = {
    "en": "The user says: “{}”",
    "de": "Die Person sagt: „{}“",
    "fr": "La personne dit : « {} »",
    "es": "La persona dice: «{}»",
    "it": "La persona dice: «{}»",
    "pt": "A pessoa diz: “{}”",
    "nl": "De gebruiker zegt: “{}”",
    "zh": "用户说：“{}”",
    "ja": "ユーザーの発言：「{}」",
    "ko": "사용자의 말: “{}”",
    "ar": "يقول المستخدم: «{}»",
    "ru": "Пользователь говорит: «{}»",
    "uk": "Користувач каже: «{}»",
    "hi": "उपयोगकर्ता कहता है: “{}”",
    "tr": "Kullanıcı şöyle diyor: “{}”",
    "pl": "Użytkownik mówi: „{}”",
    "el": "Ο χρήστης λέει: «{}»",
    "he": "המשתמש אומר: „{}”",
    "th": "ผู้ใช้กล่าวว่า “{}”",
}
"""The frame in which a sentence is reported in the person's own words, by language of the frame."""


def reported(sentence: str, language: str) -> str:
    """A statement that the sentence entails in any language: that it was said."""
    return REPORTED.get(language, REPORTED["en"]).format(sentence.strip().rstrip("."))
