"""Tiny models with random weights, made here, and pairs in which a word tells what is relevant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.finetune.runtime import GRPO, go_offline, missing_packages

needs_extra = pytest.mark.skipif(
    bool(missing_packages(GRPO)),
    reason="the extra [finetune] is not installed; make test-finetune installs it and runs these",
)
THEMES = ("garden", "music", "code", "travel")


def lines(prompts: int = 20, attributes: int = 6) -> list[dict[str, Any]]:
    """Pairs of the benchmark's format: relevant are those whose attribute speaks of a garden."""
    return [
        {
            "prompt_id": f"p{p}",
            "user": f"u{p % 5}",
            "prompt": f"{THEMES[p % 4]} question {p}",
            "attribute": f"likes {THEMES[a % 4]} {a}",
            "relevant": a % 4 == 0,
        }
        for p in range(prompts)
        for a in range(attributes)
    ]


def write_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _tokenizer(folder: Path) -> int:
    """A tokenizer of whole words; its size."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    words = [*THEMES, "question", "likes", "yes", "Yes", "no", "No", ".", ":", "Answer",
             *[str(n) for n in range(40)]]  # fmt: skip
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    made = Tokenizer(
        models.WordLevel({one: i for i, one in enumerate([*special, *words])}, unk_token="[UNK]")
    )
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", eos_token="[SEP]", model_max_length=128,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(str(folder))  # fmt: skip
    return len(special) + len(words)


def tiny_bert(folder: Path) -> Path:
    """An encoder of one layer and 32 dimensions."""
    go_offline()
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    config = BertConfig(
        vocab_size=_tokenizer(folder), hidden_size=32, num_hidden_layers=1, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=64, initializer_range=0.1, hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    BertModel(config).save_pretrained(str(folder))
    return folder


def tiny_llama(folder: Path) -> Path:
    """A language model of one layer and 32 dimensions."""
    go_offline()
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    config = LlamaConfig(
        vocab_size=_tokenizer(folder), hidden_size=32, num_hidden_layers=1, num_attention_heads=4,
        num_key_value_heads=4, intermediate_size=64, max_position_embeddings=256, initializer_range=0.3, bos_token_id=2,
        eos_token_id=3, pad_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(str(folder))
    return folder
