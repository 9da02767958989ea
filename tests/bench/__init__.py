"""Measurements, printed by ``make bench``: each module here has ``run()``, which returns rows of text.

Every figure that is held to a bar is a ratio of two things measured in the same run.
"""
