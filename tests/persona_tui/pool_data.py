"""Donations of simulated donors with planted truths: tables for engines, rows for bundles.

Donors differ from each other (a Beta distribution around each truth), so intervals that forget that
judgments share a donor are too narrow. Three of ten donors judge items drawn actively: problematic
ones are twice as likely to be drawn, and only weights tell the truth of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from persona_tui.donation import vocabularies as words
from persona_tui.donation.schema import TABLE_NAMES, Table
from persona_tui.pool.arrow_types import DONOR, json_schema

Any1 = NDArray[np.generic]
MODELS = ("gpt", "claude", "gemma")
MONTHS = ("2026-09", "2026-10", "2026-11")
SHA = "5" * 64


@dataclass(frozen=True)
class Truth:
    """What is planted."""

    acceptance: float = 0.6
    modes: tuple[float, ...] = (0.5, 0.2, 0.15, 0.08, 0.0, 0.07)
    """Of :data:`~persona_tui.donation.vocabularies.FAILURE_MODES`."""
    yes: float = 0.2
    recall: float = 0.8
    false_yes: float = 0.35
    """How often a model says yes where the person says no."""
    ratings: tuple[float, ...] = (0.08, 0.17, 0.30, 0.30, 0.15)
    inflation: float = 0.5
    same_again: float = 0.8
    spread: float = 8.0
    """Of the Beta distributions over donors: larger is more alike."""


def tables(
    donors: int,
    *,
    attributes: int = 30,
    pairs: int = 40,
    comparisons: int = 25,
    seed: int = 1,
    truth: Truth | None = None,
    first_donor: int = 0,
    languages: Sequence[str] = ("en", "de"),
) -> dict[Table, pa.Table]:
    """Staged tables (with the donor's number) of so many donors, each with about so many judgments."""
    made = _Simulation(np.random.default_rng(seed), donors, truth or Truth(), first_donor)
    return made.all(attributes, pairs, comparisons, languages)


class _Simulation:
    def __init__(
        self, draw: np.random.Generator, donors: int, truth: Truth, first_donor: int
    ) -> None:
        self.draw = draw
        self.donors = donors
        self.truth = truth
        self.first = first_donor
        self.active = draw.random(donors) < 0.3

    def all(
        self, attributes: int, pairs: int, comparisons: int, languages: Sequence[str]
    ) -> dict[Table, pa.Table]:
        a, judged = self.attributes(attributes)
        relevance, said = self.relevance(pairs, judged[DONOR], judged["attribute_id"])
        responses, rated = self.responses(comparisons)
        models = {key: pa.concat_arrays([said[key], rated[key]]) for key in said}
        found: dict[Table, dict[str, object]] = {
            "contributors": self.contributors(languages),
            "attributes": a,
            "attribute_judgments": judged,
            "relevance_judgments": relevance,
            "response_judgments": responses,
            "model_judgments": models,
        }
        return {table: _table(table, found[table]) for table in TABLE_NAMES}

    def ids(self, letter: str, count: int) -> pa.Array:
        text = self.draw.bytes(16 * count).hex()
        return pa.array(
            [f"{letter}_{text[i : i + 32]}" for i in range(0, 32 * count, 32)], pa.string()
        )

    def pick(
        self, values: Sequence[str | None], count: int, p: Sequence[float] | None = None
    ) -> pa.Array:
        return _words(values, self.draw.choice(len(values), count, p=p))

    def of_donor(self, mean: float) -> NDArray[np.float64]:
        s = self.truth.spread
        return self.draw.beta(mean * s, (1 - mean) * s, self.donors)

    def who(self, each: int) -> NDArray[np.int64]:
        return np.repeat(np.arange(self.donors), each)

    def context(
        self, donor: Any1, sampling: pa.Array, p: Any1, repeat_of: pa.Array
    ) -> dict[str, object]:
        n = len(donor)
        return {
            DONOR: pa.array(donor + self.first, pa.int32()),
            "rater_role": _words(("self",), np.zeros(n, dtype=int)),
            "sampling": sampling,
            "inclusion_prob": pa.array(p),
            "repeat_of": repeat_of,
            "latency_bin": self.pick(words.LATENCY_BINS, n),
            "guideline_sha256": _words((SHA,), np.zeros(n, dtype=int)),
            "app_version": _words(("0.4.0",), np.zeros(n, dtype=int)),
            "judged_month": self.pick(MONTHS, n),
        }

    def contributors(self, languages: Sequence[str]) -> dict[str, object]:
        n = self.donors
        return {
            DONOR: pa.array(np.arange(n) + self.first, pa.int32()),
            "contributor_id": self.ids("c", n),
            "language": _words(languages, np.arange(n) % len(languages)),
            "consent_version": pa.array(["1.0"] * n),
            "consent_text_sha256": pa.array([SHA] * n),
            "license": self.pick(words.LICENSES, n),
            "donated_month": pa.array(["2026-11"] * n),
            "withdrawal_token_sha256": pa.array([SHA] * n),
            "schema_version": pa.array(["1"] * n),
        }

    def drawn(self, donor: Any1, wanted: Any1) -> tuple[Any1, pa.Array, Any1]:
        """Which of the items are judged, how they were drawn, with which probability."""
        is_active = self.active[donor]
        p = np.where(is_active, np.where(wanted, 0.8, 0.4), 0.6)
        keep = self.draw.random(len(donor)) < p
        how = _words(("random", "active"), is_active[keep].astype(int))
        return keep, how, p[keep]

    def again(self, donor: Any1, share: float = 0.1) -> Any1:
        """Items that are repeated."""
        return np.flatnonzero(self.draw.random(len(donor)) < share)

    def attributes(self, each: int) -> tuple[dict[str, object], dict[str, object]]:
        # Twice as many candidates as are to be judged, about; two are added and one is planted.
        donor = self.who(2 * each)
        n = len(donor)
        ok = self.draw.random(n) < self.of_donor(self.truth.acceptance)[donor]
        ids = self.ids("a", n)
        sure = np.abs(np.clip(np.round(self.draw.normal(0.6 + 0.12 * ok, 0.15), 1), 0, 1))
        model = self.draw.integers(0, len(MODELS), n)
        others = self.who(3)
        other_ids = self.ids("a", len(others))
        kinds = np.tile([2, 2, 3], self.donors)
        a: dict[str, object] = {
            DONOR: pa.array(np.concatenate([donor, others]) + self.first, pa.int32()),
            "attribute_id": pa.concat_arrays([ids, other_ids]),
            "category": self.pick(words.CATEGORIES, n + len(others)),
            "confidence": pa.concat_arrays([pa.array(sure), pa.nulls(len(others), pa.float64())]),
            "source": _words(words.ATTRIBUTE_SOURCES, np.concatenate([np.zeros(n, int), kinds])),
            "extractor_model": pa.concat_arrays(
                [_words(MODELS, model), _words(("person",), np.zeros(len(others), int))]
            ),
        }
        keep, how, p = self.drawn(donor, ~ok)
        donor, ok, ids = donor[keep], ok[keep], ids.filter(pa.array(keep))
        unsure = ~ok & (self.draw.random(len(ok)) < 0.4)
        verdict = np.where(ok, 0, np.where(unsure, 1, 2))
        j_ids = self.ids("j", len(donor))
        repeated = self.again(donor)
        second = self.draw.random(len(repeated)) < self.truth.same_again
        verdicts = np.concatenate(
            [
                verdict,
                np.where(second, verdict[repeated], self.draw.integers(0, 3, len(repeated))),
                np.full(self.donors, 2),
            ]
        )
        mode = self.draw.choice(6, len(verdicts), p=self.truth.modes)
        r, c = len(repeated), self.donors
        total = len(donor) + r + c
        judged = self.context(
            np.concatenate([donor, donor[repeated], np.arange(c)]),
            pa.concat_arrays([how, _same("repeat", r), _same("catch", c)]),
            np.concatenate([p, np.ones(r + c)]),
            pa.concat_arrays([_nothing(len(donor)), j_ids.take(pa.array(repeated)), _nothing(c)]),
        )
        planted = other_ids.take(pa.array(np.flatnonzero(kinds == 3)))
        judged |= {
            "judgment_id": pa.concat_arrays([j_ids, self.ids("j", r + c)]),
            "attribute_id": pa.concat_arrays([ids, ids.take(pa.array(repeated)), planted]),
            "judgment": _words(words.VERDICTS, verdicts),
            "accurate": pa.array(verdicts == 0),
            "supported": pa.array(verdicts < 2),
            "use": self.pick((*words.USES, None), total),
            "failure_mode": _words((*words.FAILURE_MODES, None), np.where(verdicts == 0, 6, mode)),
        }
        return a, judged

    def relevance(
        self, each: int, at: object, attribute: object
    ) -> tuple[dict[str, object], dict[str, object]]:
        donor = self.who(2 * each)
        yes = self.draw.random(len(donor)) < self.of_donor(self.truth.yes)[donor]
        keep, how, p = self.drawn(donor, yes)
        donor, yes = donor[keep], yes[keep]
        n = len(donor)
        ids = self.ids("j", n)
        repeated = self.again(donor)
        second = self.draw.random(len(repeated)) < self.truth.same_again
        r = len(repeated)
        owner = np.asarray(at)  # any attribute of the same donor will do
        firsts = np.searchsorted(np.sort(owner), np.arange(self.donors) + self.first)
        order = np.argsort(owner, kind="stable")
        mine = pa.array(order[firsts[np.concatenate([donor, donor[repeated]])]])
        found = self.context(
            np.concatenate([donor, donor[repeated]]),
            pa.concat_arrays([how, _same("repeat", r)]),
            np.concatenate([p, np.ones(r)]),
            pa.concat_arrays([_nothing(n), ids.take(pa.array(repeated))]),
        )
        found |= {
            "judgment_id": pa.concat_arrays([ids, self.ids("j", r)]),
            "prompt_id": self.ids("p", n + r),
            "attribute_id": attribute.take(mine),  # type: ignore[attr-defined]
            "relevant": pa.array(
                np.concatenate([yes, np.where(second, yes[repeated], self.draw.random(r) < 0.5)])
            ),
        }
        said = self.draw.random(n) < np.where(yes, self.truth.recall, self.truth.false_yes)
        return found, self.models(donor, ids, "relevance", "relevant", pa.array(said))

    def responses(self, each: int) -> tuple[dict[str, object], dict[str, object]]:
        donor = self.who(each)
        n = len(donor)
        mix = self.draw.dirichlet(np.array(self.truth.ratings) * 4 * self.truth.spread, self.donors)
        steps = mix.cumsum(axis=1)[donor]
        rating = 1 + np.minimum((self.draw.random((n, 1)) > steps).sum(axis=1), 4)
        ids = self.ids("j", n)
        repeated = self.again(donor)
        r, c = len(repeated), self.donors
        same = self.draw.random(r) < self.truth.same_again
        ratings = np.concatenate(
            [rating, np.where(same, rating[repeated], self.draw.integers(1, 6, r)), np.full(c, 3)]
        )
        total = n + r + c
        left = self.draw.integers(0, 2, total)
        found = self.context(
            np.concatenate([donor, donor[repeated], np.arange(c)]),
            pa.concat_arrays([_same("random", n), _same("repeat", r), _same("catch", c)]),
            np.ones(total),
            pa.concat_arrays([_nothing(n), ids.take(pa.array(repeated)), _nothing(c)]),
        )
        mention = self.draw.random(total) < 0.4
        found |= {
            "judgment_id": pa.concat_arrays([ids, self.ids("j", r + c)]),
            "prompt_id": self.ids("p", total),
            "arm": self.pick(("relevant", "all"), total, (0.8, 0.2)),
            "model_tag": self.pick(MODELS, total),
            "model_tag_generic": self.pick(MODELS, total),
            "shown_left": _words(words.SIDES, left),
            "blinded": pa.array(np.ones(total, dtype=bool)),
            "raw_rating": pa.array(np.where(left == 0, ratings, 6 - ratings)),
            "rating": pa.array(ratings),
            "explicit_mention": pa.array(mention),
            "len_generic": pa.array(100 * self.draw.integers(3, 10, total)),
            "len_personalized": pa.array(100 * self.draw.integers(4, 12, total)),
        }
        up = self.truth.inflation
        more = np.floor(up) + (self.draw.random(n) < up - np.floor(up))
        said = np.clip(rating + more.astype(int), 1, 5)
        return found, self.models(donor, ids, "response", "rating", pa.array(said))

    def models(
        self, donor: Any1, ids: pa.Array, kind: str, value: str, said: pa.Array
    ) -> dict[str, object]:
        n = len(donor)
        types = {"relevant": pa.bool_(), "rating": pa.int64()}
        return {
            DONOR: pa.array(donor + self.first, pa.int32()),
            "target_judgment_id": ids,
            "model_tag": self.pick(MODELS, n),
            "kind": _same(kind, n),
            **{
                name: said.cast(type_) if name == value else pa.nulls(n, type_)
                for name, type_ in types.items()
            },
        }


def _words(values: Sequence[str | None], codes: Any1) -> pa.Array:
    return pa.array(values, pa.string()).take(pa.array(codes))


def _same(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value), count)


def _nothing(count: int) -> pa.Array:
    return pa.nulls(count, pa.string())


def _table(table: Table, columns: dict[str, object]) -> pa.Table:
    """All columns of the schema, ``null`` where nothing was simulated."""
    schema = json_schema(table).insert(0, pa.field(DONOR, pa.int32()))
    count = len(columns[DONOR])  # type: ignore[arg-type]
    return pa.table(
        [columns.get(field.name, pa.nulls(count, field.type)) for field in schema], schema=schema
    )


def rows_of(donor: int, made: dict[Table, pa.Table]) -> dict[Table, list[dict[str, object]]]:
    """The rows of one donor, as a bundle holds them."""
    import pyarrow.compute as pc

    found: dict[Table, list[dict[str, object]]] = {}
    for table, whole in made.items():
        mine = whole.filter(pc.equal(whole[DONOR], donor)).drop_columns([DONOR])
        if len(mine):
            found[table] = mine.to_pylist()
    return found
