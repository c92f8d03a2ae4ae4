"""Donating: redaction, records, bundles, publishing."""
