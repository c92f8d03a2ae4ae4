"""A small real trainer: logistic regression on two features of judged attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from persona_tui.jobs.learning.trainer import Fitted, Lacking, Material, Metric, Tools
from store import attributes
from store.db import Store
from store.learned_records import LearnedKind
from store.records import Verdict
from tests.persona_tui.audit_data import judge
from tests.persona_tui.review_data import seed

NEEDED = 12


class SmallTrainer:
    """Predicts *not ok* from the length of the statement and the model's confidence."""

    def __init__(self, kind: LearnedKind = "verifier") -> None:
        self.kind: LearnedKind = kind
        self.noise = 0.0
        """How far what is learned is spoiled."""
        self.in_material: Callable[[], None] = lambda: None

    async def material(self, tools: Tools) -> Material:
        rows = await tools.db.run(_read)
        tools.progress("reading", 1, 3)
        self.in_material()
        if len(rows) < NEEDED:
            raise Lacking(NEEDED, len(rows), "judged attributes")
        vectors = await tools.embed([text for _, text, _, _ in rows])
        tools.progress("reading", 3, 3)
        features = np.array([[len(text) / 40, confidence] for _, text, confidence, _ in rows])
        assert len(vectors) == len(rows)
        return Material(
            tuple(key for key, *_ in rows),
            np.array([label for *_, label in rows]),
            tuple(key for key, *_ in rows),
            features,
            np.ones(len(rows)),
            np.ones(len(rows), dtype=bool),
        )

    def fit(self, material: Material) -> Fitted:
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        y = material.labels.astype(int)
        if y.sum() < 5 or (1 - y).sum() < 5:
            raise Lacking(5, int(min(y.sum(), (1 - y).sum())), "judgments of the rarer answer")
        model = LogisticRegression(C=10.0).fit(material.features, y)
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        out = cross_val_predict(
            LogisticRegression(C=10.0), material.features, y, cv=folds, method="predict_proba"
        )[:, 1]
        shift = np.random.default_rng(0).uniform(-self.noise, self.noise, len(y))
        hit = float(((out >= 0.5) & (y == 1)).sum() / y.sum())
        right = float(((out >= 0.5) & (y == 1)).sum() / max(1, (out >= 0.5).sum()))
        return Fitted(
            {
                "form": "small/1",
                "w": model.coef_[0].tolist(),
                "b": float(model.intercept_[0]) + self.noise,
            },
            np.clip(out + shift, 0, 1),
            {
                "recall": Metric(hit, max(0, hit - 0.1), min(1, hit + 0.1), int(y.sum())),
                "precision": Metric(right, max(0, right - 0.1), min(1, right + 0.1), len(y)),
            },
        )

    def predict(self, coefficients: Mapping[str, Any], material: Material) -> NDArray[np.float64]:
        if coefficients.get("form") != "small/1":
            raise ValueError("unknown form")
        z = material.features @ np.array(coefficients["w"]) + coefficients["b"]
        return np.asarray(1 / (1 + np.exp(-z)))

    def words(self, coefficients: Mapping[str, Any], material: Material) -> Sequence[str]:
        return [
            "You reject what is long." if coefficients["w"][0] > 0 else "You accept what is long."
        ]


def _read(store: Store) -> list[tuple[str, str, float, float]]:
    return [
        (
            row.judgment.judgment_id,
            row.text,
            row.confidence or 0.0,
            float(row.judgment.verdict != "ok"),
        )
        for row in attributes.list_all(store)
        if row.judgment is not None and row.judgment.verdict is not None
    ]


def judged(store: Store, count: int, *, title: str = "Books", flip: bool = False) -> list[str]:
    """``count`` attributes, judged; the later half of the list (more sure) is not accepted."""
    found = seed(store, count, title=title)
    keys = []
    for place, attribute in enumerate(found):
        verdict: Verdict = "bad" if (place >= count // 2) != flip else "ok"
        judge(store, attribute.attribute_id, verdict)
        keys.append(attribute.attribute_id)
    return keys
