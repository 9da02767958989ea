"""A known_hosts file and the lines of ssh_config, whatever they hold: read, or refused as one of our failures."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from pstui.backends.transports.ssh.config_words import matches_list, read_line, split_words
from pstui.backends.transports.ssh.host_keys import look_up

_KEY = b"AAAAC3NzaC1lZDI1NTE5AAAAIGb0GrXh0nCz0TTmFHc3Y0T9m1U0FqQ8tOaM0rGr0Y3A"
SEEDS = [
    b"[127.0.0.1]:22 ssh-ed25519 " + _KEY + b"\n",
    b"@cert-authority *.example.com,!bad ssh-ed25519 " + _KEY + b" comment\n@revoked * ssh-rsa AAAA\n",
    b"|1|JfKTdBh7rNbXkVAQCRp4OQoPfmI=|USECr3SWf1JUPsms5AqfD5QfxkM= ssh-ed25519 " + _KEY + b"\n",
    b'Host "a b" *.c !d\n  ProxyCommand nc %h %p # no\n\tIdentityFile="~/.ssh/x"\n',
    b'Match host a exec "true" user b\nPort=22\nInclude ~/x*\n',
]


def check(data: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        look_up([Path(file.name)], "127.0.0.1", 22)
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        with contextlib.suppress(ValueError):  # and ConfigError, which is one
            name, value = read_line(line)
            split_words(value)
            matches_list(value, name)
