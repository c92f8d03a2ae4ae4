"""The published figures (arXiv 2606.06614, June 2026; PROTOCOL §1), and those of PRISM-X.

In the study responses were rated for each attribute, not as a whole: where a whole is compared, the
label says so.
"""

from __future__ import annotations

from persona_tui.report.model import StudyValue

PRISM = "PRISM-X"


def _v(value: float, label: str, high: float | None = None, source: str = "") -> StudyValue:
    return StudyValue(value, label, high, source or "arXiv 2606.06614")


ACCEPTANCE = (_v(0.58, "annotators"), _v(0.90, "after verify-and-refine"))
REFINED_GAIN = (_v(0.32, "annotators, at least"),)
PROBLEMS = (_v(0.42, "annotators"),)
FAILURES = {
    "overgeneralization": (_v(0.539, "annotators"),),
    "missing_evidence": (_v(0.203, "annotators"),),
    "task_context_confusion": (_v(0.161, "annotators"),),
    "not_standalone": (_v(0.060, "annotators"),),
    "outdated": (),
    "other": (_v(0.037, "annotators"),),
}
VERIFIER = (_v(0.726, "verifier"), _v(0.630, "best zero-shot LLM"))
YES_RATE = (_v(0.20, "humans"), _v(0.1784, "majority label"))
MODEL_YES_RATE = (_v(0.40, "LLMs", 0.60),)
OVER_SELECTION = (_v(2.0, "LLMs", 3.0),)
F1 = (
    _v(0.243, "BM25"),
    _v(0.384, "embedding"),
    _v(0.474, "GPT-5.4"),
    _v(0.514, "Gemma-4-31B"),
    _v(0.515, "Claude-Sonnet-4.6"),
    _v(0.606, "RoBERTa"),
    _v(0.641, "Qwen3-4B + GRPO"),
)
PRECISION = (
    _v(0.334, "GPT-5.4"),
    _v(0.372, "Claude-Sonnet-4.6"),
    _v(0.608, "RoBERTa"),
    _v(0.611, "Qwen3-4B + GRPO"),
)
RECALL = (
    _v(0.819, "GPT-5.4"),
    _v(0.838, "Claude-Sonnet-4.6"),
    _v(0.605, "RoBERTa"),
    _v(0.674, "Qwen3-4B + GRPO"),
)
KAPPA = (_v(0.300, "LLM–human"), _v(0.426, "human–human"), _v(0.597, "LLM–LLM"))
ATTRIBUTE_RATING = (_v(3.176, "humans"),)
ATTRIBUTE_NO_BETTER = (_v(0.546, "humans"),)
RATING = (_v(3.176, "humans, by attribute"),)
NO_BETTER = (_v(0.546, "humans, by attribute"),)
_JUDGES = (
    ("Claude", 3.428, 0.362),
    ("GPT-5.4", 3.523, 0.312),
    ("Llama-3.3-70B", 4.019, 0.376),
    ("Qwen3.5-27B", 3.487, 0.182),
    ("Gemma-4-31B", 3.409, 0.111),
)
"""Mean rating of each LLM judge, and its Spearman correlation with the human mean."""
JUDGE_RATING = tuple(_v(mean, f"{name}, by attribute") for name, mean, _ in _JUDGES)
INFLATION = (_v(0.23, "LLM judges, by attribute", 0.84),)
SPEARMAN = (*(_v(rho, name) for name, _, rho in _JUDGES), _v(0.325, "human–human"))
REWARD = (_v(0.3, "reward models of the study, about"), _v(0.325, "human–human"))
MENTION = (_v(0.03, "humans"),)
JUDGE_MENTION = (_v(-0.39, "Claude"),)
RETEST = (_v(0.57, "same person again (τ)", source=PRISM),)
POSITION = (_v(0.199, "first of four, minus chance (25 %)", source=PRISM),)
"""44.9 % preferred the first of four: 19.9 points more than chance. Of two, chance is 50 %."""
PROBLEM_GAP = (_v(-0.22, "real minus synthetic acceptance"),)
