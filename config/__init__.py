"""Profiles, settings, credential sources, history and paths. Knows nothing of ``backends`` or the screen."""
