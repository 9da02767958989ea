"""The embedded endpoint: a small, honest PSRP server to try pstui on, in-process or as ``pstui demo --stdio``.

It is no PowerShell and says so. ``endpoint.Endpoint`` serves one connection over a pair of byte streams,
``memory.pair`` joins it to a client in the same process, ``stdio.main`` to standard input and output.
Nothing here needs more than psrpcore and cryptography, so that it also runs in a bare container.
"""
