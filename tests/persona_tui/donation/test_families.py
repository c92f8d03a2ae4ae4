"""Names of models: real ones find their family, whatever a person named does not get out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_tui.donation.families import family
from persona_tui.donation.vocabularies import MODEL_FAMILIES

KNOWN = {
    "gpt": "gpt-4o gpt-4o-mini openai/gpt-4o-mini gpt-5.4 gpt-5-thinking gpt-4.1-nano gpt-3.5-turbo "
    "gpt-4-0613 gpt-4o-2024-08-06 chatgpt-4o-latest GPT-5.4 openrouter/openai/gpt-5 gpt-5-codex",
    "gpt-oss": "gpt-oss:20b openai/gpt-oss-120b gpt-oss-20b-MXFP4.gguf gpt-oss",
    "o-series": "o1 o1-mini o3-mini openai/o3 o4-mini o1-preview o3-pro o3-mini-2025-01-31",
    "claude": "claude-sonnet-4.6 anthropic/claude-3.5-sonnet claude-3-opus-20240229 claude-2.1 "
    "claude-instant-1.2 claude-opus-4-20250514 anthropic.claude-3-haiku-20240307-v1:0 "
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "gemini": "gemini-2.5-pro google/gemini-2.0-flash-001 gemini-1.5-flash-8b models/gemini-pro "
    "gemini-2.5-flash-lite gemini-exp-1206",
    "gemma": "gemma3:4b google/gemma-3-27b-it gemma-2-9b-it-Q4_K_M.gguf gemma-3n-e4b-it "
    "ggml-org/gemma-3-1b-it-GGUF codegemma:7b Gemma-4-31B medgemma-4b-it",
    "llama": "llama3.3:70b-instruct-q4_K_M meta-llama/Llama-3.3-70B-Instruct Llama-3.2-1B llama2 "
    "Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf codellama:13b llama-4-scout llama-3.1-8b-instant "
    "meta-llama/llama-4-maverick:free bartowski/Llama-3.2-3B-Instruct-GGUF "
    "llama-3.3-70b-versatile",
    "qwen": "qwen2.5:0.5b Qwen/Qwen3-8B-GGUF Qwen3-4B-Instruct-2507-Q4_K_M.gguf qwq:32b "
    "qwen2.5-coder:7b qwen3-30b-a3b Qwen2.5-VL-7B-Instruct qwen-max Qwen3.5-27B qwen3-coder:480b",
    "mistral": "mistral-small-latest mistralai/Mistral-7B-Instruct-v0.3 mixtral-8x7b-instruct "
    "mistral-nemo:12b codestral-latest ministral-8b-2410 magistral-medium-2506 devstral:24b "
    "mistralai/Ministral-3-3B-Instruct-2512-GGUF pixtral-12b mistral-large-2411",
    "deepseek": "deepseek-r1:14b deepseek-chat deepseek-reasoner deepseek/deepseek-chat-v3-0324 "
    "DeepSeek-R1-Distill-Qwen-7B-Q4_K_M.gguf deepseek-coder-v2:16b deepseek-r1-distill-llama-70b",
    "phi": "phi4 phi3:mini Phi-4-mini-instruct-Q4_K_M.gguf microsoft/phi-4 phi-3.5-mini-instruct "
    "microsoft/Phi-3-medium-128k-instruct phi4-mini",
    "smollm": "smollm2:135m HuggingFaceTB/SmolLM2-1.7B-Instruct SmolLM3-Q4_K_M.gguf smollm",
    "command": "command-r command-r-plus command-r-08-2024 command-a-03-2025 cohere/command-r7b-12-2024",
    "olmo": "OLMo-2-1124-13B-Instruct allenai/OLMo-7B olmo2:7b olmoe-1b-7b-0924",
    "granite": "granite-4.0-micro-Q4_K_M.gguf ibm-granite/granite-3.3-8b-instruct granite3.1-moe:1b",
    "glm": "glm-4.6 z-ai/glm-4.5-air chatglm3-6b THUDM/glm-4-9b-chat zai-org/GLM-4.5",
    "kimi": "kimi-k2 moonshotai/Kimi-K2-Instruct kimi-latest kimi-k2-thinking",
    "grok": "grok-4 x-ai/grok-3-mini grok-2-1212 grok-code-fast-1 grok-beta",
    "nova": "amazon.nova-pro-v1:0 nova-lite us.amazon.nova-micro-v1:0",
    "falcon": "falcon3:7b tiiuae/falcon-40b-instruct falcon-h1",
    "yi": "yi:34b 01-ai/Yi-1.5-9B-Chat yi-large",
    "bm25": "bm25",
    "minilm-embedding": "embedding:all-MiniLM-L6-v2 all-MiniLM-L6-v2",
}
SPACED = {
    "SmolLM2-135M-Instruct Q4_1": "smollm",
    "Qwen3 0.6B": "qwen",
    "Qwen3 4B Instruct 2507": "qwen",
    "Gemma 3 1B": "gemma",
    "SmolLM3 3B": "smollm",
    "Granite 4.0 Micro": "granite",
    "Ministral 3 14B Instruct": "mistral",
    "Phi-4 mini": "phi",
}
"""What the catalogue calls the models that it recommends."""
NAMED_BY_A_PERSON = (
    "/home/marlene/models/llama-3.2-1b.gguf", "C:\\Users\\marlene\\qwen3.gguf", "~/gguf/phi-4.gguf",
    "llama-3.2-1b-marlene-diary.gguf", "gpt-4o-marlene", "my-qwen3-8b", "marlene/llama-3-8b",
    "ft:gpt-4o-mini-2024-07-18:acme-corp:marlene:9xYz", "g-p1c3T7aRq", "gpt-4-gizmo-my-therapist",
    "http://10.0.0.7:8080/v1", "https://llm.acme.example/v1/models/qwen3", "qwen3@acme.example",
    "claude-for-acme", "llama3-acme-legal:latest", "internal-model", "auto", "text-davinci-003",
    "файл-llama", "llama‑3", "llamarlene-7b", "phimarlene", "novak-7b", "yildiz-9b", "o3-acme",
    "granite-countertop-bot", "commander", "grokking-marlene", "glm-" + "4" * 200, "embedding:acme",
    "other/../../etc/passwd", "qwen3-8b\nmarlene", "o9", "o1marlene", "kimi:acme", "nomic-embed-text",
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "wanted"),
    [(name, wanted) for wanted, names in KNOWN.items() for name in names.split()]
    + list(SPACED.items()),
)
def test_released_models_find_their_family(name: str, wanted: str) -> None:
    assert family(name) == wanted
    assert family(name, remote=True) == wanted


@pytest.mark.parametrize("name", NAMED_BY_A_PERSON)
def test_what_a_person_named_is_other(name: str) -> None:
    assert family(name) == "other-local"
    assert family(name, remote=True) == "other-remote"


def test_no_name_is_none() -> None:
    assert family(None) is None
    assert family("  ") is None


@given(st.text(max_size=120))
def test_only_families_come_out(name: str) -> None:
    assert family(name) in {None, *MODEL_FAMILIES}


@given(
    st.sampled_from([name for names in KNOWN.values() for name in names.split()]),
    st.sampled_from(["marlene", "acme", "therapist", "geheim", "diary", "kunde"]),
    st.sampled_from("-_:./ @"),
    st.booleans(),
)
def test_one_word_of_a_persons_own_is_enough(name: str, word: str, mark: str, before: bool) -> None:
    made = f"{word}{mark}{name}" if before else f"{name}{mark}{word}"
    assert family(made) == "other-local"
