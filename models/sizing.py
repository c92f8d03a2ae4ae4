"""How much of this machine a model gets: context, batch, threads."""

from __future__ import annotations

from dataclasses import dataclass

MAX_AUTOMATIC_CONTEXT = 8192
_MIN_CONTEXT = 512
_PAGE = 256  # llama.cpp allocates KV caches in multiples of this
_KV_BYTES = 2  # half precision
_NODE_SECONDS = 0.05
_FLOPS_PER_THREAD = (
    25e9  # a product with 4-bit weights on a core of the last years, on the low side
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model that decide what it costs; ``key`` and ``value`` per head."""

    layers: int
    width: int
    feed_forward: int
    kv_heads: int
    key: int
    value: int
    trained_context: int


def context_tokens(shape: Shape, wanted: int | None, free_bytes: int) -> int:
    """The context size: never more than the model was trained for.

    Without a wish at most 8,192, and so that the KV caches of both lanes together take at most
    half of ``free_bytes``.
    """
    if wanted is not None:
        return max(1, min(wanted, shape.trained_context))
    token = max(1, shape.layers * shape.kv_heads * (shape.key + shape.value) * _KV_BYTES)
    affordable = free_bytes // 4 // token // _PAGE * _PAGE
    automatic = min(shape.trained_context, MAX_AUTOMATIC_CONTEXT, affordable)
    return max(automatic, min(_MIN_CONTEXT, shape.trained_context))


def batch_tokens(shape: Shape, threads: int) -> int:
    """Tokens of a prompt evaluated at once, a power of two from 32 to 256.

    An evaluation on the CPU can be interrupted between graph nodes only. The batch is so small
    that the largest node, a feed-forward product, takes no more than about 50 ms. It is also what
    is lost when a chat request interrupts background work.
    """
    flops = 2 * shape.width * shape.feed_forward
    fitting = int(threads * _FLOPS_PER_THREAD * _NODE_SECONDS / max(1, flops))
    return 1 << (max(32, min(256, fitting)).bit_length() - 1)


def default_threads() -> int:
    """Physical cores, of those that this process may use."""
    import psutil

    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    process = psutil.Process()
    allowed = len(process.cpu_affinity()) if hasattr(process, "cpu_affinity") else cores
    return max(1, min(cores, allowed))
