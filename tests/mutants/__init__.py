"""Planted faults: small edits of the product, each of which the tests it names must catch.

``edits.py`` lists them, ``python -m tests.mutants`` applies them one by one in a copy and prints what caught each.
"""
