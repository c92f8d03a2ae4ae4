"""Merging: statements that say the same become one attribute, with all their sources.

Agglomerative clustering of sentence embeddings at a cosine of 0.7 (the study's value), average
linkage. Similarities are computed in blocks and only pairs above the threshold are kept; the tree
is built inside each connected component of that graph, which gives the same clusters (no cluster
of average or complete linkage at a distance t spans two components of the graph at t) in bounded
memory. Only a component of more than 4,000 different statements is first split at a higher cosine.
Statements that differ in negation, in time or in a number never merge, however near their
vectors are: "has two dogs" and "has no dogs" are.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.protocol import Embedder
from persona_tui.stages.extraction.languages import language_of
from persona_tui.stages.extraction.settings import ExtractionSettings
from store.records import Attribute, Candidate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 1024
"""Rows of a block of the similarity matrix: 4 MB for 1,024 × 1,024."""
MAX_COMPONENT = 4000
"""A component's distance matrix beyond this (64 MB) is split at a higher cosine first."""
_BEGINNING = re.compile(r"^the user(?:'s|’s)?\s+", re.IGNORECASE)
_REPORTED = re.compile(r"[“„«「]\s*(.+?)\s*[“”»」]$", re.DOTALL)
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|cannot|without|neither|nor|stopped|quit|longer|hates?|dislikes?|allergic"
    r"|kein\w*|nicht|nie|pas|jamais|plus|sin|nunca|não|non|niet|geen|nie)\b|n['’]t\b"
    r"|不|没|ない|ません|않|\bне\b|\bلا\b|नहीं|(?<=\w)m[ıiuü]yor",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:used to|was|were|had|formerly|previously|until|früher|autrefois|antes)\b", re.IGNORECASE
)
_NUMBER = re.compile(
    r"\d+(?:[.,]\d+)*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|zwei|drei|deux|trois|dos|tres)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Merged:
    """Candidates that say the same."""

    attribute_id: str | None
    """The existing attribute that they join, or ``None`` for a new one."""
    representative: str
    """The candidate nearest to the confidence-weighted centroid (its id)."""
    candidate_ids: tuple[str, ...]
    language: str


async def merge(
    candidates: Sequence[Candidate],
    existing: Sequence[Attribute],
    embedder: Embedder,
    settings: ExtractionSettings,
) -> list[Merged]:
    """Group ``candidates`` (with ids, not merged yet) among themselves and with ``existing``.

    Existing attributes are anchors: they keep their ids and their words, and two of them are never
    joined. A candidate goes to the nearest anchor at or above the threshold; the rest is clustered.
    The outcome does not depend on the order of ``candidates``.
    """
    if not candidates:
        return []
    ordered = sorted(candidates, key=lambda c: (c.text, c.candidate_id))
    vectors = (await embedder.embed([core(c.text) for c in ordered])).vectors
    anchors = (await embedder.embed([core(a.text) for a in existing])).vectors
    return await asyncio.to_thread(_merge, ordered, vectors, list(existing), anchors, settings)


def core(text: str) -> str:
    """What a statement is compared by: without the beginning that they all share."""
    inner = _REPORTED.search(text)
    if inner:
        return inner.group(1)
    return _BEGINNING.sub("", text) or text


@functools.lru_cache(maxsize=100_000)
def _key(text: str) -> tuple[object, ...]:
    """Statements with different keys never merge: negation, time, numbers."""
    text = core(text)
    return (
        bool(_NEGATION.search(text)),
        bool(_PAST.search(text)),
        tuple(sorted(n.lower() for n in _NUMBER.findall(text))),
    )


def _merge(
    candidates: list[Candidate],
    vectors: NDArray[np.float32],
    existing: list[Attribute],
    anchors: NDArray[np.float32],
    settings: ExtractionSettings,
) -> list[Merged]:
    import numpy as np

    keys = [_key(c.text) for c in candidates]
    anchored = _nearest(keys, vectors, [_key(a.text) for a in existing], anchors, settings)
    joined: dict[int, list[int]] = {}
    for row, anchor in enumerate(anchored):
        if anchor >= 0:
            joined.setdefault(int(anchor), []).append(row)
    merged = []
    for anchor, rows in sorted(joined.items()):
        old = existing[anchor]
        # The words of an attribute that is there stay: its first source goes on standing for it.
        keep = next((s.candidate_id for s in old.sources if s.text == old.text), None)
        ids = tuple(candidates[r].candidate_id for r in rows)
        chosen = keep or candidates[_representative(rows, candidates, vectors)].candidate_id
        merged.append(Merged(old.attribute_id, chosen, ids, old.language or language_of(old.text)))
    # The same words are one point of the tree, however often they were said.
    same: dict[str, list[int]] = {}
    for row in np.flatnonzero(np.asarray(anchored) < 0).tolist():
        same.setdefault(core(candidates[row].text).casefold(), []).append(row)
    equal = {rows[0]: rows for rows in same.values()}
    for firsts in _clusters(list(equal), keys, vectors, settings):
        rows = [row for first in firsts for row in equal[first]]
        best = candidates[_representative(rows, candidates, vectors)]
        ids = tuple(candidates[r].candidate_id for r in rows)
        merged.append(Merged(None, best.candidate_id, ids, language_of(core(best.text))))
    return merged


def _nearest(
    keys: list[tuple[object, ...]],
    vectors: NDArray[np.float32],
    anchor_keys: list[tuple[object, ...]],
    anchors: NDArray[np.float32],
    settings: ExtractionSettings,
) -> list[int]:
    """For each candidate the anchor that it belongs to, or -1."""
    import numpy as np

    best = [-1] * len(keys)
    score = np.full(len(keys), settings.merge_threshold - 1e-6)
    by_key: dict[tuple[object, ...], list[int]] = {}
    for i, key in enumerate(anchor_keys):
        by_key.setdefault(key, []).append(i)
    rows_of: dict[tuple[object, ...], list[int]] = {}
    for row, key in enumerate(keys):
        if key in by_key:
            rows_of.setdefault(key, []).append(row)
    for key, rows in rows_of.items():
        columns = by_key[key]
        for a in range(0, len(rows), BLOCK):
            part = rows[a : a + BLOCK]
            for b in range(0, len(columns), BLOCK):
                near = columns[b : b + BLOCK]
                similar = vectors[part] @ anchors[near].T
                for i, (row, j) in enumerate(zip(part, similar.argmax(axis=1), strict=True)):
                    if similar[i, j] > score[row]:
                        score[row], best[row] = similar[i, j], near[int(j)]
    return best


def _clusters(
    rows: Sequence[int],
    keys: list[tuple[object, ...]],
    vectors: NDArray[np.float32],
    settings: ExtractionSettings,
) -> list[list[int]]:
    """Clusters of row numbers; every row is in exactly one."""
    by_key: dict[tuple[object, ...], list[int]] = {}
    for row in rows:
        by_key.setdefault(keys[row], []).append(row)
    found: list[list[int]] = []
    for members in by_key.values():
        for component in _components(members, vectors, settings.merge_threshold):
            found += _agglomerate(component, vectors, settings)
    return sorted(found)


def _components(
    members: list[int], vectors: NDArray[np.float32], threshold: float
) -> list[list[int]]:
    """Connected components of the graph of pairs at or above ``threshold``."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(members)
    if n == 1:
        return [members]
    heads: list[NDArray[np.intp]] = []
    tails: list[NDArray[np.intp]] = []
    for a in range(0, n, BLOCK):
        left = vectors[members[a : a + BLOCK]]
        for b in range(a, n, BLOCK):
            i, j = np.nonzero(left @ vectors[members[b : b + BLOCK]].T >= threshold - 1e-6)
            # One edge a row of the block is enough to join everything in it that is joined.
            heads.append(i + a)
            tails.append(j + b)
            if sum(map(len, heads)) > 4_000_000:
                heads, tails = _shrunk(heads, tails, n)
    head, tail = np.concatenate(heads), np.concatenate(tails)
    graph = coo_array((np.ones(len(head), np.int8), (head, tail)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    groups: dict[int, list[int]] = {}
    for place, of in enumerate(label.tolist()):
        groups.setdefault(of, []).append(members[place])
    split: list[list[int]] = []
    for group in groups.values():
        if len(group) > MAX_COMPONENT and threshold < 0.99:
            split += _components(group, vectors, min(0.99, threshold + 0.05))
        else:
            split += [group[i : i + MAX_COMPONENT] for i in range(0, len(group), MAX_COMPONENT)]
    return split


def _shrunk(
    heads: list[NDArray[np.intp]], tails: list[NDArray[np.intp]], n: int
) -> tuple[list[NDArray[np.intp]], list[NDArray[np.intp]]]:
    """The same components with at most ``n`` edges: each node to the first of its component."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    head, tail = np.concatenate(heads), np.concatenate(tails)
    graph = coo_array((np.ones(len(head), np.int8), (head, tail)), shape=(n, n))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return [np.arange(n)], [first[label]]


def _agglomerate(
    rows: list[int], vectors: NDArray[np.float32], settings: ExtractionSettings
) -> list[list[int]]:
    if len(rows) == 1:
        return [rows]
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1.0 - (vectors[rows] @ vectors[rows].T).astype(np.float64), 0.0, 2.0)
    distance = (distance + distance.T) / 2
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform(distance, checks=False), method=settings.linkage)
    label = fcluster(tree, t=1.0 - settings.merge_threshold + 1e-6, criterion="distance")
    groups: dict[int, list[int]] = {}
    for row, of in zip(rows, label.tolist(), strict=True):
        groups.setdefault(of, []).append(row)
    return list(groups.values())


def _representative(
    rows: Sequence[int], candidates: list[Candidate], vectors: NDArray[np.float32]
) -> int:
    """The row nearest to the confidence-weighted centroid (ties: the first in text order)."""
    import numpy as np

    part = vectors[list(rows)]
    weight = np.array([max(candidates[r].confidence, 1e-6) for r in rows])
    centroid = (part * weight[:, None]).sum(axis=0)
    return rows[int(np.argmax(np.round(part @ centroid, 6)))]
