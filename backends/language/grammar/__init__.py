"""PowerShell's grammar, as far as it says what is unfinished; begin with ``reader.py``, then ``statements.py``."""
