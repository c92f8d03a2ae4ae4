"""The kernel machine under the relevance model: a least-squares classifier whose kernel mixes parts.

``K = KP∘KA + own · KA + base + scalars · S Sᵀ / k`` (k columns of ``S``) with ``KP``, ``KA`` Gaussian kernels on the embeddings
of prompt and attribute, their widths in units of the median distance. ``KP∘KA`` learns which attributes
matter *to which prompts*, ``KA`` which matter to most, the constant the base rate. Targets are −1 and 1
(Suykens and Vandewalle 1999), so that predictions for left-out groups follow in closed form from one
inverse (Pahikkala et al. 2006), and choosing the shape costs no refits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shape:
    """How the parts are mixed. ``joint`` and ``own`` are 0 where there are few labels."""

    prompt: float = 0.5
    """Inverse squared width of ``KP``, in units of 1 / median squared distance."""
    attribute: float = 2.0
    joint: float = 1.0
    own: float = 0.2
    base: float = 1.0
    scalars: float = 0.4
    ridge: float = 2.0

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Prompt × attribute pairs, each text's vector once."""

    prompts: Floats
    """(prompts, d)."""
    attributes: Floats
    """(attributes, d)."""
    prompt: Ints
    """(n,) row of each pair in ``prompts``."""
    attribute: Ints
    scalars: Floats
    """(n, k), standardised, without NaN."""

    def __len__(self) -> int:
        return len(self.prompt)

    def take(self, rows: NDArray[Any]) -> Pairs:
        """The pairs at ``rows``; the vectors stay."""
        return Pairs(
            self.prompts,
            self.attributes,
            self.prompt[rows],
            self.attribute[rows],
            self.scalars[rows],
        )


def pairs(prompts: Floats, attributes: Floats, scalars: Floats) -> Pairs:
    """From one row per pair; equal vectors are kept once, rounded to half precision, so that what
    is stored is what was trained on."""
    first, prompt = _unique(prompts)
    second, attribute = _unique(attributes)
    return Pairs(first, second, prompt, attribute, scalars)


def _unique(rows: Floats) -> tuple[Floats, Ints]:
    half = np.ascontiguousarray(np.asarray(rows, dtype=np.float16))
    if half.shape[1] == 0:
        return np.zeros((1, 0)), np.zeros(len(half), dtype=np.int64)
    keys = half.view(np.dtype((np.void, half.dtype.itemsize * half.shape[1])))[:, 0]
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return half[first].astype(np.float64), place.astype(np.int64)


def squared_distances(left: Floats, right: Floats) -> Floats:
    """(rows of left, rows of right), at least 0."""
    squares = (left**2).sum(1)[:, None] + (right**2).sum(1) - 2 * left @ right.T
    return np.asarray(np.maximum(squares, 0.0))


def median_distance(rows: Floats) -> float:
    """Median squared distance of two different rows; 1 if there are no two."""
    if len(rows) < 2:
        return 1.0
    found = squared_distances(rows, rows)[np.triu_indices(len(rows), 1)]
    return float(np.median(found)) or 1.0


@dataclass(frozen=True, slots=True)
class Gaussians:
    """Gaussian kernels between the distinct texts of two sets of pairs."""

    prompt: Floats
    attribute: Floats


def gaussians(left: Pairs, right: Pairs, shape: Shape, scale: tuple[float, float]) -> Gaussians:
    """``scale``: the median squared distances of prompts and of attributes in training."""
    near = squared_distances(left.prompts, right.prompts)
    alike = squared_distances(left.attributes, right.attributes)
    return Gaussians(
        np.exp(-shape.prompt / scale[0] * near), np.exp(-shape.attribute / scale[1] * alike)
    )


def gram(left: Pairs, right: Pairs, shape: Shape, scale: tuple[float, float]) -> Floats:
    """(pairs of left, pairs of right)."""
    columns = max(1, left.scalars.shape[1])
    value = shape.base + shape.scalars / columns * (left.scalars @ right.scalars.T)
    if shape.joint or shape.own:
        tables = gaussians(left, right, shape, scale)
        alike = tables.attribute[left.attribute][:, right.attribute]
        near = tables.prompt[left.prompt][:, right.prompt]
        value = value + alike * (shape.own + shape.joint * near)
    return np.asarray(value)


def inverse(kernel: Floats, ridge: float, weights: Floats) -> Floats:
    """``(K + ridge / weights)⁻¹`` through Cholesky."""
    from scipy.linalg import lapack

    matrix = kernel + np.diag(ridge / weights)
    factor, failed = lapack.dpotrf(matrix, lower=1)
    if not failed:
        found, failed = lapack.dpotri(factor, lower=1)
    if failed:  # rounding alone can do it: the matrix is positive definite
        return np.asarray(np.linalg.pinv(matrix, hermitian=True))
    lower = np.tril(found)
    return np.asarray(lower + np.tril(lower, -1).T)


def left_out(inverted: Floats, targets: Floats, groups: Ints) -> Floats:
    """What a model fitted without a pair's whole group says of that pair: (n,)."""
    coefficients = inverted @ targets
    said = np.empty(len(targets))
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        block = inverted[np.ix_(rows, rows)]
        said[rows] = targets[rows] - np.linalg.solve(block, coefficients[rows])
    return said


def expit(value: Floats) -> Floats:
    """Logistic function, without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -60.0, 60.0))))


def numbered(groups: Sequence[object]) -> Ints:
    """(n,) number of each pair's group, in order of appearance."""
    names = {name: place for place, name in enumerate(dict.fromkeys(groups))}
    return np.array([names[name] for name in groups], dtype=np.int64)
