"""Hosts that other programs have saved, read as profiles: ssh_config, mRemoteNG, RDCMan. Passwords are never taken.

Enter by ``files.py``; ``exports.py`` knows two of the formats, and the reader of the third is handed in.
"""
