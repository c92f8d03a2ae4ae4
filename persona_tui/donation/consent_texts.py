"""The words of the consent, by version. Never edit a version that was released: add one."""

from __future__ import annotations

from collections.abc import Mapping

_V1 = """\
CONSENT TO DONATE JUDGMENTS TO RESEARCH
Version 1.0

THIS IS A TEMPLATE. A review board (an ethics committee) has to approve it, with the blanks that
concern a particular study filled in, before it is used in one. No approval has been given, and none
is claimed.

What this is. You have judged what models inferred about you, which of it should matter for an
answer, and which answers were better. You can give some of these judgments to research on how
chatbots personalize. Nothing is given unless you choose it, item by item.

It is voluntary. The program works the same whether you give or not. You get nothing for it, and
nothing is taken from you if you do not. You must be 18 or over, and the judgments must be your own.

Purpose. Studying and improving how well models infer facts about people, choose which of them
matter, and use them: audits, statistics, training and testing of models for that purpose. The
licence does not let anybody hold others to this purpose: assume that the data can be used for
anything that the law allows.

Recipients. Whoever you hand the file to, or, if you publish it, everybody: anyone can read, copy and
pass on what is public, in any country, without asking you.

Licence. You choose one: Creative Commons Attribution 4.0 (CC BY 4.0; reuse with attribution to the
dataset) or Creative Commons Zero 1.0 (CC0; no rights reserved). You cannot take a licence back from
those who already have a copy.

What is given. At the level "labels": your judgments as closed choices, a broad category of each
attribute, coarse numbers, and the month. At the level "texts", for the items you choose, the redacted
words as well, each of which you can read, change and remove beforehand. Before anything leaves you
see the exact bytes. Never given: your name, your account, your files, exact times, the names of
models you made, addresses of servers.

The risk that remains. The data are pseudonymised, with reduced risk. That is not the same as no
risk: somebody who knows you may recognise you by a combination of judgments or by a phrase, and
methods of recognising people get better. If you publish through an account, the name of that account
is public with it.

Other people. Texts can speak about others who have not agreed to anything. Do not give what says
something about another person that they would not want to be public.

What can be recalled, and what cannot. For the cooling-off time you can cancel, and nothing has left.
Afterwards you can ask, with the token that stays on your machine, that the donation be withdrawn:
those who hold it and honour the request delete it and leave it out of later releases. What cannot be
recalled: copies that others made, results that were already published, models that were already
trained. If you lose the token, nobody can tell which donation is yours.

Questions and complaints. [Name and address of who is responsible for the study, and of the review
board: to be filled in.]
"""

TEXTS: Mapping[str, str] = {"1.0": _V1}
"""Version → text, as shown and hashed."""
STATEMENTS: Mapping[str, tuple[str, ...]] = {
    "1.0": (
        "I am 18 or over, and the judgments are my own.",
        "I give them voluntarily, and I have read what they are for and who can receive them.",
        "I agree that they can be redistributed publicly under the licence that I chose.",
        "I know what can be recalled and what cannot, and that the risk is reduced, not gone.",
    )
}
"""Version → what is ticked at both levels."""
TEXTS_STATEMENT: Mapping[str, str] = {
    "1.0": (
        "I have read the texts that I give, and they say nothing about other people that those "
        "would not want to be public."
    )
}
"""Version → what is ticked besides where texts are given."""
