"""Names behind labels ("ship to:", "patient:"), in mail headers and settings, with letters after
them ("Jane Doe, PhD"), and surnames behind initials ("J.W. Doe")."""

from __future__ import annotations

import re

from persona_tui.donation.redaction.lexicon import NOT_NAMES, is_likely, is_plain, is_soft
from persona_tui.donation.redaction.names import FULL, PARTICLE, TITLE, WORD
from persona_tui.donation.redaction.rules import Rule, after, before, found, rule

_CAPS = r"(?:[A-Z][A-Z'-]{1,24}(?:,? (?:[A-Z]\.?(?![\w'])|[A-Z][A-Z'-]{1,24})){1,3})"
"""A name all in capitals: two words at least, initials among them."""
_INITIALS = r"(?:(?:[A-Z]\.[ -]?){1,3}|[A-Z]{1,2} )"
_LAST = rf"(?:(?:{PARTICLE} ){{0,2}}{WORD}(?:[ -]{WORD})?)"
_COMMA = rf"(?:{_LAST}, {WORD}(?: [A-Z]\.?(?!\w)| {WORD})?)"
_ANY_NAME = rf"(?:{_COMMA}|{FULL}(?: [A-Z]\.?(?= ?[,\n]| [A-Z]))?|{_CAPS}|{_INITIALS}{_LAST})"
_LOWER = r"(?:[a-z][a-z'-]{1,24}(?: [a-z]\.?(?= ))?(?: [a-z][a-z'-]{1,24}){0,2})"
_LABEL = (
    r"(?:(?:ship|bill|deliver|send|sold|mail|return|payable|pay|addressed|reply|assigned|issued|prescribed|delivered|invoice|mailed|shipped)[ -]?to|recipient|sender|addressee|attn\.?|attention|c/o|care of|fao|f\.a\.o\.?"
    r"|patient(?:'s)?(?: name)?|client(?: name)?|customer(?: name)?|tenant|lessee|lessor|landlord|employee(?: name)?|applicant|candidate|claimant|plaintiff|defendant|respondent|petitioner|witness|passenger(?: name)?|guest(?: name)?|insured|policy ?holder"
    r"|account ?holder|card ?holder|name on (?:card|the card|account)|beneficiary|payee|payer|borrower|emergency contact|contact(?: person| name)?|next of kin|guardian|parent|mother|father|student(?: name)?|pupil|teacher|instructor|author|written by|by|prepared by|reviewed by|approved by|signed(?: by)?|signature|signatory|witnessed by"
    r"|provider|physician|prescriber|referred by|referring|surgeon|doctor|member|attendees?|present|participants?|interviewee|interviewer|organi[sz]er|host|manager|supervisor|owner|reporter|assignee|requested by|user|who|caller|full name|name|from|to|cc|bcc|reservation(?: for| name)?|booking(?: for)?|appointment for|dear"
    r"|z\.? ?hd\.?|zu handen(?: von)?|z\. ?h\.?|patient(?:in)?|kundin|kunde|empfanger(?:in)?|absender(?:in)?|kontoinhaber(?:in)?|mieter(?:in)?|vermieter(?:in)?|ansprechpartner(?:in)?|antragsteller(?:in)?|versicherte[rn]?|teilnehmer(?:in)?|unterschrift|lieferadresse|rechnung an|lieferung an|gez\.|i\.a\.|i\.v\.|auf den namen|verfasser(?:in)?|autor(?:in)?"
    r"|destinataire|expediteur|expeditrice|titulaire|a l'attention de|au nom de|client[e]?|patient[e]?|locataire|signe|signataire|beneficiaire|proprietaire|assure[e]?|auteur|livrer a|facturer a|eleve"
    r"|destinatari[oa]|remitente|titular|a nombre de|a la atencion de|paciente|cliente|inquilin[oa]|firmado|firma|beneficiari[oa]|alumn[oa]|solicitante|enviar a|autor[a]?|asegurad[oa]|razon social"
    r"|t\.?n\.?v\.?|t\.?a\.?v\.?|ten name van|ter attentie van|op naam van|ontvanger|afzender|huurder|rekeninghouder|klant|ondertekend|patient"
    r"|intestatari[oa]|intestato a|all'attenzione di|alla c\.a\.|mittente|paziente|inquilin[oa]|firmato|em nome de|aos cuidados de|a/c|remetente|destinatari[oa]|inquilin[oa]|assinado"
    r"|odbiorca|nadawca|pacjent(?:ka)?|klient(?:ka)?|na nazwisko|najemca|podpis|prejemnik|posiljatelj|stranka|podpisan[ia]|mottagare|modtager|avsender|mottaker)"
)
_STRICT = re.compile(
    r"(?i)^(?:name|from|to|by|user|who|dear|owner|present|contact|host|member|author|assignee|reporter|parent|mother|father|cc|bcc|client|customer|provider|manager|teacher|attention|recipient|sender|organi[sz]er|signature|doctor|witness|firma|student)\b"
)
"""Labels behind which other things stand as well: code, places, products."""
_CREDENTIAL = (
    r"(?:M\.?D|Ph\.? ?D|D\.?O|R\.?N|BSN|MSN|N\.?P|PA-C|C\.?P\.?A|C\.?F\.?A|Esq|J\.?D|LL\.?[MB]|M\.?B\.?A|M\.?Sc|B\.?Sc|M\.?A|B\.?A|M\.?Ed|Ed\.?D|Psy\.?D|Pharm\.?D|D\.?D\.?S|D\.?M\.?D|D\.?V\.?M|DPT|OTR(?:/L)?|LCSW|LMFT|LPC|LMHC|MSW|RDN?|CRNA|CNM|FRCP|FRCS|MRCP|MRCGP|MBBS|MBChB"
    r"|P\.?E|PMP|AIA|RIBA|CISSP|SHRM-CP|SPHR|OBE|MBE|CBE|KC|QC|MP|FCA|ACA|FRSA|CEng|Jr|Sr|II|III|IV|Dipl\.-\w{2,6}\.?|B\.?Eng|M\.?Eng|MPH|MPP|DDr|MFA|CFP|Notary|Ret)"
)
_BY_MAIL = r"[ \t]{1,2}(?=<(?:[^<>\s@]{1,64}@[^<>\s]{1,100}|\[EMAIL_\d{1,7}\])>)"


def _labelled(match: re.Match[str]) -> bool:
    words = re.findall(r"[A-Za-z][\w'-]*", found(match))
    if not words or any(word.casefold() in NOT_NAMES for word in words[:1]):
        return False
    if _STRICT.match(match["label"]) and match["label"].casefold() not in ("from", "dear"):
        return _person(words)
    return not all(is_plain(word) for word in words) or all(is_soft(one) for one in words)


def _person(words: list[str]) -> bool:
    """A known given name, or at least two words of which none is ordinary."""
    return any(is_likely(word) for word in words[:3]) or (
        len(words) > 1 and not any(is_plain(word) for word in words)
    )


def _lower(match: re.Match[str]) -> bool:
    words = found(match).split()
    return is_likely(words[0]) or (len(words) > 1 and not any(is_plain(one) for one in words))


def _mailed(match: re.Match[str]) -> bool:
    return not all(is_plain(one) for one in re.findall(r"[\w'-]+", found(match)))


_PLACES = re.compile(
    r"(?:U\.\s?S|U\.\s?K|U\.\s?N|E\.\s?U|D\.\s?C|P\.\s?O|B\.\s?C|A\.\s?D|N\.\s?Y|L\.\s?A|P\.\s?S|N\.\s?B|S\.\s?A|A\.\s?M|P\.\s?M|Q\.\s?E|I\.\s?E|E\.\s?G|R\.\s?I|N\.\s?J|N\.\s?C|S\.\s?C|A\.\s?I|I\.\s?D)\.? ?[A-Z]"
)


def _initials(match: re.Match[str]) -> bool:
    last = re.split(r"[ .]", found(match).rstrip("."))[-1]
    return not _PLACES.match(found(match)) and not is_plain(last)


def _credentialed(match: re.Match[str]) -> bool:
    words = found(match).split()
    return words[0].casefold() not in NOT_NAMES and not all(is_plain(one) for one in words)


def _config(match: re.Match[str]) -> bool:
    return not is_plain(found(match).split()[0]) and "your" not in found(match).casefold()


def _public_work(match: re.Match[str]) -> bool:
    """ "B. Stroustrup (2013)", "et al.": a citation is no private matter."""
    return _initials(match) and not re.match(
        r"(?:,? et al| ?\(\d{4}\)|, \d{4}\b)", after(match, 12)
    )


def _aged(match: re.Match[str]) -> bool:
    words = found(match).split()
    return is_soft(words[0]) or (len(words) > 1 and not any(is_plain(one) for one in words))


OWN: tuple[Rule, ...] = (
    rule("NAME", rf"(?m)^[ \t>]{{0,8}}(?P<it>{FULL})(?=(?:,? {_CREDENTIAL}\b\.?){{1,4}}[ \t]{{0,4}}(?:[,|\n(-]|$))", _credentialed),
    rule("NAME", rf"(?m)^[ \t>]{{0,4}}(?:--|-- |__|—|-)[ \t]{{0,2}}\r?\n[ \t>]{{0,4}}(?P<it>{_ANY_NAME})(?=[ \t]{{0,4}}(?:,|\||\n|$|-))", _credentialed),
    rule("NAME", r"(?i:\bgit config (?:--\w{4,8} ){0,2}user\.name[ =]{1,2}|\buser\.name ?= ?)[\"']?(?P<it>[^\W\d_][\w'.-]{1,30}(?: [\w'.-]{1,30}){0,3})", _config),
    rule("NAME", r"(?i:^\s{0,4}\[user\]\s{1,4}(?:email\s?=\s?\S{1,80}\s{1,4})?name ?= ?)[\"']?(?P<it>[^\W\d_][\w'.-]{1,30}(?: [\w'.-]{1,30}){0,3})", _config, re.MULTILINE),
    rule("NAME", r"(?i:\bGIT_(?:AUTHOR|COMMITTER)_NAME=)[\"']?(?P<it>[^\W\d_][\w'.-]{1,30}(?: [\w'.-]{1,30}){0,3})", _config),
    rule("NAME", rf"(?:(?<=[:\"'=])|^|(?<=: )|(?<=, )|(?<=; ))(?P<it>(?:[^\W\d_][\w'.-]{{0,30}}[ \t]){{0,3}}[^\W\d_][\w'.-]{{0,30}}){_BY_MAIL}", _mailed, re.MULTILINE),
    rule("NAME", rf"(?P<it>{FULL}){_BY_MAIL}", _mailed),
    rule("NAME", rf"(?i:@author:? |\* author:? |copyright (?:\(c\) )?(?:\d{{4}}(?:-\d{{4}})?,? )(?:by )?|\(c\) \d{{4}} )(?P<it>{FULL})", lambda m: _person(found(m).split())),
)  # fmt: skip
OTHERS: tuple[Rule, ...] = (
    rule("NAME", rf"(?i:(?<![\w-])(?P<label>{_LABEL})\s?[:=]\s{{0,4}})(?:(?i:{TITLE})\.? ){{0,3}}[\"']?(?P<it>{_ANY_NAME})", _labelled),
    rule("NAME", rf"(?i:(?<![\w-])(?P<label>attn\.?|attention|c/o|fao|z\.? ?hd\.?|zu handen(?: von)?|t\.?n\.?v\.?|t\.?a\.?v\.?|ten name van|op naam van|auf den namen|a nombre de|au nom de|a l'attention de|intestato a|em nome de|aos cuidados de|na nazwisko|in the name of|under the name|made out to|name of|on behalf of|booked for|reserved for|gez\.|signed)[,:]? )(?:(?i:{TITLE})\.? ){{0,3}}(?P<it>{_ANY_NAME})", _labelled),
    rule("NAME", rf"(?i:(?<![\w-])(?P<label>{_LABEL})\s?: {{0,3}})(?P<it>{_LOWER})(?=[ \t]{{0,3}}(?:[,.;\n|(]|$))", _lower),
    rule("NAME", rf"(?<![\w.-])(?P<it>(?:[A-Z]\. ?){{1,2}}[A-Z]\. ?{_LAST})(?![\w@])", _public_work),
    rule("NAME", rf"(?<![\w.-])(?P<it>[A-Z]\. ?{WORD}-{WORD})(?![\w@])", _public_work),
    rule("NAME", rf"(?<=[a-z,;:] )(?P<it>[A-Z]\. {_LAST})(?=[,;)!?]|'s|\.?\s{{0,2}}$|\.?\n| (?:and|und|et|y|is|was|has|will|called|said|for|from)\b)", lambda m: _public_work(m) and bool(re.search(r"(?i)\b(?:by|from|with|to|for|and|contact|see|ask|met|called|tell|told|dear|mit|von|bei|an|fur|avec|chez|con|de|met|van|und|et|y|signed|re|by:|to:|from:)\s?$", before(m, 12)))),
    rule("NAME", rf"(?<![\w.-])(?P<it>{WORD}(?: {WORD}| [A-Z]\.){{0,3}})(?=,? ?\(?,? ?(?:aged? )?\d{{1,3}} ?(?:yrs?|years?|yo|y/o|months?|mos?|jahre|ans|anos|jaar|lat|anni)\b)", _aged),
    rule("NAME", rf"(?<=\()(?P<it>{WORD}(?: {WORD}){{0,2}})(?=, (?:\d{{1,2}}\)|\d{{1,3}} ?(?:yrs?|years?|yo|months?|jahre|ans|anos|jaar|lat|anni)\b))", _credentialed),
    rule("NAME", rf"(?:^|(?<=[.!?\n] ))Me (?P<it>{FULL})(?= (?:est|a|m'a|nous|qui|avait|sera|va|doit|n'a|dit)\b)", _credentialed, re.MULTILINE),
    rule("NAME", rf"(?i:\b(?:cllr|councill?or|detective|constable|officer|deputy|sheriff|cpl|lt|capt|ing|mag|dipl\.-ing|univ\.-prof|priv\.-doz|med|lic|arq|abg|abog|ingeniero|arquitecto|licenciad[oa]|la profe|el profe|la prof|le prof|il prof|ds|drs|ir|mgr|inz|hab|pastoor|juf|meester|dottor|avv|geom|rag|egr\. sig|eng|enga|dna|seu|bapak|ibu|encik|puan|shri|smt|ustaz|alhaji|mallam|sensei|abla|abi|hodja)\b\.? )(?:(?i:{TITLE})\.? ){{0,2}}(?P<it>{_LAST}(?: {WORD})?)", lambda m: not is_plain(found(m).split()[0])),
    rule("NAME", rf"(?i:\b(?:avec|de|par|chez|a|maitre|avocate?|notaire|cabinet|contacter|chere?|pour|que|et|l'etude de) )Me (?P<it>{FULL})", _credentialed),
)  # fmt: skip
