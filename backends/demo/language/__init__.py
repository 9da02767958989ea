"""The endpoint's small language: a parser over the client's tokens, its nodes and the interpreter that runs them.

Enter by ``parser.py`` and ``interpreter.py``. It is frozen: no more of PowerShell than a newcomer's first ten minutes.
"""
