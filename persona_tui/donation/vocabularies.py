"""The closed vocabularies of a donation: a choice that is not named here cannot be written."""

from __future__ import annotations

from persona_tui import categories

LANGUAGES = (
    "en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "zh", "ja", "ko", "ar", "tr", "hi",
    "other",
)  # fmt: skip
CATEGORIES = categories.CATEGORIES
LICENSES = ("CC-BY-4.0", "CC0-1.0")
LATENCY_BINS = ("<1s", "1-3s", "3-10s", "10-30s", "30-120s", ">120s")
MODEL_FAMILIES = (
    "gpt", "o-series", "gpt-oss", "claude", "gemini", "gemma", "llama", "qwen", "mistral",
    "deepseek", "phi", "smollm", "command", "olmo", "granite", "glm", "kimi", "grok", "nova",
    "falcon", "yi", "bm25", "minilm-embedding", "person", "other-local", "other-remote",
)  # fmt: skip
"""``person``: the person wrote it."""
ATTRIBUTE_SOURCES = ("grounded", "holistic", "user", "planted")
"""``user``: what the person added because models had missed it; ``planted``: from a fixed list, false of everybody."""
VERDICTS = ("ok", "unsure", "bad")
USES = ("welcome", "ask", "never")
FAILURE_MODES = (
    "overgeneralization", "missing_evidence", "task_context_confusion", "not_standalone",
    "outdated", "other",
)  # fmt: skip
RELEVANCE_LEVELS = ("explicit", "implicit", "optional", "unnecessary", "forbidden")
ARMS = ("relevant", "all", "model", "personal", "models")
SIDES = ("generic", "personalized")
SAMPLINGS = ("random", "active", "repeat", "catch")
JUDGED_KINDS = ("attribute", "relevance", "response")
