"""Which played conversations figures are computed from, and what was said of them.

One extraction at a time: attributes that other models or settings inferred are another experiment. A
profile that was played and edited since is left out, and one's own profile never counts among the
personas: what it does not state is not false.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from persona_tui.report.intervals import Ints, codes
from store.audit import AuditData

OWN = "own"


@dataclass(frozen=True)
class Played:
    """What counts, by attribute."""

    extractor: str | None
    conversation: dict[str, str]
    """Attribute → conversation, of the bank's personas, in one extraction."""
    own: dict[str, str]
    """The same of the profile as it was played last."""
    left_out: int
    """Attributes of other extractions and of earlier profiles."""
    truth: dict[str, bool] = field(default_factory=dict)
    """Attribute → right, as the persona says; undecided ones are not in it."""
    mine: dict[str, str] = field(default_factory=dict)
    """Attribute → verdict of the person."""
    modes: dict[str, str] = field(default_factory=dict)
    """Attribute → failure mode, as the person gave it."""
    relevant: dict[tuple[str, str], bool] = field(default_factory=dict)
    """(attribute, prompt) → yes, as the persona says."""
    judged: dict[str, dict[str, str]] = field(default_factory=dict)
    """Model → attribute → verdict."""
    chosen: dict[str, dict[tuple[str, str], bool]] = field(default_factory=dict)
    """Model → (attribute, prompt) → yes."""

    def right(self) -> dict[str, bool]:
        """Attribute → right: by the person where they judged, else by the persona."""
        return self.truth | {key: verdict == "ok" for key, verdict in self.mine.items()
                             if key in self.conversation}  # fmt: skip

    def clusters(self, attributes: list[str]) -> Ints:
        """Their conversations."""
        there = self.conversation | self.own
        return codes([there[key] for key in attributes])


def read(data: AuditData) -> Played:
    """Choose what counts, and sort what was said of it."""
    items = data.played
    rows = range(len(items.attribute_id))
    group = [(items.extractor[i], items.settings_sha256[i]) for i in rows]
    counts = Counter(group[i] for i in rows if items.persona_key[i] != OWN) or Counter(group)
    real = {
        model
        for model, how in zip(data.attributes.model, data.attributes.sampling, strict=True)
        if how == "random"
    }
    newest = {
        group[i]: items.created_at[i] for i in sorted(rows, key=lambda i: items.created_at[i])
    }
    main = max(counts, key=lambda g: (g[0] in real, counts[g], newest[g]), default=(None, None))
    mine = [i for i in rows if items.persona_key[i] == OWN and group[i] == main]
    last = max(mine, key=lambda i: items.created_at[i], default=None)
    profile = None if last is None else items.persona_sha256[last]
    bank = {
        items.attribute_id[i]: items.conversation_id[i]
        for i in rows
        if items.persona_key[i] != OWN and group[i] == main
    }
    own = {
        items.attribute_id[i]: items.conversation_id[i]
        for i in mine
        if items.persona_sha256[i] == profile
    }
    found = Played(main[0], bank, own, len(rows) - len(bank) - len(own))
    _said(data, found)
    return found


def _said(data: AuditData, found: Played) -> None:
    s = data.synthetic
    for i, key in enumerate(s.attribute_id):
        if key not in found.conversation and key not in found.own:
            continue
        verdict, prompt, yes, tag = s.verdict[i], s.prompt_key[i], s.relevant[i], s.model_tag[i]
        if s.rater[i] == "person" and verdict:
            found.mine[key] = verdict
            mode = s.failure_mode[i]
            if mode:
                found.modes[key] = mode
        if key in found.own:
            continue
        if s.rater[i] == "truth":
            if prompt is None and verdict:
                found.truth[key] = verdict == "ok"
            elif prompt is not None and yes is not None:
                found.relevant[key, prompt] = yes
        elif s.rater[i] == "model" and tag:
            if prompt is None and verdict:
                found.judged.setdefault(tag, {})[key] = verdict
            elif prompt is not None and yes is not None:
                found.chosen.setdefault(tag, {})[key, prompt] = yes
