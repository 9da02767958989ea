"""The PowerShell Remoting Protocol over psrpcore's sans-IO client: pool, pipelines, host calls, the fast decoder.

Enter by ``pool.py``; what arrives goes through ``receive.py`` and ``clixml.py``. It knows no particular transport.
"""
