"""WinRM: PowerShell sessions over WS-Management.

Enter by ``kind.py``, which the registry finds; ``transport.py`` is the transport, ``http.py`` the connections beneath.
"""
