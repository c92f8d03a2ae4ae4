"""What a person agrees to before anything is put together: a template, versioned and hashed.

The text must be approved by a review board before it is used in a study; none has approved it, and
it says so itself. A changed text is a new version: the old ones stay, so that a bundle can be held
against the words its giver saw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from persona_tui.donation.consent_texts import STATEMENTS, TEXTS, TEXTS_STATEMENT
from persona_tui.donation.vocabularies import LICENSES

CONSENT_VERSION = "1.0"
"""The version in use."""
LICENSE_NAMES: Mapping[str, str] = {
    "CC-BY-4.0": "Creative Commons Attribution 4.0 (reuse with attribution to the dataset)",
    "CC0-1.0": "Creative Commons Zero 1.0 (no rights reserved)",
}


def text_of(version: str = CONSENT_VERSION) -> str:
    """The whole text of ``version``, as shown. Raises :class:`KeyError` for an unknown one."""
    return TEXTS[version]


def sha256_of(version: str = CONSENT_VERSION) -> str:
    """Hash of that text in UTF-8."""
    return hashlib.sha256(text_of(version).encode("utf-8")).hexdigest()


def statements(
    level: Literal["labels", "texts"], version: str = CONSENT_VERSION
) -> tuple[str, ...]:
    """What the person ticks, one by one, none of them ticked beforehand."""
    always = STATEMENTS[version]
    return always if level == "labels" else (*always, TEXTS_STATEMENT[version])


@dataclass(frozen=True, slots=True)
class Consent:
    """What was agreed to."""

    version: str
    text: str
    text_sha256: str
    license: str
    level: Literal["labels", "texts"]
    agreed: tuple[str, ...]
    """The statements that were ticked: all of :func:`statements`."""


class ConsentError(ValueError):
    """What was agreed to is not enough to give."""


def agree(
    license: str,  # noqa: A002
    level: Literal["labels", "texts"],
    ticked: Sequence[str],
    version: str = CONSENT_VERSION,
) -> Consent:
    """The consent of a person who ticked ``ticked``. Raises :class:`ConsentError` unless every
    statement was ticked and the licence is one of those offered."""
    if version not in TEXTS:
        raise ConsentError("there is no such version of the consent text")
    if license not in LICENSES:
        raise ConsentError("no licence was chosen")
    if level not in ("labels", "texts"):
        raise ConsentError("there is no such level")
    wanted = statements(level, version)
    if set(ticked) != set(wanted):
        raise ConsentError("not every statement was agreed to")
    return Consent(version, text_of(version), sha256_of(version), license, level, wanted)


def check(consent: Consent) -> None:
    """Raise :class:`ConsentError` unless ``consent`` is what :func:`agree` gives."""
    if consent != agree(consent.license, consent.level, consent.agreed, consent.version):
        raise ConsentError("the text is not the one of its version")


def record(consent: Consent, month: str) -> dict[str, object]:
    """consent.json: what a bundle holds of ``consent``."""
    return {
        "consent_version": consent.version,
        "consent_text_sha256": consent.text_sha256,
        "text": consent.text,
        "license": consent.license,
        "level": consent.level,
        "agreed": list(consent.agreed),
        "donated_month": month,
    }
