"""The PowerShell Remoting Protocol over psrpcore's sans-IO client: pool, pipelines, host calls, the OutOfProc codec."""
