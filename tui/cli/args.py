"""pstui's own options, taken off the front of the command line, and the help text that names them.

Everything after the options belongs to the cmdlet. The help is complete, and no wider than 80 columns.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from pstui.backends.errors import CallError

HELP = """\
pstui: PowerShell remoting in a full-screen terminal; no PowerShell needed here.

Usage
  pstui                          the full screen
  pstui NAME                     open and enter a saved profile (host:NAME,
                                 vm:NAME or container:NAME where a name is
                                 used twice), else a host of ssh_config (SSH),
                                 else a computer name (WinRM); it says which.
                                 user@host[:port] is SSH
  pstui [Enter-PSSession] PARAMETERS
                                 bind as PowerShell does, open and enter
                                 (alias etsn; the cmdlet's name may be left out)
  pstui Enter-PSSession          enter the PowerShell of this machine
  pstui Invoke-Command PARAMETERS -ScriptBlock TEXT
                                 run it without a screen (alias icm)
  pstui demo                     try it on the endpoint that is built in
  pstui demo --stdio             be that endpoint, as `pwsh -s` would be: for an
                                 sshd subsystem, a container, a test

Options of pstui; they come before the cmdlet
  --config FILE      use this profile file instead of the usual one (which the
                     variable PSTUI_CONFIG may also name)
  --line LINE        take the whole call as one PowerShell line; -WhatIf may
                     follow it
  --transcript FILE  write what the pane shows to FILE, as plain text, while it
                     happens. A file that exists is appended to, never emptied
  --json             with Invoke-Command: one JSON object a line, instead of
                     text (also accepted after the cmdlet)
  --check            report every problem of the configuration
  --version          print the version
  --help             print this text

Where to: the parameters of Enter-PSSession
  -HostName [user@]host[:port]   SSH: with -UserName, -Port, -KeyFilePath,
                                 -Subsystem, -ConnectingTimeout, -Options
  -ComputerName NAME             WinRM: with -Credential, -Port, -UseSSL,
                                 -Authentication, -ConfigurationName,
                                 -ApplicationName, -SessionOption,
                                 -CertificateThumbprint, -EnableNetworkAccess
  -ConnectionUri URI             WinRM: the same, and -AllowRedirection
  -VMName NAME, -VMId GUID       a virtual machine, with -Credential
  -ContainerId ID                a container, with -RunAsAdministrator, and
                                 -Shell PROGRAM for another PowerShell in it
  -ProcessId NUMBER              a PowerShell that runs on this computer
  -Command PROGRAM ARGUMENTS     a program that speaks the protocol, such as
                                 pwsh -s; what follows is the program's
  -WhatIf                        show how the call binds, as JSON; open nothing
Names may be shortened to a unique prefix, as in -Host. Passwords are asked for;
they are never taken from the command line.

Invoke-Command
  Text goes to standard output; errors, warnings and the like to standard error.
  When standard input is not a terminal and the script can take input ($input,
  $_, process { }, or a command), each line is one object of it. Questions are
  asked on the terminal; where there is none they fail. Ctrl+C stops the script.
  Several targets (-HostName a,b) run side by side, at most -ThrottleLimit (32)
  at once; each object of --json then has its PSComputerName. -Verbose tells the
  steps of opening.

Exit codes
  0    it worked
  1    the pipeline failed, or one of several targets did; with --check: a
       problem was found
  2    a wrong call, or the screen was asked for where there is no terminal
  3    no session could be opened
  70   a fault of pstui itself; it says where its report is
  130  stopped with Ctrl+C, or given up

Examples
  pstui demo
  pstui web1                     a profile, a host of ssh_config, a computer
  pstui admin@db:2222
  pstui -HostName admin@db -KeyFilePath ~/.ssh/id_ed25519
  pstui web1.example.com -UseSSL -Credential 'EXAMPLE\\admin'
  pstui -ContainerId api -Shell /opt/pwsh/pwsh
  pstui -ProcessId 4711
  pstui -Command ssh db pwsh -s -NoLogo
  pstui icm -HostName admin@db -ScriptBlock 'Get-Process | Select -First 3'
  pstui --json icm -HostName admin@db -ScriptBlock 'Get-Process'
  pstui --line 'Enter-PSSession -HostName db -Options @{ProxyJump="gate"}'
"""


ENTER_NAMES = ("enter-pssession", "etsn")
INVOKE_NAMES = ("invoke-command", "icm")

_SWITCHES = ("--version", "--help", "--check", "--json")
_VALUES = {
    "--config": "the profile file to use",
    "--line": "a whole PowerShell line",
    "--transcript": "the file to write to",
}
_SELF_HELP = ("-h", "-?", "/?")


@dataclass(slots=True)
class Options:
    """What stood before the cmdlet, and ``rest``: the cmdlet, a name, ``demo`` or nothing.

    ``transcript``, ``config`` and ``line`` are None when not given; ``what_if`` is a -WhatIf after ``--line``.
    """

    version: bool = False
    help: bool = False
    check: bool = False
    json: bool = False
    what_if: bool = False
    config: str | None = None
    line: str | None = None
    transcript: str | None = None
    rest: tuple[str, ...] = ()


def parse(argv: Sequence[str]) -> Options:
    """Split ``argv`` into pstui's options and the rest. Raises CallError for an option that does not exist."""
    options = Options()
    words = list(argv)
    if len(words) == 1 and words[0] in _SELF_HELP:
        options.help = True
        return options
    while words and words[0].startswith("--"):
        name, equals, value = words.pop(0).partition("=")
        if name in _SWITCHES and not equals:
            setattr(options, name[2:], True)
        elif name in _VALUES:
            if not equals:
                value = words.pop(0) if words else ""
            if not value:
                raise CallError(f"{name} needs a value: {_VALUES[name]}", hint="pstui --help shows every option.")
            setattr(options, name[2:], value)
        else:
            raise _unknown(name)
    if options.line is not None:
        options.what_if = any(is_what_if(word) for word in words)
        words = [word for word in words if not is_what_if(word)]
        if words:
            raise CallError(
                "--line holds the whole call, so nothing but -WhatIf may follow it",
                f"What follows is {words[0]!r}.",
                "Put it inside the line, or leave --line out.",
            )
    options.rest = tuple(words)
    return options


def is_what_if(word: str) -> bool:
    """Tell whether a word is -WhatIf, in full or by its alias."""
    return word.lower() in ("-whatif", "-wi", "-whatif:$true", "-wi:$true")


def take_json(arguments: Sequence[str]) -> tuple[bool, tuple[str, ...]]:
    """Find ``--json`` after Invoke-Command, where many put it, and take it out.

    Behind ``-ArgumentList`` it is left alone: there it is the script's.
    """
    for index, word in enumerate(arguments):
        if is_argument_list(word):
            break
        if word == "--json":
            return True, (*arguments[:index], *arguments[index + 1 :])
    return False, tuple(arguments)


def refuse_late_options(arguments: Sequence[str]) -> None:
    """Raise CallError when one of pstui's options comes after the cmdlet, where PowerShell's parameters are."""
    for word in arguments:
        if is_argument_list(word):
            return
        name = word.partition("=")[0]
        if name in _SWITCHES or name in _VALUES:
            raise CallError(
                f"{name} comes after the cmdlet",
                "pstui's own options come first, so that they are never taken for the cmdlet's.",
                f"Write: pstui {name} … Enter-PSSession …",
            )


def is_argument_list(word: str) -> bool:
    """Tell whether a word names Invoke-Command's -ArgumentList: in full, by a prefix or by its alias."""
    name = word.partition(":")[0].lower()
    return name == "-args" or (len(name) > 2 and "-argumentlist".startswith(name))


def _unknown(name: str) -> CallError:
    near = difflib.get_close_matches(name, [*_SWITCHES, *_VALUES], n=1)
    if name == "--stdio":
        return CallError("--stdio belongs to demo", hint="Write: pstui demo --stdio")
    return CallError(
        f"there is no option {name}",
        hint=f"Did you mean {near[0]}?" if near else "pstui --help shows every option.",
    )
