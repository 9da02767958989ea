"""A terminal in a tab: a program of the far end that draws, and an emulator that knows what it drew.

Read ``pane.py`` first, then ``emulator.py``.
"""
