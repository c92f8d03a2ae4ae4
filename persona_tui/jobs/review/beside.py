"""What lies among the fresh attributes of a review: repeats and planted items (PROTOCOL 2).

Both are items of the queue with keys of their own (``repeat:JUDGMENT``, ``catch:KEY``) and answers of
their own, which never mix with the judgments in force. What the person sees of one is an ordinary
attribute: of a repeat the attribute itself, of a planted item one that is made up here and nowhere
stored, with the evidence, confidence and model of real ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from persona_tui.config import JudgingConfig
from persona_tui.jobs.review.changes import item_key
from persona_tui.stages.judging import is_judged
from persona_tui.stages.judging.drawing import CATCH, Draw, Given, due_repeats, planted, unit
from persona_tui.stages.judging.planted import PLANTED
from store.db import new_id, utc_now
from store.records import Attribute, AttributeJudgment, JudgmentContext, Use

if TYPE_CHECKING:
    from store.db import Store


class Beside:
    """Repeats and planted items of one queue, by key."""

    def __init__(
        self,
        seed: str = "",
        config: JudgingConfig | None = None,
        answers: Iterable[AttributeJudgment] = (),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """``answers``: those in force on repeats and planted items."""
        self.config = config or JudgingConfig()
        self.judgments = {item_key(row): row for row in answers}
        """In force, by key."""
        self.items: dict[str, Draw] = {}
        """What belongs to the queue now, answered or not."""
        self._seed = seed
        self._now = now
        self._known: dict[str, Draw] = {}
        """Everything that was ever met: an undo may bring it back."""
        self._made: dict[str, Attribute] = {}
        self._use: dict[str, Use | None] = {}
        """What the judgment in force said of a repeat's use before the repeat did."""

    @classmethod
    def load(
        cls, store: Store, seed: str, config: JudgingConfig | None, now: Callable[[], datetime]
    ) -> Beside:
        """With the answers in the store."""
        from store import catches, judgments

        answers = [*judgments.repeats(store), *catches.in_force(store).values()]
        return cls(seed, config, answers, now)

    def line_up(
        self, attributes: Mapping[str, Attribute], judgments: Mapping[str, AttributeJudgment]
    ) -> None:
        """Draw anew from what there is: ``attributes`` and their ``judgments`` in force."""
        self._make_planted(attributes)
        draws = [
            draw
            for draw in planted(
                list(PLANTED), (), seed=self._seed, items=len(attributes),
                share=self.config.catch_share,
            )
            if draw.key in self._made
        ]  # fmt: skip
        draws += due_repeats(
            _given(attributes, judgments), (), seed=self._seed, now=self._now(),
            after=timedelta(days=self.config.repeat_after_days), share=self.config.repeat_share,
        )  # fmt: skip
        for row in self.judgments.values():
            if row.context.sampling == "repeat" and row.attribute_id in attributes:
                draws.append(_of_answer(row))
        self.items = {draw.key: draw for draw in draws}
        self._known |= self.items
        for key in [key for key in self._known if self.shown(key, attributes) is None]:
            del self._known[key]

    def draw(self, key: str) -> Draw | None:
        """How ``key`` came to be asked; ``None``: it is no item of these."""
        return self._known.get(key)

    @property
    def left(self) -> list[str]:
        """Items without a verdict."""
        return [key for key in self.items if not is_judged(self.judgments.get(key))]

    def shown(self, key: str, attributes: Mapping[str, Attribute]) -> Attribute | None:
        """The attribute that stands in front of the person for ``key``."""
        draw = self._known.get(key)
        if draw is None:
            return None
        return self._made.get(key) if draw.sampling == "catch" else attributes.get(draw.item_id)

    def told(self, key: str, shown: Attribute, before: AttributeJudgment | None) -> list[str]:
        """What may be said of an item once it is judged: that it was planted, that it was asked
        again and which answer (``before``) stays in force, how sure the model was."""
        draw = self._known.get(key)
        if draw is not None and draw.sampling == "catch":
            return ["planted: no model inferred it"]
        facts = []
        if draw is not None and before is not None and before.verdict is not None:
            facts.append(f"asked again: your first answer, {before.verdict}, stays in force")
        if shown.confidence is not None:
            facts.append(f"the model was {shown.confidence:.2f} sure")
        return facts

    # --- planted items --------------------------------------------------------------------------

    def _make_planted(self, attributes: Mapping[str, Attribute]) -> None:
        """Give every sentence of the list the evidence and the confidence of real attributes; which
        ones, a hash says, so that they stay the same when others join."""
        ring = sorted(
            (unit(self._seed, key), key) for key, row in attributes.items() if row.evidence
        )
        self._made = {}
        for name, text in PLANTED.items() if ring else ():
            key = CATCH + name
            words = attributes[_pick(ring, unit(self._seed, f"{key}|evidence"))]
            like = attributes[_pick(ring, unit(self._seed, f"{key}|confidence"))]
            self._made[key] = replace(
                like, attribute_id=key, text=text, evidence=words.evidence, corrects=None,
                sources=(), judgment=None,
            )  # fmt: skip
            self._known.setdefault(key, Draw(key, "catch", None, None, name))

    # --- repeats --------------------------------------------------------------------------------

    def carried(
        self,
        key: str,
        before: AttributeJudgment,
        context: JudgmentContext,
        asked: str,
        use: Use | None,
    ) -> AttributeJudgment | None:
        """What an answer to the repeat ``key`` changes in ``before``, the judgment in force of its
        attribute: the verdict stays, but *never use it* and a correction are wishes, and hold at
        once. ``None``: nothing."""
        draw = self._known.get(key)
        if draw is None or draw.sampling != "repeat":
            return None
        changed = before
        if asked == "use":
            first = self._use.setdefault(key, before.use)
            changed = replace(before, use=first if use is None else use)
        if changed == before and asked != "correct":
            return None
        return replace(
            changed,
            judgment_id=new_id(),
            created_at=utc_now(),
            context=replace(before.context, shown=context.shown),
            supersedes=before.judgment_id,
        )


def _given(
    attributes: Mapping[str, Attribute], judgments: Mapping[str, AttributeJudgment]
) -> Iterable[Given]:
    """Verdicts on random draws of sentences that still read as they did."""
    for key, row in judgments.items():
        said = row.context.shown.get("attribute")
        if (
            key in attributes
            and is_judged(row)
            and row.context.inclusion_prob is not None
            and said in (None, attributes[key].text)
        ):
            yield Given(row.judgment_id, key, row.created_at, row.context.sampling)


def _of_answer(row: AttributeJudgment) -> Draw:
    context = row.context
    return Draw(
        item_key(row), "repeat", context.inclusion_prob, context.repeat_of, row.attribute_id
    )


def _pick(ring: list[tuple[float, str]], at: float) -> str:
    """The first on the ring from ``at`` on."""
    return ring[bisect_left(ring, (at, "")) % len(ring)][1]
