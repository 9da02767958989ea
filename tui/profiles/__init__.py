"""The profile file as the screen and the command line use it: read, changed, imported into, its passwords fetched.

Enter by ``book.py``; ``schema.py`` makes the shape of the file from what is declared in ``backends.binding``.
"""
