"""Planted false attributes (PROTOCOL 2): a fixed list that practically nobody has; expected: *bad*.

They are written like inferred ones, in form and length, so that only what they say can tell them.
None is about health, belief, origin or love, and none is an insult: to be asked is no offence. A key
names its sentence for good; a sentence that changes gets a new key.
"""

from __future__ import annotations

PLANTED: dict[str, str] = {
    "lighthouse": "The user lives in a lighthouse that they keep in working order.",
    "tuba": "The user plays the tuba in a professional orchestra.",
    "unicycle": "The user rides to work on a unicycle.",
    "falcons": "The user breeds falcons and trains them for airports.",
    "sidecar": "The user races motorcycles with a sidecar.",
    "glockenspiel": "The user collects glockenspiels and owns more than forty.",
    "antarctica": "The user spent last winter at a research station in Antarctica.",
    "puppets": "The user builds marionettes for a travelling puppet theatre.",
    "stilts": "The user gives lessons in walking on stilts.",
    "moss": "The user is writing a field guide to the mosses of Iceland.",
    "chess_boxing": "The user trains for chess boxing matches.",
    "crossword": "The user writes the weekly crossword of a newspaper.",
    "camels": "The user has a small herd of camels.",
    "bells": "The user casts church bells for a living.",
    "quintuplets": "The user has younger siblings who are quintuplets.",
    "submarine": "The user served as a cook on a submarine.",
    "parquet": "The user restores parquet floors in castles.",
    "kayak": "The user plans to cross the Baltic Sea in a kayak next summer.",
    "latin": "The user speaks Latin with their children at home.",
    "balloon": "The user has a licence to fly hot-air balloons.",
    "truffles": "The user hunts truffles with a trained pig.",
    "barge": "The user grew up on a cargo barge.",
    "stunts": "The user works as a stunt driver for films.",
    "typewriter": "The user writes all of their letters on a typewriter from 1926.",
    "snails": "The user runs a snail farm with their cousin.",
    "curling": "The user coaches a national curling team.",
    "maze": "The user designs hedge mazes for public gardens.",
    "zeppelin": "The user is building a model of a zeppelin that is nine metres long.",
    "auctions": "The user used to be an auctioneer of racehorses.",
    "ferns": "The user named a species of fern.",
    "organ": "The user is learning to build pipe organs.",
    "sandals": "The user makes their own sandals out of old tyres.",
}
"""Key → sentence."""
