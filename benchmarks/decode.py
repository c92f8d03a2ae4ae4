"""Decode speed through our worker ÷ a raw llama.cpp loop, with the starter model.

Both sample greedily from the same prompt and are asked in turns, so that a machine that becomes
busier slows both. Ours is measured where the person sees it: from the first text in the parent to
the end of the answer, including detokenising, the pipe and the event loop. The raw loop, in a
process of its own, samples and decodes natively and does nothing with the tokens.

    python benchmarks/decode.py [--tokens 128] [--rounds 7] [--json]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time

from benchmarks._table import middle, show
from models.llama import LlamaBackend
from models.protocol import ChatMessage, Finished, Sampling, TextDelta
from models.sizing import default_threads
from models.starter import starter_path

CONTEXT = 2048
PROMPT = [ChatMessage("user", "Write a long essay about the history of bread.")]


def raw(tokens: int) -> None:
    """Answer each line of standard input with the seconds that ``tokens`` - 1 steps took."""
    import llama_cpp.llama_cpp as native

    from models.worker import Model

    os.nice(5)  # like the worker
    model = Model(str(starter_path()), n_ctx=CONTEXT, n_threads=None, n_gpu_layers=-1)
    prompt = model.tokens_of(model.render(PROMPT))
    params = native.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = CONTEXT, 256, 256
    params.n_threads = params.n_threads_batch = default_threads()
    context = native.llama_init_from_model(model.handle, params)
    sampler = native.llama_sampler_init_greedy()
    one = (native.llama_token * 1)()
    for _ in sys.stdin:
        native.llama_memory_clear(native.llama_get_memory(context), True)
        array = (native.llama_token * len(prompt))(*prompt)
        native.llama_decode(context, native.llama_batch_get_one(array, len(prompt)))
        one[0] = native.llama_sampler_sample(sampler, context, -1)
        started = time.perf_counter()
        for _ in range(tokens - 1):
            native.llama_decode(context, native.llama_batch_get_one(one, 1))
            one[0] = native.llama_sampler_sample(sampler, context, -1)
        print(time.perf_counter() - started, flush=True)


def start_raw(tokens: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.decode", "--raw", "--tokens", str(tokens)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


async def ours(backend: LlamaBackend, tokens: int) -> float:
    """Tokens a second from the first text to the end."""
    first = 0.0
    stream = backend.chat(PROMPT, sampling=Sampling(temperature=0.0, max_tokens=tokens))
    async for event in stream:
        if isinstance(event, TextDelta) and not first:
            first = time.perf_counter()
        if isinstance(event, Finished):
            produced = event.usage.completion_tokens or 0
            if produced < tokens:
                raise SystemExit(f"the model ended after {produced} tokens; ask for fewer")
    return (tokens - 1) / (time.perf_counter() - first)


async def main(tokens: int, rounds: int, *, as_json: bool) -> None:
    backend = LlamaBackend(starter_path(), name="starter", log_file=None, n_ctx=CONTEXT)
    loop = start_raw(tokens)
    assert loop.stdin is not None
    assert loop.stdout is not None
    worker_speeds, raw_speeds = [], []
    for number in range(rounds + 1):
        speed = await ours(backend, tokens)
        loop.stdin.write("\n")
        loop.stdin.flush()
        raw_speed = (tokens - 1) / float(loop.stdout.readline())
        if number:  # the first round warms up
            worker_speeds.append(speed)
            raw_speeds.append(raw_speed)
    loop.stdin.close()
    loop.wait()
    await backend.close()
    pairs = [a / b for a, b in zip(worker_speeds, raw_speeds, strict=True)]
    show(
        "Decoding: our worker ÷ a raw llama.cpp loop",
        [
            {
                "tokens": tokens,
                "rounds": rounds,
                "worker tokens/s": middle(worker_speeds),
                "raw tokens/s": middle(raw_speeds),
                "best ÷ best": max(worker_speeds) / max(raw_speeds),
                "median of ratios": middle(pairs),
                "aim": "≥ 0.97",
            }
        ],
        as_json=as_json,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--raw", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.raw:
        raw(given.tokens)
    else:
        asyncio.run(main(given.tokens, given.rounds, as_json=given.json))
