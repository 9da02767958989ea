"""What Textual lacks or does wrong, mended at our edge: a module for each part of it, by the name of what it mends.

Where a mend touches the library's inner parts, a test says when the library no longer needs it. Begin with
``stylesheet``, the smallest; ``app.py`` puts most of them in place.
"""
