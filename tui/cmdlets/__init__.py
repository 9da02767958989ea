"""The session cmdlets typed in pstui: New-PSSession, Get-PSSession, Enter-PSSession and the others.

Enter by ``run.py``; ``common_parameters.py`` does -WhatIf, -Confirm and the like, ``invoke.py`` Invoke-Command,
``format.py`` and ``table.py`` what is shown.
"""
