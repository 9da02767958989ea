"""What of the PowerShell language a client needs: tokens, whether a text is finished, simple lines as commands.

Enter by ``scanner.py`` (``tokenize``), ``completeness.py`` and ``simple_lines.py``. It knows no session.
"""
