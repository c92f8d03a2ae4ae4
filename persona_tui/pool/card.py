"""The dataset card of the pooled release: what it is, what was done, what it must not be used for."""

from __future__ import annotations

from collections.abc import Iterator

from persona_tui.pool.coarse import COARSE
from persona_tui.pool.combinations import FIELDS
from persona_tui.pool.result import Pooled
from persona_tui.report import text
from persona_tui.report.markdown import escaped

_LICENSES = {"CC-BY-4.0": "cc-by-4.0", "CC0-1.0": "cc0-1.0"}


def card(pooled: Pooled) -> str:
    """README.md, with the YAML that the Hugging Face hub reads."""
    return "\n".join(_lines(pooled)).rstrip() + "\n"


def _lines(pooled: Pooled) -> Iterator[str]:
    yield from _front(pooled)
    yield ""
    yield "# Pooled judgments of LLM personalization"
    yield ""
    yield (
        "People judged with persona-tui what models inferred about them, which of it matters for a "
        "prompt, and whether personalized answers are better, and gave their judgments to research. "
        "`figures.json` and `report.html` hold figures over all donors beside those of the study "
        "arXiv 2606.06614."
    )
    yield ""
    yield from _private(pooled) if pooled.privacy else _tables(pooled)
    yield ""
    yield from _figures(pooled)
    yield ""
    yield "## Limits"
    yield ""
    yield (
        "- The data are pseudonymised, which reduces the risk of recognising somebody and does not "
        "remove it. Do not try to find out who a donor is, nor link donors with other data."
    )
    yield "- A donor here is one bundle: somebody who gave twice counts as two."
    yield "- Donors chose to give, and what to give: they are no sample of any population."
    if pooled.texts:
        yield "- Redacted texts are included. A text can be unique whatever the number of donors."
    yield (
        "- A donation can be withdrawn at any time. Whoever keeps a copy should pool again from time to "
        "time, with the withdrawal requests that have come in."
    )


def _front(pooled: Pooled) -> Iterator[str]:
    yield "---"
    yield "pretty_name: Pooled judgments of LLM personalization"
    if pooled.licenses:
        # Attribution is asked for as soon as one donor asks for it.
        name = "CC-BY-4.0" if "CC-BY-4.0" in pooled.licenses else pooled.licenses[0]
        yield f"license: {_LICENSES.get(name, 'other')}"
    yield "tags:"
    yield from (f"- {tag}" for tag in ("personalization", "human-feedback", "persona-tui"))
    if pooled.tables:
        yield "configs:"
        for one in pooled.tables:
            yield f"- config_name: {one.table}"
            yield f"  data_files: data/{one.table}/*.parquet"
    yield "---"


def _tables(pooled: Pooled) -> Iterator[str]:
    yield "## Tables"
    yield ""
    if not pooled.tables:
        yield (
            f"None: fewer than {pooled.k} donors gave judgments, so every table and every figure is "
            "held back."
        )
        return
    yield "| table | rows | donors | columns |"
    yield "| :-- | --: | --: | :-- |"
    for one in pooled.tables:
        columns = ", ".join(f"`{name}`" for name in one.columns)
        yield f"| `{one.table}` | {one.rows:,} | {one.donors:,} | {columns} |"
    yield ""
    coarse = sorted({name for names in COARSE.values() for name in names})
    yield (
        f"Values of coarse fields that fewer than {pooled.k} donors share are null "
        f"({', '.join(f'`{name}`' for name in coarse)}), and rare combinations of "
        f"{', '.join(f'`{name}`' for name in FIELDS)} in `contributors`. So null means: not said, or "
        f"held back. Tables and figures of fewer than {pooled.k} donors are left out."
    )
    if not pooled.texts:
        yield "Texts and quotes are left out, also where donors gave them."
    if pooled.licenses:
        yield f"Donors chose {' or '.join(pooled.licenses)}; the whole can be used under the first named."


def _private(pooled: Pooled) -> Iterator[str]:
    privacy = pooled.privacy
    if privacy is None:
        return
    yield "## Privacy"
    yield ""
    yield (
        f"The figures are ε-differentially private with ε = {privacy.epsilon:g}, for one donor (one "
        "bundle) added or removed: Laplace noise (OpenDP) on the histograms below, the budget divided "
        "equally among them, basic composition. A donor whose judgments weigh more than the bound of a "
        "histogram is scaled down to it. Exact figures and the tables are not part of this release, and "
        "publishing them as well would void the guarantee, as would running this again and again."
    )
    yield ""
    yield "| histogram | most that one donor weighs | scale of the noise | cells |"
    yield "| :-- | --: | --: | :-- |"
    for one in privacy.noisy:
        cells = ", ".join(f"`{name}`" for name in one.group.cells)
        yield f"| {one.group.name} | {one.group.bound:g} | {one.scale:.4g} | {cells} |"


def _figures(pooled: Pooled) -> Iterator[str]:
    there = [one for one in pooled.report.figures if one.headline and one.value is not None]
    yield "## Figures"
    yield ""
    if not there:
        yield "No headline figure can be shown; `figures.json` says why for each."
        return
    yield "| figure | value | 95 % interval | study |"
    yield "| :-- | --: | --: | :-- |"
    for one in there:
        yield (
            f"| {escaped(text.title_of(one))} | {text.value_text(one.value or 0.0, one.unit)} | "
            f"{text.interval_text(one)} | {escaped(text.studies_text(one)) or '–'} |"
        )
