"""The version, as a constant: reading package metadata would cost more than the whole of ``pstui --version``."""

#: the same as in pyproject.toml (a test compares them)
VERSION = "0.2.0"
