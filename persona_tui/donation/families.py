"""From a model's name to its public family, or to ``other-local`` / ``other-remote``.

Conservative: a family is named only if *every* part of the name is one that released models have
(maker, family, size, version, quantization, a well-known suffix). Anything else, such as a path, a
fine-tune with a name of its own, or an address, is ``other``. Only the family is ever written.
"""

from __future__ import annotations

import re
import unicodedata

_MAKER_WORDS = (
    "openai anthropic google meta meta-llama mistralai mistral deepseek deepseek-ai qwen alibaba "
    "microsoft huggingfacetb cohere cohereforai cohere-labs coherelabs allenai ibm ibm-granite "
    "zai-org z-ai zhipu thudm moonshotai x-ai xai amazon tiiuae 01-ai unsloth ggml-org "
    "bartowski lmstudio-community thebloke ggerganov openrouter sentence-transformers models "
    "library nousresearch-gguf groq together fireworks azure bedrock vertex us eu"
)
"""Before a slash or a dot: makers, and well-known places that repackage what they made."""
_HEADS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (family, re.compile(pattern))
    for family, pattern in (
        ("gpt-oss", r"gpt-?oss"),
        ("gpt", r"chatgpt|gpt"),
        ("o-series", r"o[134]"),
        ("claude", r"claude"),
        ("gemini", r"gemini"),
        ("gemma", r"(?:code|med|shield)?gemma"),
        ("deepseek", r"deepseek"),
        ("llama", r"(?:meta-)?(?:code)?llama"),
        ("qwen", r"qwen|qwq|qvq"),
        ("mistral", r"mistral|mixtral|ministral|magistral|codestral|devstral|pixtral|mathstral"),
        ("phi", r"phi"),
        ("smollm", r"smollm|smolvlm"),
        ("command", r"command|c4ai-command"),
        ("olmo", r"olmoe?"),
        ("granite", r"granite"),
        ("glm", r"(?:chat)?glm"),
        ("kimi", r"kimi"),
        ("grok", r"grok"),
        ("nova", r"nova"),
        ("falcon", r"falcon"),
        ("yi", r"yi"),
        ("minilm-embedding", r"all-minilm|minilm"),
    )
)
_TAIL_WORDS = (
    "instruct chat it base pt text mini nano micro small medium large xl xxl tiny turbo pro max plus "
    "ultra lite flash air preview exp experimental latest beta stable thinking reasoning reasoner "
    "coder code codex vision vl omni audio multimodal math distill opus sonnet haiku fable instant "
    "nemo tulu dense moe hybrid long fast high low search deep research guard scout maverick edge "
    "versatile specdec gguf mlx awq gptq bnb fp16 fp8 bf16 f16 f32 int4 int8 nf4 qat ud imat mxfp4 "
    "xs free online hf sft dpo rlhf think next swift tts r a llama qwen"
)
"""Words that released models' names go on with. Llama and Qwen: what a model was distilled into."""
_NUMBERS = re.compile(
    r"\d{1,4}(?:\.\d{1,3})?"  # a version or a date's part
    r"|(?:20)?\d{6}"  # a date
    r"|[a-z]?\d{1,3}(?:\.\d{1,3})?[a-z]?"  # v3, r1, 4o, k2, 5v
    r"|[ea]?\d{1,4}(?:\.\d{1,3})?[bmtk]|\d{1,3}x\d{1,3}[bm]"  # 7b, a3b, e4b, 128k, 8x7b
    r"|i?q\d(?:_[0-9klmsxn]{1,3}){0,3}"  # q4_k_m
)
_SPLIT = re.compile(r"[-_ :@]+")
_MAKERS, _TAILS = frozenset(_MAKER_WORDS.split()), frozenset(_TAIL_WORDS.split())
_LONGEST = 96


def family(name: str | None, *, remote: bool = False) -> str | None:
    """The public family of the model that is called ``name``; ``None`` if there is no name.

    ``remote``: whether an unknown one was reached over the network.
    """
    if name is None or not name.strip():
        return None
    return _known(name) or ("other-remote" if remote else "other-local")


def _known(name: str) -> str | None:
    text = unicodedata.normalize("NFC", name).strip().lower()
    if len(text) > _LONGEST or not text.isascii():
        return None
    if text == "bm25":
        return "bm25"
    rest = _without_maker(text.removeprefix("embedding:").removesuffix(".gguf"))
    if rest is None:
        return None
    for found, head in _HEADS:
        if match := head.match(rest):
            tail = rest[match.end() :]
            if tail[:1].isalpha():
                continue
            if found == "o-series" and not _is_o_series(tail):
                return None
            return found if _is_released(tail) else None
    return None


def _without_maker(text: str) -> str | None:
    """``text`` without ``maker/`` or ``maker.`` before it; ``None`` if somebody else stands there."""
    while True:
        before, mark, after = text.partition("/")
        if not mark:
            before, mark, after = text.partition(".")
            if not mark or before not in _MAKERS:
                return text
        if before not in _MAKERS:
            return None
        text = after


def _is_o_series(tail: str) -> bool:
    return bool(re.fullmatch(r"(?:-(?:mini|pro|preview|high|low|deep|research|[\d-]+))*", tail))


def _is_released(tail: str) -> bool:
    """Whether everything after the family's name is a known word, a number or a quantization."""
    joined = re.sub(r"(?<![a-z0-9])(i?q\d(?:_[0-9klmsxn]{1,3}){1,3})(?![a-z0-9])", _as_one, tail)
    parts = [part for part in _SPLIT.split(joined) if part]
    return len(parts) <= 12 and all(_is_part(part) for part in parts)


def _as_one(match: re.Match[str]) -> str:
    return match[1].replace("_", "")


def _is_part(part: str) -> bool:
    part = part.strip("().")
    if part in _TAILS or _NUMBERS.fullmatch(part) or re.fullmatch(r"i?q\d[0-9klmsxn]{0,6}", part):
        return True
    # Several in one, as in "3.1" or "3n" or "v0.3" or "r7b".
    return bool(re.fullmatch(r"[a-z]?\d{1,3}(?:\.\d{1,3})?[a-z]{0,1}(?:\.\d{1,3})?", part))
