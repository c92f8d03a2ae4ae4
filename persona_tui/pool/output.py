"""Writing a release: all of it or nothing."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from persona_tui.errors import UserError
from persona_tui.pool.card import card
from persona_tui.pool.result import PARTS, TITLE, Pooled, figures_json
from persona_tui.report.html import Words, as_html

EXACT = (
    "In brackets stands the 95 % interval: with other donors of the same kind the figure could as well "
    "have been anywhere in it. n is the number of judgments that it rests on."
)
NOISY = "In brackets stands where the exact figure lies with 95 % certainty, given the noise that was added."


@contextmanager
def making(out: Path) -> Iterator[Path]:
    """A directory beside ``out`` that becomes ``out`` if nothing goes wrong, and is removed otherwise.

    Raises :class:`~persona_tui.errors.UserError` if ``out`` is there already.
    """
    if os.path.lexists(out):  # also a link to nowhere
        raise UserError(f"{out} is there already: choose another --out, or remove it.")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    part.mkdir(mode=0o700, parents=True)
    try:
        yield part
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write(pooled: Pooled, folder: Path) -> None:
    """The files beside the tables."""
    words = Words(
        TITLE,
        "Beside the figures stand those of the study arXiv 2606.06614.",
        PARTS,
        "Held back, or not there",
        NOISY if pooled.privacy else EXACT,
    )
    made = json.dumps(figures_json(pooled), indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "figures.json").write_text(made + "\n", encoding="utf-8")
    (folder / "report.html").write_text(as_html(pooled.report, words), encoding="utf-8")
    (folder / "README.md").write_text(card(pooled), encoding="utf-8")
