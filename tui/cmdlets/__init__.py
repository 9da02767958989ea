"""The session cmdlets typed here: New-PSSession, Get-PSSession, Enter-PSSession and their kin.

Enter by ``run.py``.
"""
