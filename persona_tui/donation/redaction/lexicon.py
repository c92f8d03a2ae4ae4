"""Given names, and words that are not names."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from persona_tui.donation.redaction.wordlists import words

NOT_NAMES = words(
    # Days, months, greetings and forms of address.
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october "
    "november december montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miercoles jueves viernes sabado domingo christmas easter ramadan hanukkah weihnachten ostern "
    "ing mag dipl med lic dr mr mrs ms miss mx prof herr herrn frau mme mlle monsieur madame sr sra don dona "
    "sir madam team all everyone everybody there friend friends colleague colleagues customer customers hiring manager recruiter editor professor "
    "doctor parents mom mum dad grandma grandpa santa diary god lord world folks guys ladies gentlemen reader readers community committee "
    "zusammen welt damen herren kollegen freunde mama papa oma opa liebe lieber monde messieurs mesdames amis equipe mundo todos amigos equipo "
    "i a an the my your his her our we you he she it they this that these those and or but not no yes please thanks thank hello hi dear "
    "what when where who why how which if is are was were can could would should will do does did have has had let make give tell write "
    "explain also then so because since after before as at by for from in of on to with without very just only both each "
    "ich du er sie es wir ihr der die das ein eine und oder aber nicht ja nein bitte danke hallo wie was wer wo wann warum "
    "atte mfg lg "
    "je tu il elle nous vous ils elles le la les un une et ou mais non oui merci bonjour salut pourquoi comment quand "
    "yo el ella nosotros los las una y pero gracias hola como cuando donde porque que si "
    # Languages, peoples, places that are on everyone's lips.
    "english german french spanish dutch polish italian portuguese japanese chinese korean russian arabic hindi turkish greek latin swedish "
    "danish norwegian finnish czech slovenian croatian ukrainian american british canadian australian indian african european asian mexican irish scottish welsh "
    "christian catholic muslim jewish buddhist hindu protestant orthodox democrat republican "
    "germany france spain italy poland netherlands belgium austria switzerland england scotland wales ireland britain uk usa us eu europe america asia africa canada "
    "australia india china japan brazil mexico russia ukraine deutschland osterreich schweiz frankreich italien spanien polska espana francia alemania "
    "atlanta austin boston chicago dallas denver detroit houston memphis miami nashville orlando phoenix portland seattle savannah tulsa "
    "dublin lagos cairo delhi mumbai lima quito florence milano siena verona valencia sevilla granada cordoba lourdes nice nancy odessa "
    "carolina virginia georgia dakota montana nevada arizona "
    "london paris berlin madrid rome vienna amsterdam warsaw tokyo "
    # Makers, products, languages and terms of computing.
    "python java javascript typescript rust ruby perl pascal ada julia haskell scala kotlin swift golang php html css sql json yaml xml csv toml latex markdown bash "
    "linux windows macos ubuntu debian fedora android ios apple google microsoft amazon meta facebook twitter instagram youtube netflix spotify slack discord zoom "
    "openai anthropic claude chatgpt gpt gemini llama mistral copilot siri alexa cortana watson bert roberta gemma qwen "
    "chrome chromium firefox safari edge opera brave thunderbird photoshop kallax ektorp "
    "docker kubernetes terraform ansible jenkins travis git github gitlab bitbucket jira confluence kafka redis postgres postgresql mysql mariadb sqlite mongodb "
    "oracle cassandra spark hadoop airflow flink django flask fastapi rails spring react angular vue svelte node express webpack vite numpy pandas scipy pytorch "
    "tensorflow keras jupyter nginx apache azure aws gcp lambda excel word powerpoint outlook photoshop figma notion obsidian vim emacs "
    "helm grafana prometheus celery rabbitmq elasticsearch kibana selenium cypress jest pytest junit maven gradle cmake flexbox grid bootstrap tailwind "
    "newton einstein bayes gauss fourier laplace markov poisson bernoulli euler euclid pythagoras turing boltzmann schrodinger maxwell darwin kelvin celsius "
    "fahrenheit bohr planck hilbert riemann fibonacci dijkstra huffman shannon nash pareto lagrange hamilton jacobi taylor cauchy lorentz hubble doppler "
    "shakespeare goethe mozart beethoven bach plato aristotle socrates kant marx freud jung harry potter netflix mario zelda pokemon "
    # Common nouns that stand with capitals.
    "internet web api url http https tcp udp ip cpu gpu ram ssd usb pdf server client user users admin root code data error warning info debug test "
    "chapter section figure table page step part version model class function method string list array object null none true false "
    "ceo cto hr it phd mba bsc msc covid gdpr nasa nato un who ai ml nlp llm"
)
"""In small letters, without accents."""


SMALL_WORDS = words(
    # English as it is typed, then German, French, Spanish, Italian, Portuguese, Dutch, Polish and others.
    "im ive id ill u ur r n b c k pls plz thx ty lol lmao omg idk imo tbh btw rn tho thru gonna gotta wanna kinda sorta dunno ok okay yeah yep yup nope nah hiya heya yo sup "
    "dont cant wont didnt doesnt isnt wasnt youre theyre hes shes its thats whats lets haha hehe hmm uh um aint yall bro sis dude bruh fr ngl asap fyi aka btw "
    "bin bist sind seid war waren hab habe hast hat haben hatte bekomme komme mag mich dich sich mir dir uns euch nicht auch noch schon nur sehr so zu zum zur im am an auf aus bei "
    "mit nach von vom vor fur fuer uber ueber um durch gegen ohne den dem des einem einen einer eines kein keine mein meine meinen meiner dein deine sein seine ihre unser unsere "
    "dieser diese dieses hier da dort jetzt heute gestern morgen immer nie wieder mal doch denn weil dass wenn als ob neu alt krank mude muede traurig glucklich gluecklich "
    "zufrieden sicher bereit fertig student studentin lehrer lehrerin arzt kinder eltern familie freunde geschwister leute hund katze haus arbeit "
    "suis es est sommes etes sont etais ai as avons avez ont avais eu ete avec dans sur sous pour par pas plus tres trop bien mal ici la ca ce cet cette ces mon ma mes ton ta tes "
    "son sa ses notre nos votre vos leur leurs de du des au aux en y on qui que quoi dont ou si ne jamais toujours encore deja bonne bon fatigue fatiguee malade content contente desole desolee "
    "enfants parents famille etudiant etudiante nouveau nouvelle "
    "nacio vive viven trabaja dice dijo quiere tiene hace desde pendant depuis habite travaille veut dit deutsche deutschen deutscher einheit lebt wohnt sagt arbeitet will woont werkt zegt vive lavora mora trabalha disse "
    "soy eres es somos son estoy esta estaba era fui tengo tiene hay ser estar de del al en con sin por para pero muy mas menos bien mal aqui ahi alli ya no nunca siempre tambien solo "
    "mi mis tu tus su sus nuestro nuestra lo le les se me te nos un una unos unas el la los las y o u que quien como cuando donde nuevo nueva cansado cansada enfermo enferma hijos familia "
    "sono sei siamo siete ero ho hai ha abbiamo non molto piu meno bene male qui li gia mai sempre anche solo il lo gli i un uno una di del della dei delle da dal in nel con su per tra "
    "mio mia tuo tua suo sua nostro loro che chi come quando dove stanco stanca nuovo nuova "
    "sou es somos sao estou esta era fui tenho tem nao muito mais menos bem mal aqui ali ja nunca sempre tambem so um uma uns umas os as do da dos das no na nos nas com sem por para "
    "meu minha seu sua nosso nossa que quem como quando onde cansado cansada novo nova de e "
    "ben bent zijn was waren heb hebt heeft had niet ook nog al maar heel erg zo te het een van voor met naar uit over onder bij om door tegen zonder mijn jouw zijn haar ons onze hun dit dat deze die "
    "hier daar nu vandaag gisteren altijd nooit weer eens want omdat als of nieuw oud ziek moe blij kinderen ouders gezin "
    "jestem jest sa byl byla mam masz ma nie tak bardzo juz jeszcze tylko tez i w z na do od po za przy dla bez pod nad sie ten ta to moj moja twoj jego jej nasz ich ktory kto co jak kiedy gdzie "
    "sem si je smo ste so bil bila imam ni da in na v z za po od do pri ta to moj moja kje kaj kako "
    "jag ar har inte och att det den en ett som med for pa av till fran min mitt din sitt du vi ni jeg er ikke og at det den et som med pa af til fra mit dit "
    "olen ei ja se on ben sen ve bir bu da de ako si ay ang ng sa ni saya aku yang dan di ini itu toi la va"
)
"""In small letters, without accents: none begins a name, even behind "my name is"."""


FAMOUS = words(
    "newton einstein bayes gauss fourier laplace markov poisson bernoulli euler euclid turing boltzmann schrodinger maxwell darwin kelvin fahrenheit bohr planck hilbert riemann fibonacci dijkstra huffman "
    "shannon nash pareto lagrange jacobi cauchy lorentz hubble doppler shakespeare goethe mozart beethoven bach kant marx freud jung potter curie tesla edison galilei copernicus kepler lincoln churchill "
    "napoleon hitler stalin lenin roosevelt trump biden obama merkel macron putin musk gates bezos zuckerberg torvalds knuth stroustrup hawking feynman heisenberg nietzsche hegel camus sartre orwell tolkien "
    "rowling hemingway dickens austen wilde twain kafka picasso monet dali warhol chopin vivaldi wagner armstrong gagarin columbus magellan mandela gandhi luther lovelace hopper"
)
"""Surnames that name what everybody knows: a given name before one is nobody's of the writer's."""


def _listed(name: str) -> frozenset[str]:
    text = resources.files(__package__).joinpath(name).read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word.casefold() for line in lines for word in line.split())


TOWNS = words(
    "lyon basel braga breda leicester sheffield rochester burnaby fremont bali erbil geneva adelaide kobe richmond hobart bradford almeria constanta hagen vigo vitoria "
    "modesto ceara samarkand sanya irvine philly armenia alexandrie constantine"
)
"""Towns that given names are of, in no more than a few people: names only where the words around say so."""


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Names in small letters, without accents, that are no ordinary word."""
    files = (
        "given_names.txt",
        "given_names_moby.txt",
        "given_names_us.txt",
        "given_names_more.txt",
    )
    return frozenset().union(*map(_listed, files)) - NOT_NAMES - TOWNS


@lru_cache(maxsize=1)
def _capital() -> frozenset[str]:
    """Names that are another language's ordinary word without their capital."""
    return _listed("capital_names.txt") - NOT_NAMES - TOWNS


@lru_cache(maxsize=1)
def homographs() -> frozenset[str]:
    """Given names that are words of seven languages in small letters."""
    return _listed("homographs.txt")


@lru_cache(maxsize=1)
def _soft() -> frozenset[str]:
    return _listed("soft_names.txt")


@lru_cache(maxsize=1)
def _ordinary() -> frozenset[str]:
    return _listed("ordinary_words.txt")


def is_given(word: str) -> bool:
    """Whether folded ``word`` is a given name; of a double name, whether one half is."""
    lower = word.casefold()
    if lower in _capital() and word[:1].isupper():
        return True
    return lower in given_names() or any(
        part in given_names() for part in lower.split("-") if part != lower
    )


def is_soft(word: str) -> bool:
    """Whether folded ``word`` is a given name, or a word that is one too ("grace")."""
    lower = word.casefold()
    return is_given(word) or lower in _soft() or lower in _capital() or lower in TOWNS


def is_likely(word: str) -> bool:
    """Whether folded ``word`` is a given name even in small letters: "rosa", not "grace"."""
    lower = word.casefold()
    return (
        len(lower) > 2
        and lower not in SMALL_WORDS
        and (is_given(lower) or (is_soft(lower) and lower not in TOWNS and not is_plain(lower)))
    )


def is_plain(word: str) -> bool:
    """Whether folded ``word`` is an ordinary word of English, or a small one of another language."""
    lower = word.casefold()
    if lower in SMALL_WORDS:
        return True
    if lower in given_names():
        return False
    return (
        lower in NOT_NAMES
        or lower in _ordinary()
        or any(
            len(lower) > len(end) + 2 and lower.endswith(end) and lower[: -len(end)] in _ordinary()
            for end in ("s", "es", "ed", "d", "er", "ing", "ly", "y", "'s", "ish")
        )
        or (lower.endswith("ing") and f"{lower[:-3]}e" in _ordinary())
    )
