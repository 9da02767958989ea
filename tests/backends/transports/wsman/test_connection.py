"""One connection to a WinRM service, against a socket that answers as it is told."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from pstui.backends.credentials import PSCredential, Secret
from pstui.backends.transports.wsman import faults
from pstui.backends.transports.wsman.http import EndpointSettings, WinRMConnection
from pstui.backends.transports.wsman.security import AuthenticationPlan
from pstui.backends.transports.wsman.target import Target, WSManOptions, shell_uri


def test_a_connection_that_is_closed_lets_go_of_a_reply_that_nobody_read() -> None:
    """The error that is told holds the reply; its socket must not wait for the garbage."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer() -> bytes:
            there, _ = listening.accept()
            with there:
                there.settimeout(10)
                there.recv(65_536)
                there.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\n<html>")
                return there.recv(65_536)

        with ThreadPoolExecutor(1) as server:
            ended = server.submit(answer)
            target = Target(False, "127.0.0.1", port, "wsman", shell_uri(""))
            plan = AuthenticationPlan("ntlm", sealed=True)
            ann = PSCredential("ann", Secret("x"))
            connection = WinRMConnection(EndpointSettings(target, plan, WSManOptions(), ann))
            with pytest.raises(faults.AuthenticationFailure) as told:
                connection.exchange(b"", 10.0)
            connection.close()
            assert ended.result(10) == b"" and told.value
