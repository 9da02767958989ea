"""Hosts that other programs have saved, read as profiles: ssh_config, mRemoteNG, RDCMan. Passwords are never taken.

Enter by ``files.py``; ``exports.py`` and ``ssh_config.py`` know the formats.
"""
