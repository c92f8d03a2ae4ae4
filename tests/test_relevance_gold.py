"""The benchmark of relevance learners, on labels written for this test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import relevance_gold
from benchmarks.relevance_gold_data import Pair, features, read, within
from benchmarks.relevance_gold_figures import average_precision, f1, figures
from benchmarks.relevance_gold_models import Learner, Outcome, Score, cross_validated
from persona_tui.errors import UsageError

TOPICS = ("cook", "code", "hike", "sing")
QUESTIONS = ("How do I start to {}?", "What is the best way to {}?", "Should I {} alone?")


def labels() -> list[dict[str, Any]]:
    """Twelve prompts, three users of eight attributes each: one's topic is relevant, and so is being
    thorough; of the rest nothing."""
    return [
        {
            "prompt_id": f"p{topic}{question}",
            "user": f"u{user}",
            "prompt": text.format(topic),
            "attribute": f"The user {attribute} (said by {user}).",
            "confidence": 0.9,
            "relevant": topic in attribute or "thorough" in attribute,
            "llm": {"wise": topic in attribute, "eager": True},
        }
        for topic in TOPICS
        for question, text in enumerate(QUESTIONS)
        for user in range(3)
        for attribute in (
            *(f"likes to {one}" for one in TOPICS),
            "wants thorough answers",
            "owns a boat",
            "lives in Oslo",
            "has two sisters",
        )
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in labels()), encoding="utf-8")
    return path


def spelled(texts: Any) -> Any:
    """(n, 3, 26): counts of letters stand in for the layers of a sentence model."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    rows = np.array([[text.lower().count(one) for one in letters] for text in texts], dtype=float)
    return np.repeat(rows[:, None], 3, axis=1)


def test_a_table_has_one_row_a_pair_and_learners_answer_each_once(file: Path) -> None:
    table = features(read(file), local=None, states=spelled)
    assert len(table) == 288
    assert np.isnan(table.column("model_log_odds")).all()
    asked: list[int] = []

    class Spy:
        name = "spy"

        def answer(self, train: Any, rows: Any, groups: Any, test: Any, at: Any) -> Any:
            assert not set(groups[rows]) & set(groups[at])
            asked.extend(at)
            return Score("cosine", "cosine").answer(train, rows, groups, test, at)

    cross_validated(Spy(), table, table.prompts, 4, 0)
    assert sorted(asked) == list(range(288))
    learner = Learner("all", ("cosine", "cosine_in_the_list", "bm25", "shared_words"), deep=True)
    learned = cross_validated(learner, table, table.prompts, 4, 0)
    plain = cross_validated(Score("cosine", "cosine"), table, table.prompts, 4, 0)
    assert isinstance(learned, Outcome)
    assert f1(table.labels, learned.said) > f1(table.labels, plain.said) + 0.2


def test_the_whole_command_without_a_model(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "benchmarks.relevance_gold.features",
        lambda pairs, local, likelihood: features(
            pairs, local=local, likelihood=likelihood, states=spelled
        ),
    )
    assert relevance_gold.main([str(file), "--no-local", "--only", "table", "--json"]) == 0
    told = capsys.readouterr()
    assert "cross-encoder is left out" in told.err
    said = json.loads(told.out)
    assert said["pairs"] == 288
    rows = {one["who"]: one for one in said["parts"]["5 folds by prompt"]}
    assert {"cosine", "BM25", "wise", "eager", "combination, learned"} <= set(rows)
    assert rows["eager"]["recall"]["value"] == 1.0
    assert rows["eager"]["AP"]["value"] is None
    assert relevance_gold.main([str(file), "--test", str(file), "--no-local"]) == 0
    assert "12 prompts and 3 users are in both." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "Line 2"),
        ("[]", "no JSON object"),
        (
            '{"prompt_id": "p", "user": "u", "prompt": " ", "attribute": "a", "relevant": true}',
            "prompt",
        ),
        (
            '{"prompt_id": "p", "user": "u", "prompt": "p", "attribute": "a", "relevant": 1}',
            "relevant",
        ),
        (
            json.dumps({**labels()[0], "llm": {"x": "yes"}}),
            "llm",
        ),
    ],
)
def test_a_bad_line_is_told_in_one_sentence(
    tmp_path: Path, line: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(labels()[0]) + "\n" + line, encoding="utf-8")
    assert relevance_gold.main([str(path), "--no-local"]) == 2
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert why in told
    assert "Line 2" in told


def test_a_missing_or_empty_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert relevance_gold.main([str(tmp_path / "none.jsonl")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UsageError, match="holds no relevance label"):
        read(tmp_path / "empty.jsonl")


def test_figures_are_the_textbooks() -> None:
    truth = np.array([True, False, True, False])
    scores = np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(truth, scores) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(truth, np.zeros(4)) == 0.5  # ties share a step
    found = figures(truth, scores > 0.5, scores, np.array(["a", "a", "b", "b"]))
    assert found["precision"].value == pytest.approx(2 / 3)
    assert found["recall"].value == 1
    assert found["F1"].value == pytest.approx(0.8)
    assert found["F1"].low <= 0.8 <= found["F1"].high
    assert np.isnan(figures(truth, truth, None, truth)["AP"].value)


def test_scores_are_standardised_within_what_a_person_has() -> None:
    found = within(np.array([1.0, 3.0, 5.0, 5.0]), np.array(["a", "a", "b", "b"]))
    assert found.tolist() == [-1.0, 1.0, 0.0, 0.0]


def test_confidence_and_llms_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    line = {"prompt_id": "p", "user": "u", "prompt": "p?", "attribute": "a", "relevant": True}
    path.write_text(json.dumps(line), encoding="utf-8")
    assert read(path) == [Pair("p?", "u", "a", None, True, {})]
