"""Fuzzers, a module a subject: ``SEEDS``, inputs to begin with, and ``check(data)``, which raises for what is a fault.

``test_fuzz.py`` runs each for a moment in every test run, and ``make fuzz`` for long. An input that once was a fault
stays in ``SEEDS``.
"""
