"""What can be connected to now: hosts of ssh_config, containers, virtual machines, local PowerShell processes.

Enter by ``model.py``: each source says what it found, and a watcher asks again while somebody looks.
"""
