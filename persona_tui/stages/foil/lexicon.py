"""Words that mean the same, imply each other, or exclude each other, for statements about a person.

Written for English and for what people say of themselves, not for one persona; what stands in no
list is left undecided by :mod:`persona_tui.stages.foil.truth`, never guessed.
"""

from __future__ import annotations

from persona_tui.stages.extraction.agreement import stem


def _stems(words: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words.split())


def _groups(text: str) -> list[list[str]]:
    return [
        [stem(word) for word in line.replace(",", " ").split()]
        for line in text.splitlines()
        if line.strip()
    ]


SAME: dict[str, str] = {
    word: group[0]
    for group in _groups(
        """
    child kid children kids baby
    parent mum dad mom
    like enjoy love fond prefer favour
    dislike hate distrust detest
    job position role profession occupation
    flat apartment
    friend buddy
    flatmate roommate housemate
    stop quit
    want wish hope plan intend aim would try
    buy purchase
    photo picture
    bicycle bike cycle
    car automobile
    evening evenings
    night nights nightly
    phone smartphone telephone
    anxious nervous afraid scared fear frightened worried
    study student
    learn learner
    company business firm startup
    die dead death
    pupil schoolchild
    doctor physician
    licence license
    cafe café
    exercise workout
    plane airplane aeroplane aircraft flight fly flying flown
    hospital clinic
    answer reply response
    ill sick
    brief short concise
    renovate refurbish restore
    practise practice
    emigrate emigration
    support help
    book books
    sea ocean
    ship boat vessel
    sew tailor
    """
    )
    for word in group
}
"""Stem → the stem that stands for its group."""

IMPLIES: dict[str, tuple[str, ...]] = {
    group[0]: tuple(group[1:])
    for group in _groups(
        """
    daughter child parent family girl
    son child parent family boy
    twin child parent family
    father parent child family
    mother parent child family
    child parent family
    grandson grandchild grandparent grandfather grandmother family
    granddaughter grandchild grandparent family
    wife married spouse partner family
    husband married spouse partner family
    married spouse partner
    engaged partner relationship
    relationship partner
    divorced separated
    eldest oldest sibling
    sibling family
    nurse healthcare medical
    doctor healthcare medical
    physiotherapist healthcare medical physical therapist
    dentist dental healthcare medical
    accountant accounting finance
    teacher school education
    developer programmer software code program developing
    vegan vegetarian plant diet
    vegetarian diet
    peanut nut
    diabetes condition illness disease chronic
    arthritis condition illness disease joint
    migraine headache condition
    celiac condition coeliac disease illness
    dyslexia condition
    asthma condition
    pressure hypertension
    loan debt
    cello instrument music string
    violin instrument music
    piano instrument music
    guitar instrument music
    choir music singing group
    alto music
    cat pet animal
    dog pet animal
    cow animal cattle farm
    van car vehicle
    truck lorry vehicle
    bus vehicle
    bicycle vehicle
    telescope astronomy
    copenhagen denmark danish
    arizona america usa
    bavaria germany german
    rotterdam netherlands dutch
    canada canadian
    italy italian
    japan japanese
    portuguese language
    arabic language
    french language
    polish language
    german language
    spanish language
    typescript programming javascript code
    python programming code
    godot programming game code
    marathon run runner
    triathlon sport
    football sport
    chess game
    vinyl record music
    yoga exercise
    pregnant child
    retired pensioner former
    retire pensioner former
    law legal
    physics science
    bakery baker
    wheelchair disability
    hearing disability
    village countryside rural
    share flatmate
    seasick motion sickness
    emigrate move abroad
    pottery potter ceramics
    cadet trainee
    forester forest
    house home
    apartment home
    bread gluten
    """
    )
}
"""Stem → what is true as well of whom it is true of."""

IMPLIES_NOT: dict[str, tuple[str, ...]] = {
    group[0]: tuple(group[1:])
    for group in _groups(
        """
    vegan meat beef pork chicken fish seafood dairy milk cheese butter egg honey
    vegetarian meat beef pork chicken fish seafood steak ham bacon
    celiac gluten wheat
    lactose lactose dairy milk cheese butter cream
    alone flatmate family partner roommate
    """
    )
}
"""Stem → what somebody of whom it is true does not eat, have, or live with."""

OPPOSITES: tuple[frozenset[str], ...] = tuple(
    frozenset(group)
    for group in _groups(
        """
    night day
    night morning
    evening morning
    brief long
    like dislike
    trust dislike
    high low
    new old
    young old
    senior junior
    part full
    single relationship
    single married
    single engaged
    divorced married
    married unmarried
    alone family
    more less
    eldest youngest
    oldest youngest
    send receive
    learn teach
    rich poor
    small large
    small big
    city village
    employed unemployed
    retire work
    daughter son
    mother father
    wife husband
    brother sister
    always never
    often never
    increase reduce
    gain lose
    start stop
    explicit implicit
    public home
    summer winter
    left right
    early late
    rent own
    theory example
    like anxious
    like allergic
    trust distrust
    doubt trust
    """
    )
    if len(group) == 2
)
"""One of two: who is the one is not the other."""

CLASSES: tuple[frozenset[str], ...] = tuple(
    frozenset(group)
    for group in _groups(
        """
    nurse doctor teacher lawyer engineer accountant dentist surgeon pilot chef cook baker plumber electrician carpenter mechanic farmer journalist writer photographer musician actor architect designer developer programmer analyst scientist physicist chemist biologist astronomer psychologist therapist physiotherapist pharmacist librarian curator forester gardener fisherman soldier policeman police firefighter paramedic driver waiter barista cashier manager consultant banker salesman tailor potter painter sculptor singer dancer coach politician judge priest pastor vet veterinarian receptionist secretary translator miner sailor cadet captain
    daughter son mother father wife husband brother sister grandson granddaughter uncle aunt cousin nephew niece grandmother grandfather twin triplet
    cat dog cow horse sheep goat pig chicken hen parrot rabbit hamster fish snake bird duck tractor
    cello violin piano guitar flute drum trumpet saxophone clarinet harp organ viola ukulele accordion
    soprano alto tenor bass baritone
    english french german spanish italian portuguese polish russian arabic chinese mandarin japanese korean dutch swedish danish norwegian finnish turkish greek hebrew hindi swahili tigrinya
    python java javascript typescript rust ruby php perl scala kotlin swift haskell
    canada america usa mexico brazil argentina chile peru france germany spain italy portugal poland russia ukraine china japan korea india pakistan australia england scotland ireland wales netherlands belgium sweden denmark norway finland turkey greece egypt morocco kenya nigeria ethiopia eritrea somalia syria iran iraq israel vietnam thailand zealand austria switzerland
    arizona arkansas california texas florida nevada ohio utah alaska oregon colorado georgia bavaria saxony tuscany
    london paris berlin hamburg munich rome milan madrid lisbon copenhagen stockholm oslo amsterdam rotterdam vienna zurich brussels dublin tokyo beijing sydney toronto boston chicago seattle
    peanut shellfish milk egg wheat soy almond gluten lactose pollen dust penicillin sesame strawberry
    asthma diabetes arthritis migraine epilepsy cancer celiac dementia depression autism adhd dyslexia eczema
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
    christmas easter ramadan lent hanukkah diwali
    football tennis basketball golf hockey rugby cricket swim ski surf yoga chess judo karate volleyball badminton
    physics chemistry biology mathematics history geography english art music latin
    car truck bus van bicycle motorcycle train tram plane taxi scooter
    stamp coin vinyl record postcard antique
    stock bond cryptocurrency bitcoin gold fund property
    novel poem history biography comic thriller
    school university college kindergarten
    """
    )
)
"""Kinds of which one is not another: an added word of a kind that the persona names another of."""

NEUTRAL = _stems(
    "work works working job position role profession occupation career as there this that user "
    "person someone currently really very quite lot much many some any often usually regularly "
    "recently already still also another other others hobby interested interest good well thing "
    "things time together member going get gets getting become becoming time "
    "kind type own owner one bit little regular suffer suffers experience experiences do "
    "has condition diet medical way make makes go goes spend giving give live lives wear wears"
)
"""Says no more than is said without it, beside other words that are covered."""

KIN = _stems(
    "wife husband partner mother father parent parents son daughter sons daughters child "
    "children brother sister sibling siblings grandson granddaughter friend friends boss "
    "colleague family married girlfriend boyfriend employees refugees twins team"
)
"""Other people: what is said of them is not said of the user."""

POLARITY = _stems(
    "not no never none nothing cannot without neither nor unable avoid skip free longer"
)
"""What makes a statement negative, and no part of what it is about."""

CONSUMING = frozenset(SAME.get(one, one) for one in _stems("eat drink consume like food product"))
"""Beside what somebody does not eat, these add nothing."""

UNITS = _stems("minute hour day week month year decade")
"""What a number counts."""

ACHIEVING = _stems("buy own open move finish complete pay get")
"""Verbs of having done what is aimed at; they add nothing else."""

AIMING = _stems("want plan wish hope learn study train save try expect engage")
"""Not there yet: who wants to, learns to, or saves for has not, cannot, or owns not."""
