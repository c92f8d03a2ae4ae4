"""Versions of what was learned: one in use, nothing half-kept, nothing that outlives forgetting."""

from __future__ import annotations

import pytest

from store import caches, figures, forgetting, judgments, learned
from store.db import Store
from store.errors import NotFoundError
from store.learned_records import LearnedMetric, LearnedModel
from tests.store.conftest import attribute, claim, judge, say


def keep(store: Store, *, use: bool = True, begun: str | None = None) -> LearnedModel | None:
    return learned.save(
        store,
        "verifier",
        app_version="1.2",
        trained_on={"judgments": 41, "random": 30, "words": ["You reject requests."]},
        metrics={"f1": LearnedMetric(0.7, 0.6, 0.8, 30)},
        coefficients={"form": "x/1", "w": [1.5]},
        use=use,
        begun=caches.generation(store) if begun is None else begun,
    )


def test_versions_count_up_and_one_is_in_use(store: Store) -> None:
    first, _, third = keep(store), keep(store, use=False), keep(store)
    assert first is not None
    assert third is not None
    assert [one.version for one in learned.list_all(store)] == [3, 2, 1]
    assert [one.in_use for one in learned.list_all(store, "verifier")] == [True, False, False]
    assert learned.in_use(store, "verifier") == third
    assert third.coefficients == {"form": "x/1", "w": [1.5]}
    assert learned.use(store, first.learned_id).version == 1
    assert [one.in_use for one in learned.list_all(store)] == [False, False, True]
    assert learned.in_use(store, "reward") is None


def test_old_versions_go_but_not_the_one_in_use(store: Store) -> None:
    for _ in range(learned.MOST_VERSIONS + 5):
        keep(store, use=False)
        learned.use(store, learned.list_all(store)[-1].learned_id)
    versions = [one.version for one in learned.list_all(store)]
    assert versions == [*range(15, 5, -1), 1]


def test_what_was_forgotten_meanwhile_is_not_learned(store: Store) -> None:
    begun = caches.generation(store)
    keep(store)
    forgetting.forget_conversation(store, say(store, "I live by the sea.").conversation_id)
    assert learned.list_all(store) == []
    assert keep(store, begun=begun) is None
    assert learned.list_all(store) == []
    assert keep(store) is not None


def test_a_model_that_is_gone_cannot_be_used(store: Store) -> None:
    with pytest.raises(NotFoundError, match="gone"):
        learned.use(store, "nothing")
    keep(store)
    assert learned.remove(store, "verifier") == 1
    assert learned.list_all(store) == []


def test_a_number_that_json_does_not_know_is_refused_whole(store: Store) -> None:
    with pytest.raises(ValueError, match="JSON"):
        learned.save(
            store, "reward", app_version="1", trained_on={}, metrics={},
            coefficients={"w": float("nan")}, use=True, begun=caches.generation(store),
        )  # fmt: skip
    assert learned.list_all(store) == []


DAMAGE = [
    "not json",
    "[]",
    "null",
    "[" * 100_000,
    '{"f1": 3, "f2": {"value": "x"}, "f3": {"value": 1e999, "low": 0, "high": 1, "n": 3}}',
]


@pytest.mark.parametrize("damage", DAMAGE, ids=range(len(DAMAGE)))
def test_a_damaged_row_reads_as_one_without_content(store: Store, damage: str) -> None:
    keep(store)
    store.conn.execute(
        "UPDATE learned_models SET trained_on = ?1, metrics = ?1, coefficients = ?1", (damage,)
    )
    found = learned.in_use(store, "verifier")
    assert found is not None
    assert found.metrics == {}
    assert learned.list_all(store)[0].metrics == {}
    assert figures.read(store).learned["verifier"].judgments == 0


def test_the_report_is_given_the_figures_of_what_is_in_use(store: Store) -> None:
    keep(store)
    keep(store, use=False)
    found = figures.read(store).learned
    assert list(found) == ["verifier"]
    assert (found["verifier"].version, found["verifier"].judgments) == (1, 41)
    assert found["verifier"].metrics == {"f1": LearnedMetric(0.7, 0.6, 0.8, 30)}


def test_training_is_due_after_judging_undoing_and_forgetting(store: Store) -> None:
    def trained() -> None:
        learned.set_mark(store, "verifier", learned.mark(store, "verifier"))

    assert learned.due(store) == []
    said = say(store, "I live by the sea.")
    key = attribute(store, claim(store, said, "The user lives by the sea."))
    judge(store, key)
    assert learned.due(store) == ["verifier"]
    trained()
    assert learned.due(store) == []
    judgments.undo_last(store)
    assert learned.due(store) == ["verifier"]
    keep(store)
    trained()
    assert learned.due(store) == []
    forgetting.forget_conversation(store, say(store, "Nothing was judged here.").conversation_id)
    assert learned.due(store) == ["verifier"]
