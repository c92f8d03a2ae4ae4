"""Given names, and capitalised words that are not names."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from persona_tui.donation.redaction.wordlists import words

NOT_NAMES = words(
    # Days, months, greetings and forms of address.
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october "
    "november december montag dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miercoles jueves viernes sabado domingo christmas easter ramadan hanukkah weihnachten ostern "
    "dr mr mrs ms miss mx prof herr herrn frau mme mlle monsieur madame sr sra don dona "
    "sir madam team all everyone everybody there friend friends colleague colleagues customer customers hiring manager recruiter editor professor "
    "doctor parents mom mum dad grandma grandpa santa diary god lord world folks guys ladies gentlemen reader readers community committee "
    "zusammen welt damen herren kollegen freunde mama papa oma opa liebe lieber monde messieurs mesdames amis equipe mundo todos amigos equipo "
    "i a an the my your his her our we you he she it they this that these those and or but not no yes please thanks thank hello hi dear "
    "what when where who why how which if is are was were can could would should will do does did have has had let make give tell write "
    "explain also then so because since after before as at by for from in of on to with without very just only both each "
    "ich du er sie es wir ihr der die das ein eine und oder aber nicht ja nein bitte danke hallo wie was wer wo wann warum "
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


@lru_cache(maxsize=1)
def given_names() -> frozenset[str]:
    """Names in small letters, without accents, that are no ordinary word."""
    text = resources.files(__package__).joinpath("given_names.txt").read_text("utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(word.casefold() for line in lines for word in line.split()) - NOT_NAMES


def is_given(word: str) -> bool:
    """Whether folded ``word`` is a given name; of a double name, whether one half is."""
    lower = word.casefold()
    return lower in given_names() or any(
        part in given_names() for part in lower.split("-") if part != lower
    )
