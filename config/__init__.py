"""Profiles, settings, credential sources, history and paths. Knows nothing of ``backends`` or the screen.

Enter by ``profiles.py``, which reads, and ``store.py``, which writes; ``schema.py`` is the shape that it is handed.
"""
