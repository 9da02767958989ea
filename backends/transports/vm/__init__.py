"""Virtual machines: libvirt's through their guests' SSH or WinRM, Hyper-V's through PowerShell Direct.

Enter by ``kind.py``, which the registry finds; ``libvirt.py`` and ``hyperv.py`` find machines, ``guest.py`` a way in.
"""
