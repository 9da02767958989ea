"""A long day in short: many sessions, some busy, tabs that come and go. What grows is a leak.

``day.py`` lives it, ``python -m tests.soak`` for ten minutes, and ``test_soak.py`` for a few seconds in every test run.
"""
