"""What a call binds to: parameter sets and parameters declared once, PowerShell's binder, values and typed lines.

Enter by ``parameters.py`` for what there is, ``own_parameters.py`` for what is pstui's own, ``binder.py`` for how it
binds, ``connections.py`` for what it opens.
"""
