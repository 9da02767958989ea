"""The help texts, made from the declared options and the table of exit codes. No line is wider than 80 columns."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from pstui.tui.cli.args import COMMANDS, DECLARED, Declared, usage

#: the exit codes, and what each says
EXIT_TABLE = (
    ("0", "it worked"),
    (
        "1",
        "an error was written (with -ErrorAction SilentlyContinue and Ignore none is), the script was ended by one, "
        "or its last command failed ($?); with --check: a problem was found",
    ),
    ("2", "a wrong call, or the screen was asked for where there is no terminal"),
    ("3", "no session could be opened; of several targets: not of each"),
    ("70", "a fault of pstui itself; it says where its report is"),
    ("124", "the time of --timeout was up"),
    ("129, 143", "ended by SIGHUP, SIGTERM"),
    ("130", "stopped with Ctrl+C, or given up"),
    ("141", "nobody reads standard output any longer"),
    ("N", "with --exit-code: the far end's own, from exit N or $LASTEXITCODE"),
)

EXAMPLES = (
    ("some text", "pstui icm -HostName admin@db -ScriptBlock 'Get-Process | Select -First 3'"),
    ("objects for another program", "pstui icm --json -HostName db -ScriptBlock 'Get-Process' | jq .Id"),
    ("lines in, lines out", "cat names | pstui icm -HostName db -ScriptBlock '$input | % { \"<$_>\" }'"),
    ("many profiles, equal answers once", "pstui icm group:Prod/Web,tag:sql --group -ScriptBlock 'uname -r'"),
    ("a script of this computer", "pstui icm -HostName db -FilePath ./fix.ps1 -ArgumentList 5"),
    ("a value and an exit code", "pstui icm --var n=5 --exit-code -HostName db -ScriptBlock 'exit $using:n'"),
)

_USAGE = """\
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
  pstui Enter-PSSession          enter the PowerShell of this computer
  pstui Invoke-Command PARAMETERS -ScriptBlock TEXT
                                 run it without a screen (alias icm); more with
                                 pstui icm --help
  pstui cp SRC... DST            copy files; HOST:path is one at a far end: more
                                 with pstui cp --help
  pstui run [NAME [TARGET… -PARAMETER VALUE…]]
                                 run a runbook; without targets show what it
                                 takes, without a name list them all
  pstui demo                     try it on the endpoint that is built in
  pstui demo --stdio             be that endpoint, as `pwsh -s` would be: for an
                                 sshd subsystem, a container, a test
  pstui doctor [--report] [TARGET]
                                 look at this computer, try TARGET out step by
                                 step and say what to do next; --report takes
                                 secrets and names out, to paste
  pstui log WORD…                find what was typed and printed in sessions
                                 that were logged
  pstui replay FILE              play a recorded session or terminal again
  pstui completion SHELL         print the completions for bash, zsh or fish
  pstui man                      print the manual page: pstui man | man -l -
"""

_WHERE = """\
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
"""

_INVOKE = """\
Text and objects go to standard output; errors, warnings and the like to
standard error. When standard input is not a terminal and the script can take
input ($input, $_, process { }, or a command), each line is one object of it.
Questions are asked on the terminal; where there is none they fail the script.
Ctrl+C stops it. -ErrorAction, -WarningAction, -InformationAction and
-ProgressAction say what is shown, and what stops the script; -Verbose and
-Debug tell how sessions are opened. Progress is shown on a terminal alone;
NO_COLOR turns colours off.
Several targets (-HostName a,b) run side by side. What the far ends format
begins with the name of its target (not with -HideComputerName); each object
of --json then has its PSComputerName and RunspaceId.
"""


def help_text() -> str:
    """Return what ``pstui --help`` prints."""
    own = _options(option for option in DECLARED if not option.invoke)
    invoke = _options(option for option in DECLARED if option.invoke)
    commands = (
        "pstui demo",
        "pstui web1                     a profile, a host of ssh_config, a computer",
        "pstui admin@db:2222",
        "pstui -HostName admin@db -KeyFilePath ~/.ssh/id_ed25519",
        "pstui web1.example.com -UseSSL -Credential 'EXAMPLE\\admin'",
        "pstui -ContainerId api -Shell /opt/pwsh/pwsh",
        "pstui -ProcessId 4711",
        "pstui -Command ssh db pwsh -s -NoLogo",
        *(command for _, command in EXAMPLES[:2]),
        "pstui --line 'Enter-PSSession -HostName db -Options @{ProxyJump=\"gate\"}'",
    )
    return "\n".join(
        (
            _USAGE,
            f"Options of pstui; they come before the cmdlet\n{own}",
            _WHERE,
            f"Invoke-Command\n{textwrap.indent(_INVOKE, '  ')}",
            f"Options that go with Invoke-Command; they may also come after it\n{invoke}",
            f"Exit codes\n{exit_codes()}",
            "Examples\n" + "".join(f"  {command}\n" for command in commands),
        )
    )


def command_help(command: str) -> str:
    """Return what ``--help`` after one of pstui's own commands prints: its part of the whole, with its options."""
    entries = re.findall(r"^  pstui .*\n(?:   .*\n)*", _USAGE, re.MULTILINE)
    usage = "".join(entry for entry in entries if entry.split()[1] == command)
    heeded = _options(option for option in DECLARED if option.name in COMMANDS[command])
    options = f"\nOptions; they come before {command}\n{heeded}" if heeded else ""
    return f"Usage\n{usage}{options}\nAll of pstui: pstui --help\n"


def invoke_help() -> str:
    """Return what ``pstui icm --help`` prints."""
    options = _options(option for option in DECLARED if option.invoke)
    examples = "".join(f"  # {what}\n  {command}\n" for what, command in EXAMPLES)
    return "\n".join(
        (
            "Usage\n  pstui icm [OPTIONS] TARGET -ScriptBlock TEXT [-ArgumentList VALUE,…]\n"
            "  pstui icm [OPTIONS] TARGET -FilePath FILE [-ArgumentList VALUE,…]\n"
            "TARGET is -HostName, -ComputerName, -ConnectionUri, -VMName or -ContainerId,\n"
            "with what goes with it: pstui --help. pstui icm -? lists every parameter.\n"
            "Or it is a list of names as in pstui NAME, such as web1,db: profiles, hosts of\n"
            "ssh_config, user@host, computers; group:Prod/Web is every profile of a group\n"
            "and those below it, tag:sql every one with the tag, 'web*' those it fits;\n"
            "'!web3' leaves one out. Hosts of inventories count as profiles do.\n"
            "What a profile says of its connection holds.\n",
            _INVOKE,
            f"Options\n{options}",
            f"Exit codes\n{exit_codes()}",
            f"Examples\n{examples}",
        )
    )


def exit_codes() -> str:
    """Return the table of exit codes."""
    return "".join(_row(code, what, 9) for code, what in EXIT_TABLE)


def _options(options: Iterable[Declared]) -> str:
    return "".join(_row(usage(option), option.help, 18) for option in options)


def _row(name: str, text: str, width: int) -> str:
    lines = textwrap.wrap(text, 77 - width, break_on_hyphens=False)
    head = f"  {name:<{width}} "
    if len(name) > width:
        return f"  {name}\n" + "".join(f"{'':<{width + 3}}{line}\n" for line in lines)
    return head + f"\n{'':<{width + 3}}".join(lines) + "\n"
