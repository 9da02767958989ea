"""Hosts that other programs have saved, read as profiles: ssh_config, mRemoteNG, RDCMan. Passwords are never taken."""

from .files import read_hosts
from .model import Imported, ImportedHost

__all__ = ["Imported", "ImportedHost", "read_hosts"]
