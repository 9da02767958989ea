"""The embedded endpoint: a small, honest PSRP server to try pstui on, in-process or as ``pstui demo --stdio``.

It is not PowerShell and says so. ``server/endpoint.py`` serves one connection over a pair of byte streams,
``server/memory.py`` joins it to a client in the same process, ``server/stdio.py`` to standard input and output.
Nothing here needs more than psrpcore and cryptography, so that it also runs in a bare container.
"""
