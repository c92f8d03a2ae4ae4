"""Putting a bundle together: path → exact bytes, and writing those bytes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import random
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from persona_tui.donation import consent as consents
from persona_tui.donation import parquet
from persona_tui.donation.card import CANARY, card
from persona_tui.donation.checking import ID, MONTH
from persona_tui.donation.consent import Consent
from persona_tui.donation.croissant import croissant
from persona_tui.donation.rows import Rows, has_texts, validate
from persona_tui.donation.schema import BUNDLE_SCHEMA, TABLE_NAMES, SchemaError, Table
from persona_tui.donation.serialize import document, jsonl, parse_document
from persona_tui.errors import UserError

MANIFEST, README, CROISSANT, CONSENT = (
    "manifest.json",
    "README.md",
    "croissant.json",
    "consent.json",
)
DATA = "data"


def data_path(table: Table, suffix: str = "jsonl") -> str:
    """Where the rows of ``table`` are in a bundle."""
    return f"{DATA}/{table}.{suffix}"


def build(
    rows: Rows,
    consent: Consent,
    *,
    month: str,
    contributor_id: str,
    rng: random.Random | None = None,
    with_parquet: bool | None = None,
) -> dict[str, bytes]:
    """The files of a bundle, path → exact bytes, in the order in which they are listed.

    The same arguments give the same bytes (``rng`` draws the canary). ``with_parquet``: ``None``
    writes Parquet if pyarrow is there; the card says what is in. Raises
    :class:`~persona_tui.donation.schema.SchemaError`, and
    :class:`~persona_tui.donation.consent.ConsentError` where the consent is not whole.
    """
    consents.check(consent)
    validate(rows)
    contributor = rows["contributors"][0]
    _check_contributor(contributor, consent, month, contributor_id)
    if consent.level == "labels" and has_texts(rows):
        raise SchemaError("donation", "", "holds texts, and only labels were agreed to")
    also_parquet = parquet.available() if with_parquet is None else with_parquet
    tables = [table for table in TABLE_NAMES if rows.get(table)]
    data: dict[str, bytes] = {}
    for table in tables:
        data[data_path(table)] = jsonl(table, rows[table])
        if also_parquet:
            data[data_path(table, "parquet")] = parquet.parquet(table, rows[table])
    canary = f"{CANARY} {(rng or secrets.SystemRandom()).getrandbits(128):032x}"
    language = contributor["language"]
    readme = card(
        {table: len(rows[table]) for table in tables}, consent, month=month,
        language=language if isinstance(language, str) else None,
        canary=canary, with_parquet=also_parquet,
    )  # fmt: skip
    files = {
        README: readme.encode("utf-8"),
        CROISSANT: document(croissant(data, consent, month=month)),
        CONSENT: document(consents.record(consent, month)),
        **data,
    }
    manifest = {
        "schema": BUNDLE_SCHEMA,
        "contributor_id": contributor_id,
        "donated_month": month,
        "canary": canary,
        "files": {path: _entry(path, files[path], rows) for path in sorted(files)},
    }
    return {**dict(sorted(files.items())), MANIFEST: document(manifest)}


def _check_contributor(
    row: Mapping[str, object], consent: Consent, month: str, contributor_id: str
) -> None:
    wanted = {
        "contributor_id": contributor_id,
        "donated_month": month,
        "license": consent.license,
        "consent_version": consent.version,
        "consent_text_sha256": consent.text_sha256,
    }
    for name, value in wanted.items():
        if row[name] != value:
            raise SchemaError("contributors", name, "is not what the bundle says")


def _entry(path: str, content: bytes, rows: Rows) -> dict[str, object]:
    entry: dict[str, object] = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
    }
    for table in TABLE_NAMES:
        if path in (data_path(table), data_path(table, "parquet")):
            entry["rows"] = len(rows[table])
    return entry


def name(files: Mapping[str, bytes]) -> str:
    """``persona-donation-YYYY-MM-`` and 8 hexadecimal digits of the contributor's random id."""
    manifest = parse_document(files[MANIFEST])
    contributor, month = str(manifest["contributor_id"]), str(manifest["donated_month"])
    if not ID.fullmatch(contributor) or not MONTH.fullmatch(month):
        raise SchemaError("contributors", "contributor_id", "is not an id of its kind")
    return f"persona-donation-{month}-{contributor[2:10]}"


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """``files`` as one zip: the same files, the same bytes. Nothing of this machine is in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o100600 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[path], compresslevel=9)
    return out.getvalue()


def write(files: Mapping[str, bytes], target: Path, *, zipped: bool) -> Path:
    """Write ``files`` as the directory, or the one zip file, ``target``; gives its path.

    All or nothing; readable by the owner only (0700, 0600). Raises
    :class:`~persona_tui.errors.UserError` if ``target`` exists or cannot be written.
    """
    if os.path.lexists(target):
        raise UserError(f"{target} exists already; choose another place, or remove it first.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if zipped:
            _write_zip(zip_bytes(files), target)
        else:
            _write_directory(files, target)
    except OSError as error:
        raise UserError(
            f"{target} could not be written ({error.strerror}); choose another place."
        ) from error
    return target


def _write_zip(content: bytes, target: Path) -> None:
    handle, made = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        try:
            Path(target).hardlink_to(made)  # fails if somebody made the target meanwhile
        except FileExistsError:
            raise
        except (NotImplementedError, OSError):
            Path(made).rename(target)  # a file system without hard links
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(made).unlink()


def _write_directory(files: Mapping[str, bytes], target: Path) -> None:
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for path, content in files.items():
            file = made / path
            file.parent.mkdir(mode=0o700, exist_ok=True)
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
