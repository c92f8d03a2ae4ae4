"""Giving judgments to research: redaction, records, consent, bundles, publishing, withdrawal."""
