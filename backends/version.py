"""The version, as a constant: reading package metadata would cost more than the whole of ``pstui --version``."""

#: pyproject.toml reads it from here, without importing anything
VERSION = "0.2.0"
