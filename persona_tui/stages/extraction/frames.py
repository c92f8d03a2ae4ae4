"""The words by which people mark text that is not about themselves, in several languages.

One pattern an idea. They are searched in single sentences, so they may be broad where the sentence
form (an imperative, a colon) already narrows them down.
"""

from __future__ import annotations

import re

_I = re.IGNORECASE


def _any(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), _I)


WORK_ON = _any(
    r"\b(?:translat|proof-?read|correct|fix|edit|rewrit|rephras|paraphras|summar|shorten|improv|polish"
    r"|classif|label|analy[sz]|reply|respond|continue|complete|finish|grade|review|convert|evaluate"
    r"|extract|spell-?check|expand|simplif|reword|comment on|explain|answer|check|write unit tests)",
    r"\b(?:following|below|this|these|each (?:line|sentence|item))\b",
    r"\b(?:here(?:'s| is| are)|this is) (?:the|a|an|my|his|her|our|some|what)?\b.*\b(?:text|e?-?mail|letter"
    r"|article|essay|review|message|code|transcript|story|poem|draft|post|description|prompt|sentence"
    r"|log|output|paragraph|abstract|cv|resume|bio|question|comment)",
    r"\b(?:in|into|to) (?:\w+ )?(?:english|french|german|spanish|italian|portuguese|dutch|swedish|polish|turkish"
    r"|russian|ukrainian|greek|hebrew|arabic|hindi|thai|vietnamese|chinese|mandarin|japanese|korean|latin)\W*$",
    r"\b(?:write|compose|create|draft)\b.*\b(?:story|poem|song|monologue|dialogue|scene|speech|letter|post"
    r"|profile|bio|lyrics|rap|diary)\b",
    r"\b(?:says?|said|wrote|writes|reads|goes|asked|told (?:me|us)|replied)\s*$",
    r"(?:übersetz|korrigier|fasse|zusammenfass|verbesser|umschreib|formulier|folgend|antworte auf)",
    r"(?:tradu[izc]|corrig|résum|resum|riassum|reformul|reescrib|reescrev|riscriv|suivant|siguiente"
    r"|seguente|seguinte|mejora|améliore|miglior|melhor)",
    r"(?:vertaal|verbeter|vat .* samen|herschrijf|volgende)",
    r"翻译|翻譯|修改|润色|總結|总结|改写|以下|訳|翻訳|要約|添削|次の|번역|요약|고쳐|다음",
    r"ترجم|لخص|صحح|التالي|перевед|исправ|сократи|перефраз|следующ|अनुवाद|सारांश|निम्न",
    r"çevir|özetle|düzelt|aşağıdaki|przetłumacz|popraw|streść|następując",
)
"""Before a colon: what follows is a text to be worked on, or somebody else's words."""

WORK_ON_NEXT = _any(
    r"\b(?:translat|proof-?read|correct|fix|edit|rewrit|rephras|paraphras|summar|shorten|improv|polish"
    r"|classif|analy[sz]|reply to|respond to|continue|complete|grade|review)\w*\b.*"
    r"\b(?:this|these|following|below|text|e?-?mail|letter|essay|article|paragraph|message|story)\b",
    r"(?:übersetz|korrigier|fasse|verbesser)\w*.*(?:diese|folgend|text)",
    r"(?:tradu|corrig|résum|resum|riassum)\w*.*\b(?:ce|cette|este|esta|questo|questa|texte?o?|testo)\b",
)
"""At the end of a line without a colon, with more text below."""

ABOUT_ME = _any(r"\b(?:about (?:me|myself)|my (?:situation|background)|background|context|info)\b")

LASTING = _any(
    r"\b(?:let'?s|lets|let us|can we|could we|we (?:will|are going to)|i want (?:us )?to|start|begin|do|write"
    r"|continue)\b.{0,40}\brole[- ]?play",
    r"^\W*role[- ]?play",
    r"\b(?:let'?s|lets|let us) (?:play|pretend|imagine|say|assume)\b",
    r"\bpretend (?:that )?(?:you|i|we|to)\b",
    r"\bimagine (?:that )?(?:i|i'm|you|you're|we|we're)\b",
    r"\bin (?:the )?first[- ]person\b",
    r"\bas if i (?:were|was|am|had)\b",
    r"\bfrom (?:the|my) (?:perspective|point of view|pov|viewpoint) of\b",
    r"\bstay in character\b",
    r"^\W*(?:you are|you're|you play|you be) (?:an?|the|my)\b.*\b(?:and|,) (?:i am|i'm|i play|i'll be) (?:an?|the|your)\b",
    r"^\W*(?:i am|i'm|i play|i'll be) (?:an?|the|your)\b.*\b(?:and|,) (?:you are|you're|you play|you'll be) (?:an?|the|my)\b",
    r"rollenspiel|tu(?:e)? so,? als|stell dir vor,? (?:ich|du|wir)",
    r"jeu de rôle|fais(?:ons)? (?:comme si|semblant)|imagine que (?:je|tu|eu|você)",
    r"juego de rol|(?:finge|imagina|imagínate) que (?:soy|eres|yo|tú|estoy|vivo)",
    r"gioco di ruolo|(?:fingi|immagina) (?:di|che)|finja que|doe alsof|stel je voor dat (?:ik|jij|je)",
    r"角色扮演|你(?:来)?扮演|假装|假設|假设(?:我|你)|想象(?:一下)?(?:我|你)|ロールプレイ|ふりをして|になりきって|演じて",
    r"역할극|인 척|라고 가정|تظاهر|تخيل أن(?:ني|ك)|представь,? что (?:я|ты)|притворись|ролевую",
    r"कल्पना कीजिए कि (?:मैं|आप)|rol yap|hayal et|wyobraź sobie, że (?:jestem|jesteś)|udawaj",
)
"""Opens a frame that lasts to the end of the message."""

GAME = _any(
    r"role[- ]?play|\b(?:let'?s|lets|let us) (?:play|pretend)|pretend|stay in character",
    r"rollenspiel|jeu de rôle|juego de rol|gioco di ruolo|角色扮演|ロールプレイ|역할극|ролевую",
)
"""Of those, the ones that a conversation may go on with."""

END_OF_PLAY = _any(
    r"\b(?:stop|end|quit|leave|exit|enough of|out of) (?:the |this |our )?(?:role[- ]?play|game|character)\b",
    r"\b(?:back to (?:reality|normal)|ooc)\b",
)

ROLE_PLAY = _any(
    r"^\W*(?:please |now )?(?:act|behave|respond|answer|speak|talk) (?:as|like)\b",
    r"^\W*(?:you are|you're|you will be|your name is|your role is|your task is)\b",
    r"\bi want you to (?:act|be|play|pretend)\b",
    r"\b(?:write|compose|create|make up|tell(?: me)?|draft|continue|generate)\b.{0,60}\b(?:story|poem|song|novel"
    r"|scene|monologue|diary|script|dialogue|speech|rap|lyrics|screenplay|fan ?fic\w*|tale|ballad"
    r"|haiku|limerick|persona|character)\b",
    r"\b(?:write|compose|create|draft|generate)\b.{0,40}\b(?:profile|bio|post|review|testimonial|resume|cv|letter|caption)\b"
    r" (?:for|of|from|by|about) (?:an?|the|somebody|someone)\b",
    r"^\W*you\b(?!.*\b(?:i|i'm|i've|my|me|we|our)\b)",
    r"^\W*(?:du bist|sie sind|tu es|vous êtes|eres|usted es|sei un|você é|jij bent|je bent|ты |вы )\b",
    r"^\W*(?:你是|您是|あなたは|당신은|너는|أنت |तुम |आप )",
)
"""The sentence itself belongs to a play, a persona or a fiction; the next one need not."""

REPORTED_SPEECH = _any(
    r"\b(?:wrote|said|says|texted|replied|asked|told me|emailed|posted)\b[^…]{0,30}\W…",
)
"""Somebody else's words, of which the quote was folded away."""

HYPOTHETICAL = _any(
    r"^\W*(?:if i (?:were|was|had|could|would)|suppose|supposing|assume|assuming|say (?:i|that i|we)\b|imagine"
    r"|what if|what would happen|hypothetically|let'?s (?:say|assume)|for example|e\.g\.)",
    r"^\W*(?:wenn ich .*(?:wäre|hätte|würde|könnte)|angenommen|was wäre,? wenn)",
    r"^\W*(?:si j'(?:étais|avais)|supposons|et si je)",
    r"^\W*¿?(?:si (?:yo )?(?:fuera|tuviera|fuese)|supongamos|qué pasaría)",
    r"^\W*(?:se (?:io )?(?:fossi|avessi)|supponiamo|se eu (?:fosse|tivesse)|suponha|als ik .* (?:was|zou|had))",
    r"^\W*(?:如果我是|假如|要是我|もし(?:私|僕)?|만약|لو كنت|если бы я|अगर मैं .* (?:होता|होती))",
)

OVERRIDE = _any(
    r"\b(?:ignore|disregard|forget|override)\b.{0,30}\b(?:previous|above|prior|earlier|all|your|these)\b.{0,30}"
    r"\b(?:instruction|prompt|rule|guideline|message|direction)s?\b",
    r"\b(?:ignorier|vergiss|vergesst|missacht)\w*\b.{0,40}\b(?:anweisung|instruktion|regel|vorgabe)",
    r"\b(?:ignor|oubli|olvid|dimentic|esque[cç]|negeer|vergeet)\w*\b.{0,40}"
    r"\b(?:instru[ck]|istruzion|consigne|règle|regla|regol|regra|directive|aanwijzing)",
    r"(?:忽略|无视|無視|忘记|忘れ).{0,20}(?:指令|指示|命令|提示|规则)|(?:指示|命令).{0,8}(?:無視|忘れ)",
    r"지시.{0,8}무시|(?:игнорируй|забудь).{0,40}(?:инструкци|указани|правил)|تجاهل.{0,30}(?:تعليمات|أوامر)",
    r"निर्देश.{0,20}(?:अनदेखा|नज़रअंदाज़)",
)
"""A message that tries to take over; nothing after it is the person's own voice."""

DICTATED = _any(
    r"\b(?:record|note|remember|store|save|add|write|output|log|state|conclude|extract|say|claim|pretend|tell)\b"
    r".{0,40}\bthe user\b",
)
"""Somebody says what is to be written about the user."""

INJECTION = _any(
    OVERRIDE.pattern,
    DICTATED.pattern,
    r"^\W*the user(?:'s)?\b",
    r"\bthe user(?:'s)?\b.{0,80}\bconfidence\b",
    r"\b(?:new|add|output|print|emit|return|record)\b.{0,20}\battributes?\b",
    r"^\W*(?:system|developer) ?(?:prompt|message)?\s*:",
    r"</?(?:conversation|system|instructions?|user|assistant|im_start|im_end)\b[^>]*>|<\|",
)
"""Somebody talks to the extracting model, not to the assistant."""
