"""The profile file as the screen and the command line use it: read, changed, imported into, its secrets kept away.

Enter by ``book.py``.
"""
