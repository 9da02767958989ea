"""Hosts that other programs have saved, read as profiles: ssh_config, mRemoteNG, RDCMan. Passwords are never taken.

Enter by ``files.py``; each format has a module that makes ``Imported`` of one file.
"""
