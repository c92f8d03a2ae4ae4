"""Using what was learned: coefficients are data from a file, so they may be damaged, or of a version
that this program does not know. Such a model is set aside: said once, never a crash."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from store import learned
from store.learned_records import LearnedKind, LearnedModel

if TYPE_CHECKING:
    from persona_tui.db import StoreThread

R = TypeVar("R")
log = logging.getLogger("persona_tui")

NAMES: dict[LearnedKind, str] = {
    "verifier": "verifier",
    "relevance": "relevance model",
    "reward": "reward model",
}
"""What each kind is called: ``your relevance model``."""

_set_aside: set[str] = set()
_untold: list[str] = []


async def model_in_use(db: StoreThread, kind: LearnedKind) -> LearnedModel | None:
    """The version in use; ``None``: there is none, or it was set aside."""
    found = await db.run(learned.in_use, kind)
    return None if found is None or found.learned_id in _set_aside else found


def safely(model: LearnedModel, predict: Callable[[Mapping[str, Any]], R]) -> R | None:
    """``predict(model.coefficients)``; ``None`` if that fails, whatever it fails with: the model is then
    set aside for as long as the program runs, and why is told once (:func:`to_tell`)."""
    try:
        return predict(model.coefficients)
    except Exception as error:  # noqa: BLE001 - damaged coefficients raise anything
        if model.learned_id not in _set_aside:
            _set_aside.add(model.learned_id)
            log.warning("learned %s %d is set aside: %r", model.kind, model.version, error)
            _untold.append(unreadable(model))
        return None


def is_outdated(model: LearnedModel) -> bool:
    """Whether an older version of this program learned it from what is looked at no more; numpy is not
    needed to tell."""
    if model.kind == "relevance":
        from persona_tui.stages.relevance import features

        return bool(model.coefficients.get("features", features.VERSION) != features.VERSION)
    return model.kind == "reward" and "embedder" not in model.coefficients


def is_readable(model: LearnedModel) -> bool:
    """Whether this program can use the model's coefficients; imports numpy."""
    if is_outdated(model):
        return False
    try:
        learner = import_module(f"models.learned.{model.kind}")
        weights = learner.explain(model.coefficients)
        return bool(weights) and all(math.isfinite(one.value) for one in weights)
    except Exception:  # noqa: BLE001 - damaged coefficients raise anything
        return False


def unreadable(model: LearnedModel) -> str:
    """What is wrong with a model that cannot be read, in a sentence."""
    if is_outdated(model):
        return (
            f"Your {NAMES[model.kind]} (version {model.version}) was learned by another persona-tui and is "
            "not used; train it anew with persona-tui train."
        )
    return (
        f"Your {NAMES[model.kind]} (version {model.version}) cannot be read by this persona-tui and is "
        "not used; train it anew with persona-tui train, or go back to an earlier version."
    )


def to_tell() -> list[str]:
    """What there is to say of models that were set aside, since it was asked last."""
    told = list(_untold)
    _untold.clear()
    return told
