"""Redaction against sentences labelled by hand: recall and precision by kind, and false alarms.

    .venv/bin/python -m benchmarks.redaction [--only HALF] [--errors] [--json]

``data/redaction_dev.tsv`` was looked at while the rules were written; ``data/redaction_unseen.tsv``
was committed before there was any rule. Language, a tab, the sentence with ``{KIND|text}`` around
what must go. A found label is one whose every character is taken out, whatever the kind; a right
finding is one that touches a label. ``data/redaction_harmless_*.txt``: technical sentences in which
nothing must go. ``redaction_independent.tsv`` and its harmless sentences were written by another hand, which
had not seen the rules: ``--only independent``; ``independent2`` is a second such set. Each was scored once;
both are seen since 2026-11-25. ``--errors`` prints what went wrong in those and in the development half. Lines that begin with ``#:`` are comments.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._table import show
from persona_tui.donation.redaction import Finding, Redactor
from persona_tui.report.intervals import wilson

DATA = Path(__file__).parent / "data"
_LABEL = re.compile(r"\{(?P<kind>[A-Z]+)\|(?P<text>.*?)\}(?=[^}]|$)", re.DOTALL)
_HALVES = ("dev", "unseen", "independent", "independent2", "independent3")
_SEEN = ("dev", "independent", "independent2")
"""Whose errors may be looked at."""
_COMMENT = "#:"
"""Begins a line that says how a file was labelled."""
_WORDED = ("NAME", "ORG")
"""Kinds without a form of their own."""


@dataclass(frozen=True)
class Sentence:
    """A text with the stretches that must go."""

    text: str
    labels: list[tuple[int, int, str]]


@dataclass
class Score:
    """Counts over one file."""

    labels: Counter[str] = field(default_factory=Counter)
    covered: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    taken: int = 0
    wanted: int = 0


def _lines(name: str) -> list[str]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line for line in lines if not line.startswith(_COMMENT)]


def sentences(name: str) -> Iterator[Sentence]:
    """The labelled sentences of ``name``. ``¦`` cuts tokens in two, so that no scanner of
    repositories takes them for real ones; ``\\n`` is a line end."""
    for line in _lines(name):
        marked = line.partition("\t")[2].replace("¦", "").replace("\\n", "\n").replace("\\\\", "\\")
        text, labels, done = "", [], 0
        for match in _LABEL.finditer(marked):
            text += marked[done : match.start()]
            labels.append((len(text), len(text) + len(match["text"]), match["kind"]))
            text += match["text"]
            done = match.end()
        yield Sentence(text + marked[done:], labels)


def measure(redactor: Redactor, name: str, *, errors: bool) -> Score:
    """Counts over the file ``name``."""
    score = Score()
    for one in sentences(name):
        found = redactor.find(one.text)
        inside = {at for finding in found for at in range(finding.start, finding.end)}
        asked = {at for start, end, _ in one.labels for at in range(start, end)}
        score.taken += len(inside)
        score.wanted += len(inside & asked)
        for start, end, kind in one.labels:
            score.labels[kind] += 1
            hit = all(at in inside for at in range(start, end))
            score.covered[kind] += hit
            if errors and not hit:
                print(
                    f"   missed {kind}: {one.text[start:end]!r} in {one.text!r} ({_brief(one.text, found)})"
                )
        for finding in found:
            score.findings[finding.kind] += 1
            right = any(finding.start < end and start < finding.end for start, end, _ in one.labels)
            score.right[finding.kind] += right
            if errors and not right:
                print(
                    f"   false {finding.kind}: {one.text[finding.start : finding.end]!r} in {one.text!r}"
                )
    return score


def harmless(redactor: Redactor, name: str, *, errors: bool) -> tuple[int, int, int, int]:
    """Sentences, those with a finding, characters, those taken out."""
    total = hit = chars = taken = 0
    for line in _lines(name):
        text = line.replace("\\n", "\n")
        found = redactor.find(text)
        total, hit, chars = total + 1, hit + bool(found), chars + len(text)
        taken += sum(one.end - one.start for one in found)
        if errors and found:
            print(f"   false alarm: {_brief(text, found)} in {text!r}")
    return total, hit, chars, taken


def _brief(text: str, found: list[Finding]) -> str:
    return ", ".join(f"{one.kind} {text[one.start : one.end]!r}" for one in found)


def _rate(part: int, whole: int) -> str:
    if not whole:
        return "–"
    interval = wilson(part, whole)
    return f"{part / whole:.3f} ({part}/{whole}; {interval.low:.2f}–{interval.high:.2f})"


def main() -> None:
    """Print both halves, with and without the NER extra."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=_HALVES, metavar="HALF")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    modes = [("rules", Redactor([], ner=False))]
    if Redactor([]).uses_ner:
        modes.append(("rules + NER", Redactor([], ner=True)))
    for half in [given.only] if given.only else _HALVES:
        if not (DATA / f"redaction_{half}.tsv").exists():
            continue
        errors = given.errors and half in _SEEN
        rows: dict[str, dict[str, object]] = {}
        notes = []
        for mode, redactor in modes:
            score = measure(redactor, f"redaction_{half}.tsv", errors=errors)
            kinds = sorted(score.labels, key=lambda kind: (kind in _WORDED, kind))
            structured = [kind for kind in kinds if kind not in _WORDED]
            for label, some in [
                ("all structured", structured),
                *((kind, [kind]) for kind in kinds),
            ]:
                row = rows.setdefault(label, {"kind": label})
                row[f"recall, {mode}"] = _rate(
                    sum(score.covered[k] for k in some), sum(score.labels[k] for k in some)
                )
                row[f"precision, {mode}"] = _rate(
                    sum(score.right[k] for k in some), sum(score.findings[k] for k in some)
                )
            total, hit, chars, taken = harmless(
                redactor, f"redaction_harmless_{half}.txt", errors=errors
            )
            notes.append(
                f"{mode}: of the characters taken out {score.wanted / score.taken:.3f} are labelled; harmless sentences "
                f"with a false alarm {_rate(hit, total)}, characters {taken / chars:.4f}"
            )
        show(f"\n{half}", list(rows.values()), as_json=given.json, note="\n".join(notes))


if __name__ == "__main__":
    main()
