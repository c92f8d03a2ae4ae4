"""Write the sentence encoder that comes with the app as a torch model, for fine-tuning without a download.

    python -m benchmarks.minilm_to_torch DIR

The weights in the wheel are int8 with one scale a column (a row, in the vocabulary). Multiplied out
they are a BERT of 6 layers and 384 dimensions: DIR gets it and its tokenizer in the layout of
transformers, for ``persona-tui finetune relevance --encoder DIR``. Needs the extra ``[finetune]`` and
the package ``onnx``. Prints the lowest cosine between embeddings of both forms.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.embeddings import DIMENSIONS, TOKENIZER_FILE, MiniLmEmbedder, check_files

PROBES = (
    "The user is learning French.",
    "write an essay on why the University of Chicago has such a good MBA program",
    "Grows tomatoes on the balcony",
    "How do I merge two sorted lists in Rust without copying?",
    "The user prefers short answers and a plain style.",
    "Plan a week in Lisbon with two small children.",
)


def state_of(path: Path) -> dict[str, NDArray[np.float32]]:
    """Parameters by their names in transformers' ``BertModel``, float32."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    for name in [one for one in stored if one.endswith("_q")]:
        stem = name.removesuffix("_q")
        stored[stem] = stored[name].astype(np.float32) * stored[f"{stem}_scale"]
    state = {
        name.removeprefix("inner."): np.array(value, np.float32)
        for name, value in stored.items()
        if name.startswith("inner.") and not name.endswith(("_q", "_scale", "position_ids"))
    }
    # The matrices have lost their names; the bias that is added to each product has kept its own.
    bias_of = {used: bias for node in graph.node if node.op_type == "Add"
               for used, bias in (node.input, reversed(node.input))}  # fmt: skip
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            bias = bias_of[node.output[0]].removeprefix("inner.")
            state[bias.removesuffix("bias") + "weight"] = stored[node.input[1]].T.copy()
    return state


def convert(out: Path) -> Any:
    """Write model and tokenizer into ``out`` and give the model back."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    config = BertConfig(
        hidden_size=DIMENSIONS, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
    )
    torch.manual_seed(0)  # the pooler, which the sentence encoder has no use for
    model = BertModel(config)
    state = {name: torch.from_numpy(value) for name, value in state_of(check_files()).items()}
    left = model.load_state_dict(state, strict=False)
    assert not left.unexpected_keys, left.unexpected_keys
    assert all(name.startswith("pooler.") for name in left.missing_keys), left.missing_keys
    model.eval()
    model.save_pretrained(str(out))
    with resources.as_file(resources.files("models") / "data" / TOKENIZER_FILE) as path:
        PreTrainedTokenizerFast(
            tokenizer_file=str(path), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
            sep_token="[SEP]", mask_token="[MASK]", model_max_length=512,
            model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        ).save_pretrained(str(out))  # fmt: skip
    return model


def lowest_cosine(out: Path, model: Any) -> float:
    """Between the embeddings of :data:`PROBES` by both forms; 1 if they are the same."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(out), local_files_only=True)
    tokens = tokenizer(list(PROBES), padding=True, return_tensors="pt")
    with torch.inference_mode():
        hidden = model(**tokens).last_hidden_state
    mask = tokens["attention_mask"][:, :, None].float()
    mean = ((hidden * mask).sum(1) / mask.sum(1)).numpy()
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    ours = asyncio.run(MiniLmEmbedder().embed(PROBES)).vectors
    return float((mean * ours).sum(axis=1).min())


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    out = Path(sys.argv[1])
    cosine = lowest_cosine(out, convert(out))
    print(f"Written to {out}; lowest cosine to the ONNX form: {cosine:.6f}")
    return 0 if cosine > 0.99 else 1


if __name__ == "__main__":
    sys.exit(main())
