"""The synthetic foil: a model plays users whose truth is known, and the audit is done on them too.

The study's first finding is that synthetic users make a system look better than real ones. Here a
person can see by how much, for the models that they use. Nothing here knows the store or a screen.
"""
