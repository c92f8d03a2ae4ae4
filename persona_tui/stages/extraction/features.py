"""What the gate looks at beside the embedding: a score of small signs in many languages.

MiniLM reads English; these signs carry the other languages, and the difference between "I want a
table" (a request) and "I want to learn Spanish" (a person) that embeddings blur.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_I = re.IGNORECASE

_PATTERNS: dict[str, tuple[str, ...]] = {
    "first_person": (
        r"\b(?:i|i'm|im|i’m|i've|ive|i’ve|i'd|i’d|i'll|i’ll|me|my|mine|myself|we|we're|we've|us|our|ours)\b",
        r"\b(?:jag|mig|mitt|mina|vår|saya|aku|kami|tôi|jeg|minulla|olen)\b|\bmin (?:man|fru|son|dotter|familj)\b",
        r"\b(?:ich|mich|mir|mein\w{0,2}|wir|uns|unser\w{0,2})\b",
        r"\b(?:je|moi|mon|mes|nous|notre|nos)\b|\bj['’]|\bm['’](?=[aeiouhé])",
        r"\b(?:yo|mi|mis|conmigo|nosotr[oa]s|nuestr[oa]s?)\b|\b(?:me|nos)\s+\w+",
        r"\b(?:io|mio|mia|miei|mie|mi|noi|nostr[oaie])\b",
        r"\b(?:eu|meu|minha|meus|minhas|mim|comigo|nós|nosso|nossa)\b",
        r"\b(?:ik|mij|mijn|wij|ons|onze)\b",
        r"我|咱|本人|私|僕|俺|わたし|ぼく|나는|내가|저는|제가|제 |내 |저희|우리",
        r"أنا|نحن|\bعندي|\bلدي|\bلي\b|(?:^|\s)أ(?:عمل|عيش|سكن|درس|حب|كره|ملك|تعلم|شعر|عاني)|(?:^|\s)لا آكل|(?:^|\s)كنت",
        r"\b(?:я|меня|мне|мной|мой|моя|моё|мои|мою|моего|моей|мы|нас|нам|наш\w{0,2})\b",
        r"मैं|मेरा|मेरी|मेरे|मुझे|मुझको|हम |हमारे|हमारा|हमारी",
        r"\b(?:ben|bana|beni|benim|biz|bizim)\b|\w+[ıiuü]m\b|\w+(?:yorum|yoruz|dım|dim|dum|düm|tım|tim)\b",
        r"\b(?:ja|mnie|mi|mój|moja|moje|moi|my|nas|nasz\w?)\b|\b(?:jestem|mam|mieszkam|pracuję|lubię|jem|uczę)\b",
    ),
    "self_state": (
        r"\b(?:i am|i'm|i’m|im|i was|i've been|ive been|we are|we're) (?!trying|getting|using|asking|talking|looking|not sure|sorry|going to|curious|wondering|referring)",
        r"\b(?:i|we) (?:really |just |also |still |usually |always |often |never |barely |currently |only |mostly )?(?:work|live|own|run|teach|study|speak|play|drive|eat|drink|cook|bake|ride|cycle|suffer|earn|grew|moved|graduated|volunteer|collect|manage|feel|smoke|sleep|wear|travel)(?:ed|d)?\b",
        r"\bjag (?:är|har|bor|äter|arbetar|jobbar|studerar|gillar|lär)\b|\bsaya (?:\w+ )?(?:di|punya|tinggal|suka|tidak|bekerja|adalah|guru)\b|\btôi (?:là|có|không|sống|làm|thích)\b",
        r"\bich (?:bin|wohne|arbeite|esse|lerne|studiere|leide|lebe|war|hatte|spiele|liebe|hasse)\b",
        r"\bje (?:suis|travaille|vis|mange|déteste|vivais|joue)\b|\bj['’](?:habite|adore|aime|apprends|étudie|étais)",
        r"\b(?:soy|estoy|vivo|trabajo|tengo|tenía|estudio|odio|fumaba|nací|era|como|hablo)\b",
        r"\b(?:sono|lavoro|vivo|abito|studio|mangio|suonavo|odio|parlo|sto)\b",
        r"\b(?:sou|moro|tenho|trabalho|estudo|adoro|odeio|fumava|falo|como|estou)\b",
        r"\bik (?:ben|woon|werk|eet|hou|studeer|speel|leer|was)\b|\bspeelde ik\b",
        r"我(?:是|在|住|有|喜欢|不吃|正在|以前|对|讨厌|叫|今年)",
        r"(?:ています|住んで|働いて|食べません|していました|があります|がいます|です)。?$",
        r"(?:입니다|이에요|예요|살아요|있어요|않아요|좋아해요|좋아한다|일합니다|일했습니다|거예요|배우고)",
        r"أنا |أعمل|أعيش|أسكن|عندي|لدي|أحب|لا آكل|كنت",
        r"\bя (?:работаю|живу|учу|учусь|родил|курил|люблю|ненавижу|был)|у меня\b|мне нравится|\bя \w+(?:ница|ист|ер|ор)\b|\bмы с ",
        r"मैं .*(?:हूँ|हूं|था|थी|खाता|खाती)|मेर[ेीा] .* (?:हैं|है)|मुझे .* (?:पसंद|नापसंद)",
        r"\w+(?:yorum|yım|yim|ıyım|iyim|uyum|üyüm)\b|\bçocuğum\b|\w+[dt][ıiuü]m\b",
        r"\b(?:jestem|mam|mieszkam|pracuję|lubię|nie jem|paliłem|paliłam|uczę się)\b",
    ),
    "own_circle": (
        r"\b(?:my|our) (?:wife|husband|partner|girlfriend|boyfriend|fianc|spouse|son|daughter|kid|child|twin|baby|dog|cat|pet|parents|family|children|teenager)",
        r"\b(?:my|our) (?:job|work|commute|rent|mortgage|back|knee|eye|health|goal|dream|hobby|salary|degree|thesis|garden|house|flat|apartment|favou?rite|native|budget|diet|exam|wedding|english)",
        r"\bmein(?:e|en|em)? (?:mann|frau|kind|sohn|tochter|hund|katze|partner)|mon mari|ma femme|mi (?:esposa|esposo|marido|mujer|hijo|hija)|mijn (?:vrouw|man|kind)|我的?(?:妻子|丈夫|孩子|儿子|女儿)|제 (?:아내|남편)|с мужем|с женой|minha mãe|meus? filh",
    ),
    "like": (
        r"\bi (?:\w+ )?(?:love|like|enjoy|hate|prefer|dislike|adore|fear|can't stand|cannot stand|don't like|can't afford)\b",
        r"\bi(?:'d| would) love to\b|favou?rite|allerg|diagnos|\b(?:vegan|vegetarian|diabet|adhd|autis|pregnan|asthma|dyslexi)",
        r"\bmag\b|\bliebe\b|\bhasse\b|j['’]adore|j['’]aime|déteste|me (?:gusta|encanta)|mi piace|gosto|adoro|ik hou van|喜欢|讨厌|好き|嫌い|좋아|싫어|أحب|أكره|нравится|люблю|पसंद|seviyorum|lubię",
    ),
    "request_form": (
        r"\b(?:i need|i want|i would like|i'd like|i’d like|we need) (?:you |an? |the |some |more |help|this|it\b|to know|to see|to print|to sort|to get|three|five|ten|\d)",
        r"\b(?:can|could|would|will) you\b|\bplease\b|\bhelp me\b|\blet me\b|\bi was wondering\b|\bi wonder\b|\bi'm looking for an? (?:way|synonym|word|function|good|tool)",
        r"\b(?:kannst|könntest|können) (?:du|sie)\b|\bbitte\b|\bich (?:brauche|möchte wissen)\b",
        r"\b(?:peux-tu|pouvez-vous|pourrais-tu|pourriez)\b|s['’]il (?:te|vous) pla|j['’]ai besoin|je voudrais savoir",
        r"\b(?:puedes|podrías|puede)\b|por favor|\bnecesito\b|quiero saber",
        r"\b(?:puoi|potresti)\b|per favore|ho bisogno|\b(?:você pode|poderia|pode me)\b|\bpreciso de\b|me (?:indica|dê)",
        r"\b(?:kun|kunt|zou) (?:je|jij|u)\b|alsjeblieft|nodig\.?$",
        r"请|請|帮我|能不能|你能|我需要|我想知道|给我|ください|くれますか|知りたい|お願い|주세요|주실|알고 싶",
        r"هل يمكنك|من فضلك|أحتاج|أريد أن أعرف|можешь|могли бы|пожалуйста|мне нужн|क्या आप|कृपया|बताइए|लिखिए|समझाइए|दीजिए|önerir misin|misin|mısın|lütfen|\bver\b|czy możesz|proszę|potrzebuję",
    ),
    "imperative": (
        r"^\W*(?:please |now |also |then |and |ok,? |hey,? )?(?:write|give|list|tell|show|explain|make|create|generate|summari[sz]e|translate|fix|add|remove|use|do|don't|keep|compare|describe|rewrite|find|help|try|continue|go|suggest|recommend|draft|design|answer|reply|format|let|check|convert|correct|provide|print|output|include|change|remember|plan|think|classify|act|pretend|imagine|assume|suppose|calculate|solve|analy[sz]e|return|name|turn|put|repeat|stop|start|see|look|read|say|save|set|build|develop|pick|choose|walk|guide|teach|convince|surprise|quiz|remind|send|ask|rank)\b",
        r"^\W*(?:schreib\w*|erklär\w*|gib|mach\w*|fass\w*|übersetze?|zeig\w*|nenn\w*|liste|erstelle)\b",
        r"^\W*(?:écris|explique|donne|résume|traduis|fais|montre|écrivez|expliquez)",
        r"^\W*(?:escribe|explica|explícame|resume|dame|haz|hazlo|traduce|muestra)",
        r"^\W*(?:scrivi|spiega|spiegami|riassumi|dammi|traduci|fai|escreva|explique|resuma|traduza|faça|me dê)\b",
        r"^\W*(?:schrijf|leg|vat|geef|vertaal|maak)\b",
        r"^\W*(?:напиши|объясни|сделай|приведи|переведи|расскажи|дай)\b|^\W*(?:لخص|اشرح|أعطني|اكتب|ترجم)|(?:özetle|ver|yaz|açıkla)\W*$|^\W*(?:streść|podaj|napisz|wyjaśnij)",
    ),
    "question": (r"[?？؟]\W*$",),
    "asks_for_self": (
        r"^\W*(?:\w+ ){0,3}(?:can|could|should|shall|may|do|would|will|am|must) (?:i|we)\b",
        r"\b(?:kann|soll|könnte|muss|darf) ich\b|\b(?:puis-je|dois-je)\b|\b(?:puedo|debo|podría)\b|\bposso\b|\bdevo\b|\bkan ik\b|\bmoet ik\b",
        r"我(?:该|应该|可以|怎|要怎)|すれば|ればいい|을까요|수 있을까|\bмне (?:\w+ ){0,2}\w+ть\b|\bसकता हूँ\b|\bपकाऊँ",
    ),
    "question_word": (
        r"^\W*(?:what|which|who|whose|when|where|why|how|is|are|am|was|were|do|does|did|can|could|should|would|will|may|has|have you)\b",
        r"^\W*(?:was|wer|wie|wo|wann|warum|welche\w?|kannst|ist|sind)\b|^\W*(?:que|quel\w*|qui|comment|pourquoi|où|est-ce|peux)\b",
        r"^\W*(?:qué|cuál\w*|cómo|dónde|por qué|quién|puedes|quale|qual|come|dove|perché|puoi|como faço|quem|onde)\b|^\W*(?:wat|hoe|waar|waarom|wie|kun|welke)\b",
        r"什么|哪里|怎么|如何|吗|何ですか|どこ|どう|ますか|나요|어디|무엇|어떻게|^\W*(?:ما|هل|كيف|أين|متى|لماذا|какая|какой|как|где|что|почему|jak\w?|czy|gdzie|co)\b|क्या|कैसे|कहाँ|nere|nasıl|hangi",
    ),
    "second_person": (
        r"\b(?:you|your|yours|you're|you've)\b|\b(?:du|dein\w*|sie|ihr)\b|\b(?:tu|vous|votre|toi)\b|\b(?:tú|usted)\b|你|您|あなた|당신|\b(?:ты|вы)\b|\bأنت\b|आप",
    ),
    "third_person": (
        r"^\W*(?:he|she|they|it|his|her|their|this|that|these|those|there|the|a|an|some|many|most|people|one|everyone|someone)\b",
        r"\b(?:he|she|they|him|his|hers?|their|them)\b",
        r"^\W*(?:er|sie|es|das|der|die|il|elle|ils|le|la|les|él|ella|el|los|las|lui|lei|ele|ela|hij|zij|ze|het|de)\b|^\W*(?:他|她|它|彼|彼女|그|그녀)|^\W*(?:он|она|они|هو|هي|वह|o|on|ona)\b",
    ),
    "others": (
        r"^\W*(?:my|our) \w+['’]s \w+",
        r"\b(?:my|our|a) (?:\w+ )?(?:friend|neighbou?r|colleague|co-?worker|boss|manager|client|customer|teacher|student|roommate|uncle|aunt|cousin|brother|sister|patient|grandm\w+|grandf\w+|mother|father|mom|dad|professor|supervisor|landlord|flatmate|nephew|niece|tutor|ex)s?\b",
        r"\bmeine? (?:freund|nachbar|kolleg|chef|onkel|schwester|bruder)|mon (?:voisin|ami|collègue|chef)|mi (?:vecino|amig|jefe|colega|herman)|il mio (?:vicino|amico|capo)|meu (?:vizinho|amigo|chefe)|mijn (?:buurman|vriend|collega|baas)|我的?(?:朋友|同事|老板|邻居)|友達|上司|同僚|친구|صديق|جار|друг|сосед|коллег|दोस्त|komşu|arkadaş|sąsiad|przyjaci",
    ),
    "task": (
        r"\b(?:code|function|script|error|bug|query|variable|line \d+|file|column|table|array|list|string|regex|command|json|csv|yaml|version|output|install|compile|exception|paragraph|sentence|essay|article|step|example|answer|solution|option|second|first one|text|image|document)\b",
        r"\b(?:i|we) (?:ran|tried|copied|changed|uploaded|pasted|asked|meant|mean|said|think|see|understand|guess|don't get|don't understand|don't think|can't see|will|am going to)\b|\bi'll\b",
        r"artikel|zusammenfassung|schritt|article|étape|résumé|artículo|paso|resumen|articolo|riassunto|artigo|resumo|samenvatting|stap|步|函数|手順|단계|الخطوة|المقال|шаг|функци|चरण|krok|streszczeni",
    ),
    "thanks": (
        r"\b(?:thanks|thank you|hello|hi there|good morning|great|perfect|sorry|appreciate)\b|danke|merci|gracias|grazie|obrigad|bedankt|谢谢|ありがとう|감사|شكرا|спасибо|धन्यवाद|teşekkür|dziękuję",
    ),
    "hypothetical": (
        r"\b(?:if i|if we|would i|suppose|assume|imagine|pretend|what if|as if)\b|\bwenn ich\b|\bsi (?:j'|yo |je )|\bse io\b|如果|もし|만약",
    ),
    "negation": (
        r"\b(?:not|no|never|none|nothing|cannot|without)\b|n['’]t\b|\b(?:kein\w*|nicht|nie)\b|\b(?:ne|pas|jamais|nunca|não|non|niet|geen)\b|不|没|ない|ません|않|\bне\b|\bلا\b|नहीं|\bnie\b",
    ),
    "past": (
        r"\b(?:used to|was|were|had|did|grew up|studied|moved|stopped|quit|lost|bought|until|ago|last (?:year|week|month)|since)\b|früher|autrefois|antes|vroeger|以前|earlier|раньше|قبل|पहले|eskiden|kiedyś",
    ),
    "as_a": (
        r"\bas an? (?:\w+[- ]?){1,4},|\b(?:for|and) (?:me|us|my)\b|\b(?:i|we) (?:love|both)\b|\bsince i\b|\bbecause i\b|\bi'?m an? \w+",
    ),
    "elliptic": (
        r"^\W*(?:just|currently|been|working|living|learning|studying|mother|father|mom|dad|retired|married|single|recently|born|raised|newly)\b",
    ),
    "digit": (r"\d",),
    "code_sign": (r"[{}<>=;_\\]|\w+\(\)|https?://",),
    "colon": (r"[:：]",),
}

_COMPILED = {name: [re.compile(part, _I) for part in parts] for name, parts in _PATTERNS.items()}
_CROSSES = (
    ("first_person", "question"),
    ("first_person", "self_state"),
    ("first_person", "task"),
    ("first_person", "others"),
    ("self_state", "request_form"),
    ("self_state", "question"),
    ("own_circle", "question"),
    ("like", "first_person"),
    ("imperative", "as_a"),
    ("imperative", "first_person"),
)

FEATURES: tuple[str, ...] = (
    *_COMPILED,
    *(f"{a}*{b}" for a, b in _CROSSES),
    "words",
    "no_first_person",
)


def features(text: str) -> list[float]:
    """One value a name in :data:`FEATURES`: 0 or 1, and ``words`` the length on a 0–1 scale."""
    on = {
        name: float(any(pattern.search(text) for pattern in patterns))
        for name, patterns in _COMPILED.items()
    }
    words = min(1.0, len(text.split()) / 30)
    crosses = [on[a] * on[b] for a, b in _CROSSES]
    return [*on.values(), *crosses, words, 1.0 - on["first_person"]]


def features_of(texts: Sequence[str]) -> list[list[float]]:
    return [features(text) for text in texts]
