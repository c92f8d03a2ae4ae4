"""Asking a language model whether an attribute is relevant: the question, its reward, its probability."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.finetune.decision import Decision, Floats
from models.finetune.runtime import Device, FinetuneError, model_folder, torch_ready
from models.finetune.training import CHARACTERS_A_TOKEN, Texts, encodable

YES, NO = ("yes", "Yes", "YES"), ("no", "No", "NO")
QUESTION = (
    "A person sends this prompt to an assistant:\n<prompt>\n{prompt}\n</prompt>\n\n"
    "Something is known about the person:\n<attribute>\n{attribute}\n</attribute>\n\n"
    "Should this change the answer in any way, openly or silently (tone, vocabulary, examples, depth)? "
    "Answer with one word: yes or no."
)


@dataclass(frozen=True, slots=True)
class YesNo:
    """A language model, ready to score."""

    torch: Any
    model: Any
    tokenizer: Any
    decision: Decision
    max_tokens: int

    def scores(self, texts: Texts, *, batch: int = 16) -> Floats:
        """Calibrated probability of relevance (n,) of each (prompt, attribute)."""
        return self.decision.probability(self.logits(texts, batch=batch))

    def logits(self, texts: Texts, *, batch: int = 16) -> Floats:
        """log P(yes) − log P(no) of the first token of the answer (n,)."""
        torch = self.torch
        yes, no = _first_tokens(self.tokenizer)
        found = np.zeros(len(texts))
        self.model.eval()
        with torch.inference_mode():
            for first in range(0, len(texts), batch):
                asked = [
                    as_text(self.tokenizer, question(self.tokenizer, pair, self.max_tokens))
                    for pair in texts[first : first + batch]
                ]
                tokens = self.tokenizer(
                    asked, padding=True, padding_side="left", add_special_tokens=False,
                    return_tensors="pt", return_token_type_ids=False,
                ).to(self.model.device)  # fmt: skip
                last = self.model(**tokens).logits[:, -1].float()
                odds = torch.logsumexp(last[:, yes], 1) - torch.logsumexp(last[:, no], 1)
                found[first : first + len(asked)] = odds.double().cpu().numpy()
        return found


def question(tokenizer: Any, pair: tuple[str, str], max_tokens: int) -> Any:
    """What the model is asked: messages where it has a chat template, else text."""
    prompt, attribute = (encodable(text[: max_tokens * CHARACTERS_A_TOKEN]) for text in pair)
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    if len(ids) > max_tokens:
        prompt = tokenizer.decode(ids[:max_tokens], skip_special_tokens=True)
    text = QUESTION.format(prompt=prompt, attribute=attribute)
    if tokenizer.chat_template is None:
        return f"{text}\nAnswer: "
    return [{"role": "user", "content": text}]


def as_text(tokenizer: Any, asked: Any) -> str:
    """``asked`` as the model reads it."""
    if isinstance(asked, str):
        return asked
    made = tokenizer.apply_chat_template(
        asked, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return str(made)


def reward_of(answer: str, relevant: bool, positive_weight: float) -> float:
    """The label's weight for the right word, 0 for the wrong one, −1 for neither."""
    word = answer.strip().split(maxsplit=1)[0].strip(".,!:;\"'*").lower() if answer.strip() else ""
    if word not in ("yes", "no"):
        return -1.0
    if (word == "yes") != relevant:
        return 0.0
    return positive_weight if relevant else 1.0


def load_yes_no(folder: Path, decision: Decision, *, max_tokens: int, device: Device) -> YesNo:
    """A model that was saved. Raises :class:`~models.finetune.runtime.FinetuneError`."""
    torch, place = torch_ready(device, 0)
    model, tokenizer = load_language_model(torch, model_folder(folder), place)
    return YesNo(torch, model, tokenizer, decision, max_tokens)


def load_language_model(torch: Any, folder: Path, device: str) -> tuple[Any, Any]:
    """Model and tokenizer; bfloat16 on CUDA. Raises :class:`FinetuneError`."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForCausalLM.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            dtype=torch.bfloat16 if device == "cuda" else torch.float32,
        )
    except Exception as error:  # whatever a file that is no model makes the libraries raise
        reason = " ".join(str(error).split())[:200]
        raise FinetuneError(
            f"The model at {folder} cannot be loaded ({reason}): give a language model as "
            "transformers saves it, such as Qwen3-4B."
        ) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model.to(device), tokenizer


def _first_tokens(tokenizer: Any) -> tuple[list[int], list[int]]:
    """First tokens of the ways to write yes and no. Raises :class:`FinetuneError` if one begins both."""

    def first(words: tuple[str, ...]) -> set[int]:
        found = [tokenizer(word, add_special_tokens=False)["input_ids"] for word in words]
        return {ids[0] for ids in found if ids and ids[0] != tokenizer.unk_token_id}

    yes, no = first(YES), first(NO)
    if not yes or not no or yes & no:
        raise FinetuneError(
            "The model's vocabulary cannot tell yes from no by the first token: choose another model."
        )
    return sorted(yes), sorted(no)
