"""Logs of sessions: what was typed and what came, on disk as it happens. Begin with ``session_log``."""
