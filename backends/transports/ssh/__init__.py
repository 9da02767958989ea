"""OpenSSH servers with a PowerShell subsystem, through asyncssh.

Enter by ``kind.py``, which the registry finds; ``connect.py`` opens, ``login.py`` and ``host_keys.py`` prove the sides.
"""
