"""Train the extraction gate: ``python benchmarks/train_gate.py`` writes ``gate_weights.json``.

Reads ``data/gate_train.jsonl`` only (text, language, label). The regularisation and the scale of
the embedding are chosen by cross-validation inside that file; the measured set is opened for one
purpose, to refuse a training example that stands in it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, precision_recall_fscore_support
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from models.embeddings import MODEL_NAME, MODEL_SHA256, MiniLmEmbedder
from persona_tui.stages.extraction import features as signs
from persona_tui.stages.extraction.structure import analyse

HERE = Path(__file__).parent
TRAIN = HERE / "data" / "gate_train.jsonl"
MEASURED = [
    HERE / "data" / f"extraction_{name}.jsonl" for name in ("set", "round2", "round3", "unseen")
]
TARGET = HERE.parent / "persona_tui" / "stages" / "extraction" / "gate_weights.json"


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _refuse_leaks(texts: list[str]) -> None:
    measured = {
        row["text"][s.start : s.end].casefold().strip(" .!?")
        for path in MEASURED
        for row in _read(path)
        for s in analyse(row["text"]).sentences
    }
    leaked = sorted({t for t in texts if t.casefold().strip(" .!?") in measured})
    if leaked:
        raise SystemExit(f"These training examples stand in the measured set: {leaked}")


def _fit(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], c: float) -> LogisticRegression:
    return LogisticRegression(C=c, max_iter=3000).fit(x, y)


def main() -> None:
    rows = _read(TRAIN)
    texts = [row["text"] for row in rows]
    _refuse_leaks(texts)
    y = np.array([row["label"] for row in rows])
    by_signs = np.array(signs.features_of(texts))
    vectors = asyncio.run(MiniLmEmbedder().embed(texts)).vectors.astype(float)
    folds = StratifiedKFold(10, shuffle=True, random_state=0)
    best: tuple[float, float, float] | None = None
    for scale in (1.0, 2.0, 3.0, 5.0):
        x = np.hstack([by_signs, scale * vectors])
        for c in (0.1, 0.3, 1.0, 3.0):
            p = cross_val_predict(
                LogisticRegression(C=c, max_iter=3000), x, y, cv=folds, method="predict_proba"
            )[:, 1]
            found = (float(log_loss(y, p)), scale, c)
            best = min(best or found, found)
            precision, recall, *_ = precision_recall_fscore_support(y, p > 0.5, average="binary")
            print(f"scale {scale:3} C {c:4} loss {found[0]:.3f} P {precision:.3f} R {recall:.3f}")
    assert best is not None
    loss, scale, c = best
    both = _fit(np.hstack([by_signs, scale * vectors]), y, c)
    alone = _fit(by_signs, y, 1.0)
    n = len(signs.FEATURES)

    def part(model: LogisticRegression) -> dict[str, Any]:
        coefficients = [round(float(v), 5) for v in model.coef_[0]]
        return {
            "intercept": round(float(model.intercept_[0]), 5),
            "features": dict(zip(signs.FEATURES, coefficients[:n], strict=True)),
            **({"vector": coefficients[n:]} if len(coefficients) > n else {}),
        }

    weights = {
        "trained_by": "benchmarks/train_gate.py",
        "training_sha256": hashlib.sha256(TRAIN.read_bytes()).hexdigest(),
        "examples": len(texts),
        "positive": int(y.sum()),
        "cross_validated_log_loss": round(loss, 4),
        "C": c,
        "embedding": {
            "embedder": MODEL_NAME,
            "embedder_sha256": MODEL_SHA256,
            "embedding_scale": scale,
            **part(both),
        },
        "signs": part(alone),
    }
    TARGET.write_text(json.dumps(weights, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{TARGET.name}: {len(texts)} examples, scale {scale}, C {c}, loss {loss:.3f}")


if __name__ == "__main__":
    main()
