"""PowerShell in containers of Podman and Docker.

Enter by ``kind.py``, which the registry finds; ``engine.py`` asks the engines, ``channel.py`` speaks with the process.
"""
