"""PowerShell's grammar as far as "is this text finished?" needs it; begin with ``reader.py``, then ``statements.py``."""
