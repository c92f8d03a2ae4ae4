"""Which attributes matter to which prompts, learned from one person's labels, or from many people's.

Few labels: scalar features alone, heavily shrunk. From :data:`KERNEL_FROM` labels on, a kernel on the
embeddings of prompt and attribute beside them (:mod:`models.learned.relevance_kernel`), its ridge chosen
by leaving out whole groups. With ``prior``, a model of other people, only the difference from it is
learned: with no evidence of one, the prior's answer stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.learned.base import (
    Learned,
    Weight,
    expected_threshold,
    grouped_folds,
    pack,
    platt,
    threshold_of,
    unpack,
)
from models.learned.relevance_given import (
    FEWEST,
    FEWEST_OF_A_CLASS,
    FEWEST_WITH_PRIOR,
    Given,
    centred,
    layer_means,
    moments,
    standard,
)
from models.learned.relevance_kernel import (
    Floats,
    Ints,
    Pairs,
    Shape,
    expit,
    gram,
    inverse,
    left_out,
    median_distance,
    pairs,
)

__all__ = ["FEWEST", "FEWEST_OF_A_CLASS", "FEWEST_WITH_PRIOR", "explain", "fit", "learn", "predict"]

FORM = "relevance-kernel-2"
KERNEL_FROM = 30
"""Labels from which the embeddings are used."""
LEAST_SLOPE = 0.1
"""Of the log-odds on the score, however little that is worth: attributes are still put in an order."""
CALIBRATE_FROM = 60
"""Labels from which an adapted model has a calibration of its own; below, the prior's."""
SCALAR_SHAPES = tuple(
    Shape(joint=0.0, own=0.0, base=1.0, scalars=1.0, ridge=ridge) for ridge in (2.0, 8.0, 32.0)
)
KERNEL_SHAPES = tuple(Shape(ridge=ridge) for ridge in (0.8, 1.6, 3.2))
ADAPTING_SHAPES = tuple(
    Shape(base=0.2, own=0.5, joint=0.5, scalars=0.2, ridge=ridge) for ridge in (1.0, 4.0, 16.0)
)


class _Fitted:
    """One fit: what it takes to score other pairs."""

    def __init__(
        self, train: Pairs, targets: Floats, groups: Ints, weights: Floats, shapes: Sequence[Shape]
    ) -> None:
        self.train = train
        self.scale = (median_distance(train.prompts), median_distance(train.attributes))
        best = np.inf
        kernel, mixed = np.empty((0, 0)), None
        for shape in shapes:
            if mixed != replace(shape, ridge=1.0):
                mixed, kernel = (
                    replace(shape, ridge=1.0),
                    gram(train, train, shape, self.scale),
                )
            inverted = inverse(kernel, shape.ridge, weights)
            said = left_out(inverted, targets, groups)
            loss = float(weights @ (said - targets) ** 2)
            if loss < best - 1e-12:
                best, self.shape, self.left_out = loss, shape, said
                self.dual = inverted @ targets

    def score(self, new: Pairs) -> Floats:
        return np.asarray(gram(new, self.train, self.shape, self.scale) @ self.dual)


def fit(
    prompt_vectors: Floats,
    attribute_vectors: Floats,
    scalars: Floats,
    labels: NDArray[Any],
    groups: Sequence[str],
    *,
    weights: Floats | None = None,
    seed: int = 0,
    prior: Mapping[str, Any] | None = None,
    names: Sequence[str] = (),
    importance: Sequence[float] = (),
    beta: float = 1.0,
) -> Learned:
    """Learn from ``n`` judged pairs.

    ``prompt_vectors`` and ``attribute_vectors`` are (n, d) unit vectors or (n, layers, d) states, which
    are centred layer by layer; ``scalars`` (n, k) with NaN where unknown, ``labels`` (n,) true for
    *relevant*, ``groups`` what is held out together (the prompt, or the person). ``importance`` of the
    scalars: their prior variances, up to a factor; equal if empty. ``weights`` are relative; their mean is made 1. ``prior`` are the coefficients of a model
    of other people, with the same columns. The threshold maximises the expected F-``beta`` on left-out groups.

    ``held_out`` are probabilities from five grouped folds; everything, the ridge and the calibration
    too, is chosen inside each fold's training part.

    Raises :class:`TooFewError` below :data:`FEWEST` labels (:data:`FEWEST_WITH_PRIOR` with a prior),
    or without both classes; :class:`ValueError` if the prior has other columns.
    """
    scored = _prior_scores(prior, prompt_vectors, attribute_vectors, scalars)
    given = Given.of(
        prompt_vectors, attribute_vectors, scalars, labels, groups, weights, names, scored,
        importance,
    )  # fmt: skip
    truth = given.truth
    folds = grouped_folds([str(one) for one in given.groups], truth, seed=seed)
    held_out = np.empty(len(truth))
    for fold in np.unique(folds):
        test = folds == fold
        if len(np.unique(truth[~test])) < 2 and prior is None:
            held_out[test] = _base_rate(truth[~test], given.weights[~test])
            continue
        made = _solve(given.take(~test), prior, beta)
        held_out[test] = predict(made, given.prompts[test], given.attributes[test], given.raw[test])
    return Learned(_solve(given, prior, beta), held_out, folds)


def learn(
    prompt_vectors: Floats,
    attribute_vectors: Floats,
    scalars: Floats,
    labels: NDArray[Any],
    groups: Sequence[str],
    *,
    weights: Floats | None = None,
    prior: Mapping[str, Any] | None = None,
    names: Sequence[str] = (),
    importance: Sequence[float] = (),
    beta: float = 1.0,
) -> dict[str, Any]:
    """The coefficients of :func:`fit` alone, without its held-out probabilities: six times faster."""
    scored = _prior_scores(prior, prompt_vectors, attribute_vectors, scalars)
    given = Given.of(
        prompt_vectors, attribute_vectors, scalars, labels, groups, weights, names, scored,
        importance,
    )  # fmt: skip
    return _solve(given, prior, beta)


def predict(
    coefficients: Mapping[str, Any],
    prompt_vectors: Floats,
    attribute_vectors: Floats,
    scalars: Floats,
) -> Floats:
    """(n,) probabilities of *relevant*."""
    raw = _columns(scalars, prompt_vectors)
    scores = _raw(coefficients, prompt_vectors, attribute_vectors, raw)
    threshold_of(coefficients)  # whoever predicts compares with it
    return expit(coefficients["slope"] * scores + coefficients["intercept"])


def explain(coefficients: Mapping[str, Any]) -> list[Weight]:
    """Change of the log-odds for one standard deviation of each scalar, others equal, and the spread
    (one standard deviation over the training pairs) of what the kernels on the texts contribute."""
    threshold_of(coefficients)
    train, dual, shape = _stored(coefficients)
    slope = float(coefficients["slope"])
    linear = shape.scalars / max(1, train.scalars.shape[1]) * (train.scalars.T @ dual)
    linear = linear * np.array(coefficients["emphasis"])
    found = [
        Weight(str(name), float(slope * one))
        for name, one in zip(coefficients["scalar_names"], linear, strict=True)
    ]
    if shape.own or shape.joint:
        scale = (float(coefficients["scale"][0]), float(coefficients["scale"][1]))
        nothing = replace(shape, base=0.0, scalars=0.0)
        for name, part in (
            ("the attribute's meaning", replace(nothing, joint=0.0)),
            ("the attribute's meaning for this kind of prompt", replace(nothing, own=0.0)),
        ):
            spread = float(np.std(gram(train, train, part, scale) @ dual))
            found.append(Weight(name, slope * spread))
    return sorted(found, key=lambda one: -abs(one.value))


def _solve(given: Given, prior: Mapping[str, Any] | None, beta: float) -> dict[str, Any]:
    prompt_vectors, attribute_vectors, raw = given.prompts, given.attributes, given.raw
    truth, groups, weights, base = given.truth, given.groups, given.weights, given.base
    means, spreads = (
        moments(raw)
        if prior is None
        else (
            np.array(prior["scalar_means"]),
            np.array(prior["scalar_spreads"]),
        )
    )
    emphasis = given.emphasis if prior is None else np.array(prior["emphasis"])
    few = len(truth) < KERNEL_FROM
    shapes = ADAPTING_SHAPES if prior is not None else SCALAR_SHAPES if few else KERNEL_SHAPES
    layers: tuple[Floats, Floats] | None = None
    if few and prior is None:  # not kept: they are not used
        prompt_vectors = attribute_vectors = np.zeros((len(truth), 0))
    elif prompt_vectors.ndim == 3:
        layers = (
            (layer_means(prompt_vectors), layer_means(attribute_vectors))
            if prior is None or prior["layers"] is None
            else _layers(prior)
        )
        prompt_vectors = centred(prompt_vectors, layers[0])
        attribute_vectors = centred(attribute_vectors, layers[1])
    train = pairs(prompt_vectors, attribute_vectors, standard(raw, means, spreads) * emphasis)
    targets = np.where(truth, 1.0, -1.0) - base
    if len(np.unique(groups)) < 2:
        groups = np.arange(len(truth), dtype=np.int64)
    fitted = _Fitted(train, targets, groups, weights, shapes)
    scores = fitted.left_out + base
    if prior is not None and len(truth) < CALIBRATE_FROM:
        slope, intercept = float(prior["slope"]), float(prior["intercept"])
        threshold = float(prior["threshold"])
    else:
        slope, intercept = platt(scores, truth, weights, least=LEAST_SLOPE)
        threshold = expected_threshold(expit(slope * scores + intercept), beta)
    return {
        "form": FORM,
        "threshold": float(threshold),
        "slope": slope,
        "intercept": intercept,
        "shape": fitted.shape.as_dict(),
        "scale": list(fitted.scale),
        "scalar_means": means.tolist(),
        "scalar_spreads": spreads.tolist(),
        "emphasis": emphasis.tolist(),
        "layers": None if layers is None else [pack(one.astype(np.float16)) for one in layers],
        "prompts": pack(train.prompts.astype(np.float16)),
        "attributes": pack(train.attributes.astype(np.float16)),
        "prompt": train.prompt.tolist(),
        "attribute": train.attribute.tolist(),
        "scalars": pack(train.scalars.astype(np.float32)),
        "dual": pack(fitted.dual.astype(np.float32)),
        "scalar_names": list(given.names),
        "prior": dict(prior) if prior is not None else None,
    }


def _stored(coefficients: Mapping[str, Any]) -> tuple[Pairs, Floats, Shape]:
    train = Pairs(
        unpack(coefficients["prompts"]).astype(np.float64),
        unpack(coefficients["attributes"]).astype(np.float64),
        np.array(coefficients["prompt"], dtype=np.int64),
        np.array(coefficients["attribute"], dtype=np.int64),
        unpack(coefficients["scalars"]).astype(np.float64),
    )
    dual = unpack(coefficients["dual"]).astype(np.float64)
    return train, dual, Shape(**coefficients["shape"])


def _raw(
    coefficients: Mapping[str, Any],
    prompt_vectors: Floats,
    attribute_vectors: Floats,
    raw: Floats,
) -> Floats:
    """Scores before calibration, those of the prior included."""
    if coefficients.get("form") != FORM:
        raise ValueError(f"not a relevance model of the form {FORM}")
    train, dual, shape = _stored(coefficients)
    standardised = standard(
        raw, np.array(coefficients["scalar_means"]), np.array(coefficients["scalar_spreads"])
    )
    new = pairs(
        *_embedded(coefficients, train, prompt_vectors, attribute_vectors),
        standardised * np.array(coefficients["emphasis"]),
    )
    scale = (float(coefficients["scale"][0]), float(coefficients["scale"][1]))
    scores = np.asarray(gram(new, train, shape, scale) @ dual, dtype=np.float64)
    prior = coefficients.get("prior")
    if prior is not None:
        scores = scores + _raw(prior, prompt_vectors, attribute_vectors, raw)
    return scores


def _layers(coefficients: Mapping[str, Any]) -> tuple[Floats, Floats]:
    prompts, attributes = (unpack(one).astype(np.float64) for one in coefficients["layers"])
    return prompts, attributes


def _embedded(
    coefficients: Mapping[str, Any], train: Pairs, prompts: Floats, attributes: Floats
) -> tuple[Floats, Floats]:
    """As the model was given them in training."""
    if not train.prompts.shape[1]:
        return np.zeros((len(prompts), 0)), np.zeros((len(attributes), 0))
    if coefficients["layers"] is None:
        return np.asarray(prompts), np.asarray(attributes)
    means = _layers(coefficients)
    return centred(prompts, means[0]), centred(attributes, means[1])


def _columns(scalars: Floats, vectors: Floats) -> Floats:
    return np.asarray(scalars, dtype=np.float64).reshape(len(vectors), -1)


def _prior_scores(
    prior: Mapping[str, Any] | None, prompts: Floats, attributes: Floats, scalars: Floats
) -> Floats | None:
    if prior is None:
        return None
    raw = _columns(scalars, prompts)
    if raw.shape[1] != len(prior["scalar_means"]):
        raise ValueError("the prior was trained on other scalar features")
    return _raw(prior, prompts, attributes, raw)


def _base_rate(truth: NDArray[np.bool_], weights: Floats) -> float:
    return float((weights @ truth + 1) / (weights.sum() + 2))
