"""Addresses on the net that belong to nobody in particular: placeholders and well-known public sites."""

from __future__ import annotations

import re

from persona_tui.donation.redaction.wordlists import words

_NOBODY = words(
    "user users username name yourname you your me foo bar baz test tester testing admin administrator root info someone somebody "
    "hello mail email noreply no-reply donotreply support contact alice bob carol eve john jane john.doe jane.doe johndoe janedoe "
    "recipient sender example first.last firstname.lastname abc user1 user2 customer client demo sample webmaster postmaster "
    "sales hr jobs team office newsletter security abuse dev ops ci bot git myuser my-email youremail your.email your-email"
)
_PLACEHOLDER_OWNER = words(
    "org organization organisation owner user username your-username yourusername your-org yourorg your-name company acme example team my-org myorg "
    "project group namespace repo-owner foo python torvalds rust-lang nodejs microsoft google facebook apache kubernetes pytorch tensorflow "
    "numpy pandas-dev huggingface golang docker moby vuejs angular django psf pallets encode tiangolo rails ruby elastic grafana prometheus hashicorp"
)
_HOSTING = re.compile(
    r"(?i)(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitea\.com|git\.kernel\.org|sourceforge\.net)(?P<path>/[^\s?#]{0,200})?(?=[?#]|$)"
)
_PROJECT = re.compile(
    r"(?i)/(?P<owner>[\w.-]{1,60})/[\w.-]{1,100}(?:/(?:-/)?(?:issues?|pulls?|merge_requests|discussions|releases?|tags?|commits?|blob|tree|wiki|actions|compare|milestones|security|raw|archive)(?:/[^\s]{0,150})?)"
)
_SITES = re.compile(
    r"(?i)(?:[a-z0-9-]{1,40}\.){0,3}(?:stackoverflow\.com|stackexchange\.com|serverfault\.com|superuser\.com|askubuntu\.com|npmjs\.com|npmjs\.org|pypi\.org|crates\.io|docs\.rs|readthedocs\.io|readthedocs\.org|rubygems\.org|packagist\.org|nuget\.org|hackage\.haskell\.org|pkg\.go\.dev"
    r"|arxiv\.org|doi\.org|wikipedia\.org|wikimedia\.org|wiktionary\.org|wikidata\.org|archive\.org|python\.org|nodejs\.org|rust-lang\.org|go\.dev|golang\.org|ruby-lang\.org|php\.net|cppreference\.com|kernel\.org|gnu\.org|debian\.org|ubuntu\.com|fedoraproject\.org|archlinux\.org|apache\.org|mozilla\.org|w3schools\.com"
    r"|react\.dev|reactjs\.org|vuejs\.org|angular\.io|angular\.dev|svelte\.dev|nextjs\.org|djangoproject\.com|palletsprojects\.com|fastapi\.tiangolo\.com|kubernetes\.io|docker\.com|postgresql\.org|mysql\.com|sqlite\.org|redis\.io|mongodb\.com|nginx\.org|nginx\.com|letsencrypt\.org|pytorch\.org|tensorflow\.org|scikit-learn\.org|numpy\.org|scipy\.org|pandas\.pydata\.org|matplotlib\.org|jupyter\.org|huggingface\.co|openai\.com|anthropic\.com"
    r"|google\.com|youtube\.com|youtu\.be|bing\.com|duckduckgo\.com|microsoft\.com|apple\.com|amazon\.com|oracle\.com|ibm\.com|nvidia\.com|intel\.com|cloudflare\.com|jetbrains\.com|visualstudio\.com|bbc\.co\.uk|bbc\.com|cnn\.com|nytimes\.com|theguardian\.com|reuters\.com|imdb\.com|spotify\.com|netflix\.com|nasa\.gov|nih\.gov|cdc\.gov|who\.int|europa\.eu|un\.org|gov\.uk|spiegel\.de|lemonde\.fr|elpais\.com|unicode\.org|ietf\.org|iso\.org|owasp\.org|mitre\.org|nist\.gov|json\.org|yaml\.org|semver\.org|xkcd\.com|gutenberg\.org)"
    r"(?::\d{1,5})?(?P<path>[/?#][^\s]{0,2048})?$"
)
_PRIVATE = re.compile(
    r"(?i)[@~]|%40|/(?:u|user|users|usr|in|profile|profiles|people|member|members|channel|c|d|document|spreadsheets|drive|folders|file|forms|calendar|photos|maps|share|shared|invite|join|reset|verify|unsubscribe|account|settings|inbox|mail|messages|spaces|datasets|gp|wishlist|hz|orders)(?:/|$)|[?&#](?:[\w-]{0,20}(?:email|user|name|token|key|id|auth|session|sig|code|phone|addr)[\w-]{0,12}|q|query|search|s)="
)
_MINE = re.compile(r"(?i)\b(?:my|mine|our|i|mein\w{0,2}|mon|ma|mi|mijn|moj\w?|meu|minha)\b")


def placeholder_mail(local: str, domain: str) -> bool:
    """Whether nobody gets mail there: ``user@example.com``."""
    return local.casefold().split("+")[0] in _NOBODY and bool(
        re.fullmatch(
            r"(?i)(?:example\.(?:com|org|net|edu)|(?:test|example|invalid|localhost)|domain\.(?:com|tld)|yourdomain\.com|mydomain\.com|company\.com|test\.com|foo\.com|email\.com|acme\.com)",
            domain,
        )
    )


def placeholder_repository(address: str) -> bool:
    """``git@host:org/repo.git``: words that only stand for a name, or a project that all know."""
    host, _, path = address.partition("@")[2].partition(":")
    return host.casefold() in ("host", "example.com", "git.example.com", "server", "hostname") or (
        path.strip("/~").split("/")[0].casefold() in _PLACEHOLDER_OWNER
    )


def public(rest: str, lead: str) -> bool:
    """Whether the address after ``://`` is a public page that says nothing of whoever names it."""
    hosting = _HOSTING.match(rest)
    if hosting:
        path = hosting["path"] or "/"
        owner = path.strip("/").split("/")[0].casefold()
        if path == "/" or owner in _PLACEHOLDER_OWNER:
            return True
        return bool(_PROJECT.match(path)) and not _MINE.search(lead)
    site = _SITES.match(rest)
    return bool(site) and not _PRIVATE.search(site["path"] or "" if site else "")
