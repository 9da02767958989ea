"""What asyncssh is told for one host: settings, host key algorithms, the agent, and the check of its key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import asyncssh.public_key
from pstui.backends.transports.ssh.host_key import HostKeyCheck
from pstui.backends.transports.ssh.target import Hop, known_hosts_files

#: keepalive where the configuration names none: seconds between two, and how many may stay unanswered
ALIVE_INTERVAL, ALIVE_COUNT = 30, 3


def host_key_check(hop: Hop, address: str) -> HostKeyCheck:
    """Return the check of a host's key, with what is known of it. Reads files."""
    return HostKeyCheck(
        host=hop.host,
        port=hop.port,
        address=address,
        alias=str(hop.option("HostKeyAlias") or ""),
        files=known_hosts_files(hop),
        strict=str(hop.option("StrictHostKeyChecking") or "ask").lower(),
        hash_names=str(hop.option("HashKnownHosts") or "no").lower() in {"yes", "true"},
    )


def agent_path(hop: Hop) -> str:
    """Return the agent's socket, ``none`` without an agent, "" for the usual one of Windows."""
    agent = hop.option("IdentityAgent", "SSH_AUTH_SOCK")
    if agent is None:
        return "none"
    if agent == "SSH_AUTH_SOCK":
        return os.environ.get("SSH_AUTH_SOCK", "" if os.name == "nt" else "none")
    return os.path.expandvars(str(Path(str(agent)).expanduser()))


def settings(hop: Hop) -> dict[str, Any]:
    """Return the settings of asyncssh that are the same for every connection to a host."""
    agent = agent_path(hop)
    return {
        "proxy_command": None,
        "username": hop.user,
        # The keys come from the KeyRing; without client_keys the path of the agent serves forwarding alone.
        "client_keys": None,
        "agent_path": agent,
        "agent_forwarding": False if agent == "none" else hop.option("ForwardAgent", False),
        "x509_trusted_certs": None,
        "x509_trusted_cert_paths": [],
        # A key exchange by Kerberos would leave the host key unchecked.
        "gss_kex": False,
        "gss_auth": bool(hop.option("GSSAPIAuthentication", False)),
        "connect_timeout": None,
        "login_timeout": 0,
        "keepalive_interval": hop.option("ServerAliveInterval", ALIVE_INTERVAL),
        "keepalive_count_max": hop.option("ServerAliveCountMax", ALIVE_COUNT),
        "encoding": None,
    }


def host_key_algorithms(hop: Hop, check: HostKeyCheck) -> Any:
    """Return the key algorithms to ask the server for: those of the known keys first, as ssh does."""
    if hop.option("HostKeyAlgorithms"):
        return ()
    usual = [name.decode("ascii") for name in asyncssh.public_key.get_default_public_key_algs()]
    wanted: list[str] = []
    if check.known.authorities and not check.accepted:
        wanted += [name.decode("ascii") for name in asyncssh.public_key.get_default_certificate_algs()]
    for name in check.algorithms:
        wanted += [one for one in usual if one == name or (name == "ssh-rsa" and one.startswith("rsa-"))]
    return [*wanted, *(one for one in usual if one not in wanted)]
