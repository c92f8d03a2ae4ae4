"""Giving, step by step: choose, redact, prepare the exact bytes, sign, cool off, give, withdraw.

Functions that take a :class:`~store.db.Store` run on the thread that owns it; :func:`make` computes
and runs anywhere else. What is given is what was prepared, byte for byte: its manifest's hash is
signed, and checked again when it is released.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from persona_tui.errors import UserError
from persona_tui.jobs.donation.material import Material, read_material, standing
from persona_tui.jobs.donation.texts import Redacted, Redaction, Tell, redact, texts_of
from store import catches, donations
from store.catches import PREFIX
from store.db import utc_now
from store.donations import Donation, Item, ItemKind, Level

if TYPE_CHECKING:
    from persona_tui.config import DonationConfig
    from persona_tui.donation.redaction import Known
    from store.db import Store

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """The exact bytes, with what they were made of."""

    files: Mapping[str, bytes]
    texts: tuple[Redacted, ...]
    token: str
    contributor_id: str
    bundle_name: str
    counts: Mapping[str, int]
    row_items: Mapping[str, str]
    uses_ner: bool
    held_back: tuple[str, ...] = ()
    """Places of texts that changed since they were edited: not in it."""

    @property
    def manifest_sha256(self) -> str:
        return hashlib.sha256(self.files[MANIFEST]).hexdigest()


# --- choosing -----------------------------------------------------------------------------------


def open_or_create(store: Store, config: DonationConfig) -> Donation:
    """The draft that is under way, or a new one."""
    return donations.open_draft(store) or donations.create(store, license=config.license)


def choose(
    store: Store, donation: Donation, picked: Iterable[tuple[ItemKind, str]], level: Level | None
) -> None:
    """Choose items at a level, or (``None``) take them out."""
    keys = list(picked)
    if level is None:
        donations.drop(store, donation.donation_id, keys)
    else:
        donations.choose(store, donation.donation_id, [Item(*key, level) for key in keys])


def set_license(store: Store, donation_id: str, license: str) -> Donation:  # noqa: A002
    """Choose another licence; what was prepared is void."""
    with store.write():
        return donations.save(
            store, replace(donations.unprepare(store, donation_id), license=license)
        )


def delete_row(store: Store, donation_id: str, row_id: str) -> bool:
    """Take the row ``row_id`` of the prepared files out, with what refers to it; whether there was
    such a row. What was prepared is void then: prepare it anew."""
    made_of = donations.get(store, donation_id).row_items.get(row_id)
    if made_of is None:
        return False
    kind, _, key = made_of.partition(":")
    if kind == "judgment":
        donations.leave_out(store, donation_id, key)
    elif key.startswith(PREFIX):  # it is there only on account of its judgment
        planted = catches.in_force(store).values()
        for row in (one for one in planted if one.attribute_id == key):
            donations.leave_out(store, donation_id, row.judgment_id)
    else:
        donations.drop(store, donation_id, [("attribute", key)])
    return True


# --- preparing ----------------------------------------------------------------------------------


def known_words(material: Material) -> list[Known]:
    """What must be found whatever it looks like: names in what is known about the person, their
    account, and their own list."""
    from persona_tui.donation.redaction import seed_known

    return seed_known(
        account=_account(),
        home=str(Path.home()),
        attributes=material.statements,
        messages=material.own_messages,
        entries=[text for text, _ in material.entries],
    )


def _account() -> str | None:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return os.environ.get("USER")


def redaction(material: Material, config: DonationConfig, *, tell: Tell | None = None) -> Redaction:
    """The texts as they would be given, before anything is put together."""
    ner = None if config.names else False
    return redact(texts_of(material), material, known_words(material), ner=ner, tell=tell)


def make(
    material: Material,
    config: DonationConfig,
    *,
    now: datetime | None = None,
    tell: Tell | None = None,
) -> Prepared:
    """Put the bundle of ``material`` together, as it would be with every statement agreed to.

    Raises :class:`UserError` where nothing was chosen, where the schema refuses something, or where
    a word that was blacked out is still found in the bytes, in whatever encoding.
    """
    from persona_tui.donation import bundle, consent, identity, rows
    from persona_tui.donation.given import GivenError
    from persona_tui.donation.schema import SchemaError
    from persona_tui.jobs.donation.given import given_of, row_items
    from persona_tui.jobs.donation.leaks import refuse_leaks

    level = _level(material.items)
    redacted = redaction(material, config, tell=tell)
    agreed = consent.agree(material.donation.license, level, consent.statements(level))
    month = f"{now or utc_now():%Y-%m}"
    token = identity.new_token()
    ids = identity.new_ids()
    try:
        made = rows.assemble(
            given_of(material, redacted.texts), agreed, month=month,
            token_sha256=identity.token_sha256(token), ids=ids,
        )  # fmt: skip
    except (GivenError, SchemaError) as error:
        raise UserError(f"This cannot be given: {error}. Take it out and prepare again.") from error
    if set(made) == {"contributors"}:
        raise UserError("Nothing is chosen to give: choose attributes, prompts or comparisons.")
    contributor = str(made["contributors"][0]["contributor_id"])
    files = bundle.build(made, agreed, month=month, contributor_id=contributor)
    refuse_leaks(redacted, files)
    return Prepared(
        files,
        redacted.texts,
        token,
        contributor,
        bundle.name(files),
        {table: len(found) for table, found in made.items()},
        row_items(ids, made),
        redacted.uses_ner,
        tuple(one.text.place for one in redacted.texts if one.stale),
    )


def keep(store: Store, donation_id: str, prepared: Prepared, read: Material) -> Donation:
    """Keep the prepared bytes with the draft.

    Raises :class:`UserError` if the draft changed since ``read``, or is signed.
    """
    with store.write():
        current = donations.get(store, donation_id)
        _refuse(current)
        if current.updated_at != read.donation.updated_at:
            raise UserError("The draft changed while it was prepared; prepare it again.")
        donations.put_files(store, donation_id, prepared.files)
        return donations.save(
            store,
            replace(
                current,
                status="draft",
                bundle_name=prepared.bundle_name,
                manifest_sha256=prepared.manifest_sha256,
                contributor_id=prepared.contributor_id,
                token=prepared.token,
                counts=prepared.counts,
                row_items=prepared.row_items,
                signed_at=None,
                release_at=None,
                agreed=(),
            ),
        )


def prepare(store: Store, donation: Donation, config: DonationConfig) -> Prepared:
    """All of it in one call, for a verb. Raises :class:`UserError` as :func:`make` does, and where it
    is signed already."""
    _refuse(donation)
    material = read_material(store, donation)
    prepared = make(material, config)
    keep(store, donation.donation_id, prepared, material)
    return prepared


# --- signing and giving -------------------------------------------------------------------------


def sign(
    store: Store,
    donation_id: str,
    ticked: Sequence[str],
    config: DonationConfig,
    *,
    now: datetime | None = None,
    seen: str | None = None,
) -> Donation:
    """Sign what was prepared; it cools off from now. ``ticked``: the statements agreed to. ``seen``:
    hash of the manifest that the person was shown, where it may have been prepared anew since.

    Raises :class:`UserError` where it was not prepared, something of it was judged anew or taken back
    since, or not every statement was agreed to.
    """
    from persona_tui.donation import consent

    now = now or utc_now()
    with store.write():
        current = donations.get(store, donation_id)
        _refuse(current)
        files = donations.files(store, donation_id)
        if not files or current.manifest_sha256 is None:
            raise UserError("Nothing is prepared to be signed: look at the preview first.")
        if seen is not None and seen != current.manifest_sha256:
            raise UserError("It was prepared anew meanwhile: look at the preview again, then sign.")
        _refuse_superseded(store, current)
        level = _level(donations.items(store, donation_id))
        try:
            agreed = consent.agree(current.license, level, ticked)
        except consent.ConsentError as error:
            raise UserError(f"Not signed: {error}.") from error
        return donations.save(
            store,
            replace(
                current,
                status="signed",
                agreed=agreed.agreed,
                consent_version=agreed.version,
                consent_sha256=agreed.text_sha256,
                signed_at=now,
                release_at=now + timedelta(hours=config.cooling_off_hours),
            ),
        )


def _level(items: Iterable[Item]) -> Level:
    """That of the whole donation."""
    return "texts" if any(one.level == "texts" for one in items) else "labels"


def _refuse(donation: Donation) -> None:
    if donation.status == "signed":
        raise UserError("This donation is signed already; cancel it to change it.")
    if donation.status in ("given", "withdrawn"):
        raise UserError("This donation was given already; start another draft.")


def _refuse_superseded(store: Store, prepared: Donation) -> None:
    """Nothing leaves that the person has taken back, or says otherwise by now."""
    made_of = {key for key in prepared.row_items.values() if key.startswith("judgment:")}
    gone = len(made_of - {f"judgment:{key}" for key in standing(store)})
    if gone:
        raise UserError(
            f"{gone} of its judgments {'was' if gone == 1 else 'were'} changed or taken back since it "
            "was prepared: cancel the signature, if there is one, prepare it again and sign that."
        )


def cancel(store: Store, donation_id: str) -> Donation:
    """Take the signature back. What was chosen stays."""
    if donations.get(store, donation_id).status != "signed":
        raise UserError("This donation is not signed, so there is nothing to cancel.")
    return donations.unprepare(store, donation_id)


def released(store: Store, donation_id: str, *, now: datetime | None = None) -> dict[str, bytes]:
    """The files, to be given now.

    Raises :class:`UserError`: not signed, still cooling off, judged anew or taken back since, or not
    what was signed.
    """
    current = donations.get(store, donation_id)
    if current.status == "draft":
        raise UserError("This donation is not signed: look at the preview, then sign it.")
    if current.status == "withdrawn":
        raise UserError("This donation was withdrawn; start another draft.")
    now = now or utc_now()
    if current.release_at is not None and now < current.release_at:
        raise UserError(
            f"It cools off until {current.release_at.astimezone():%d %b %Y, %H:%M}: until then you "
            "can cancel it; give it after that."
        )
    if current.status == "signed":
        _refuse_superseded(store, current)
    files = donations.files(store, donation_id)
    if not files:
        raise UserError(
            "The bytes that were signed are not here any more (something was forgotten since): "
            "prepare and sign again."
        )
    if hashlib.sha256(files[MANIFEST]).hexdigest() != current.manifest_sha256:
        raise UserError("The bytes are not those that were signed: prepare and sign again.")
    return files


def mark_given(store: Store, donation_id: str, destination: str) -> Donation:
    """Enter it in the ledger. A second copy adds its destination."""
    current = donations.get(store, donation_id)
    places = [current.destination, destination] if current.destination else [destination]
    return donations.save(
        store,
        replace(
            current,
            status="given",
            given_at=current.given_at or utc_now(),
            destination="; ".join(dict.fromkeys(place for place in places if place)),
        ),
    )


def withdraw(store: Store, donation_id: str) -> tuple[Donation, bytes]:
    """Withdraw a donation that was given: the request file for those who hold it.

    Raises :class:`UserError`: it was never given.
    """
    from persona_tui.donation import withdrawal

    current = donations.get(store, donation_id)
    if current.status not in ("given", "withdrawn") or not current.token:
        raise UserError(
            "This donation was never given, so there is nothing to withdraw; cancel it."
        )
    request = withdrawal.request(current.token, current.contributor_id or "")
    if current.status == "given":
        current = donations.save(
            store, replace(current, status="withdrawn", withdrawn_at=utc_now())
        )
    return current, request
