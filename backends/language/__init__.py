"""What of the PowerShell language a client needs: tokens, whether a text is finished, simple lines as commands.

Enter by ``scanner.py`` (``tokenize``), ``completeness.py`` (with ``grammar/``), ``simple_lines.py``, and
``constant_lines.py`` for endpoints without a language. It knows no session.
"""
