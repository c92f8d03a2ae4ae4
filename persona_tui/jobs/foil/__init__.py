"""Synthetic users: played, extracted from, judged, and held against what is known of them."""
