"""The dataset card: README.md with the YAML that the Hugging Face Hub and ``datasets`` read.

Every config names its types, so that a column that is null throughout has the type it should have.
"""

from __future__ import annotations

from collections.abc import Iterable

from persona_tui.donation.consent import LICENSE_NAMES, Consent
from persona_tui.donation.describe import COLUMN_MEANING, TABLE_MEANING
from persona_tui.donation.schema import BUNDLE_SCHEMA, TABLES, Field, Table

_LICENSE_IDS = {"CC-BY-4.0": "cc-by-4.0", "CC0-1.0": "cc0-1.0"}
_ISO = frozenset(("en", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "zh", "ja", "ko", "ar",
                  "tr", "hi"))  # fmt: skip
CANARY = "persona-tui donation canary 6a1f0c4e-93d7-4b58-8e21-d05c7b9af3e4"
"""In every donation: whoever trains a model can filter by it, whoever tests one can look for it."""

_WHAT = """\
# A persona-tui donation

Judgments that one person made about what models inferred about them, and chose to give to research.
**The rater is the person that the data are about.**
"""
_PRIVACY = """\
## Privacy

The data are pseudonymised, with reduced risk: ids are random for this bundle, times are months, model
names are families, rows are shuffled, and texts, where there are any, were redacted and read by the
person. Somebody who knows the person may still recognise them. **Do not try to identify the person,
and do not link this donation to others.**
"""
_RIGHTS = """\
## Withdrawal

The person can withdraw with a token whose SHA-256 is `contributors.withdrawal_token_sha256`. Whoever
holds a copy is asked to honour a request (`persona-tui/withdrawal/1`): delete the copy and leave it
out of later releases.

## Texts and spreadsheets

A text that would begin with `=`, `+`, `-` or `@` has an apostrophe before it, so that no spreadsheet
computes it. Take one apostrophe away to have the text.
"""
_CANARY = """\
## Canary

Data for evaluation should not be in training corpora. If a model knows this line, it was:
"""


def features(table: Table) -> list[str]:
    """Lines of YAML that name the columns of ``table`` and their types."""
    lines = []
    for field in TABLES[table]:
        lines += [f"  - name: {field.name}", *(f"    {line}" for line in _dtype(field))]
    return lines


def _dtype(field: Field) -> list[str]:
    plain = {"bool": "bool", "int": "int64", "number": "float64"}
    if field.kind == "numbers":
        return ["list: float64"]
    if field.kind == "texts":
        return ["list: string"]
    if field.kind == "ratings":
        return ["list:", "- name: attribute_id", "  dtype: string", "- name: rating",
                "  dtype: int64"]  # fmt: skip
    if field.kind == "evidence":
        return ["list:", "- name: conv_idx", "  dtype: int64", "- name: turn_idxs",
                "  list: int64", "- name: quote", "  dtype: string"]  # fmt: skip
    return [f"dtype: {plain.get(field.kind, 'string')}"]


def front_matter(tables: Iterable[Table], consent: Consent, language: str | None) -> str:
    """The YAML between its two lines of dashes."""
    names = list(tables)
    lines = ["---", f"license: {_LICENSE_IDS[consent.license]}"]
    if language in _ISO:
        lines += ["language:", f"- {language}"]
    lines += ["pretty_name: A persona-tui donation", "tags:", "- personalization",
              "- human-judgments", "- persona-tui", "configs:"]  # fmt: skip
    default = "attribute_judgments" if "attribute_judgments" in names else names[0]
    for table in names:
        lines += [f"- config_name: {table}", "  data_files:", "  - split: train",
                  f"    path: data/{table}.jsonl"]  # fmt: skip
        if table == default:
            lines.append("  default: true")
    lines.append("dataset_info:")
    for table in names:
        lines += [f"- config_name: {table}", "  features:", *features(table)]
    return "\n".join([*lines, "---", ""])


def card(
    counts: dict[Table, int],
    consent: Consent,
    *,
    month: str,
    language: str | None,
    canary: str,
    with_parquet: bool,
) -> str:
    """README.md. ``counts``: rows by table, only tables that are there."""
    level = (
        "closed choices, broad categories and coarse numbers only"
        if consent.level == "labels"
        else "labels, and redacted words for the items that the person chose"
    )
    forms = (
        "JSONL and Parquet (the same rows; JSONL is what counts)"
        if with_parquet
        else "JSONL only, because pyarrow was not there when the bundle was made"
    )
    facts = (
        f"- Schema: `{BUNDLE_SCHEMA}`; given in {month}.\n"
        f"- Level: {consent.level} ({level}).\n"
        f"- Licence: {LICENSE_NAMES[consent.license]}.\n"
        "- Consent: `consent.json`, with the whole text. The text is a template; no approval by a "
        "review board is claimed.\n"
        f"- Files: {forms}. `manifest.json` lists the SHA-256 of each.\n"
    )
    lines = [
        front_matter(counts, consent, language),
        _WHAT,
        facts,
        _PRIVACY,
        _RIGHTS,
        "## Tables\n",
    ]
    for table, count in counts.items():
        lines += [f"### {table}\n", f"{TABLE_MEANING[table]} Rows: {count}.\n",
                  "| column | type | meaning |", "|---|---|---|"]  # fmt: skip
        lines += [
            f"| {field.name} | {describe_type(field)} | {COLUMN_MEANING[field.name]} |"
            for field in TABLES[table]
        ]
        lines.append("")
    lines += [_CANARY, f"`{canary}`", ""]
    return "\n".join(lines)


def describe_type(field: Field) -> str:
    """The type of a column, for a table cell."""
    if field.kind == "choice":
        shown = sorted(field.choices)
        text = ", ".join(f"`{one}`" for one in shown[:8])
        return text if len(shown) <= 8 else f"one of {len(shown)} words"
    return {
        "id": f"id `{field.letter}_` + 32 hex", "int": f"integer {field.low:g} to {field.high:g}",
        "number": f"number {field.low:g} to {field.high:g}", "numbers": "list of numbers",
        "texts": "list of texts", "ratings": "list of {attribute_id, rating}",
        "evidence": "list of {conv_idx, turn_idxs, quote}", "sha256": "64 hex",
    }.get(field.kind, field.kind)  # fmt: skip
