"""Letters that look like Latin ones, and letters that no decomposition takes to Latin."""

from __future__ import annotations

_PAIRS = (
    # Cyrillic
    "аa еe оo рp сc уy хx іi јj ѕs ԁd ԛq ԝw һh кk мm тt нh вb ӏl ԍg ґr "
    "АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS ԚQ ԜW ҺH ӀI "
    # Greek
    "αa οo νv ρp υu ιi κk τt χx γy εe ηn ωw "
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX "
    # Armenian, Cherokee and others
    "օo սu հh ոn ցg յj ᎪA ᏴB ᏟC ᎬE ᏀG ᎻH ᎫJ ᏦK ᏞL ᎷM ᏢP ᎡR ᏚS ᎢT ᏙV ᎳW ᏃZ "
    "ɑa ɡg ɩi ıi ȷj ʟl ɴn ʀr ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ᴍm ᴏo ᴘp ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz "
    # Letters with strokes
    "łl ŁL đd ĐD ðd øo ØO ħh ŧt ŋn ɓb ɗd ƙk ɣy"
)
LOOKALIKES: dict[str, str] = {pair[0]: pair[1:] for pair in _PAIRS.split()} | {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th",
    "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "′": "'", "`": "`", "“": '"', "”": '"', "„": '"',
    "«": '"', "»": '"', "−": "-", "⁃": "-", "ー": "ー", "∕": "/", "⁄": "/", "⧵": "\\", "∖": "\\",
    "․": ".", "∶": ":", "ꓸ": ".", "׃": ":", "﹒": ".", "。": "。", "\u1680": " ", "\u180e": "", "\u115f": "",
    "\u1160": "", "\u3164": "", "\uffa0": "", "\u2800": "",
}  # fmt: skip
"""Character → what it is read as."""
