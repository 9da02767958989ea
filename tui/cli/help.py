"""The help text of the command line: complete, and no wider than 80 columns."""

HELP = """\
pstui: PowerShell remoting in a full-screen terminal; no PowerShell needed here.

Usage
  pstui                          the full screen
  pstui NAME                     open and enter a saved profile (host:NAME,
                                 vm:NAME or container:NAME where a name stands
                                 twice); user@host[:port] goes over SSH, any
                                 other name is a computer name (WinRM)
  pstui [Enter-PSSession] PARAMETERS
                                 bind as PowerShell does, open and enter
                                 (alias etsn; the cmdlet's name may be left out)
  pstui Enter-PSSession          enter the PowerShell of this machine
  pstui Invoke-Command PARAMETERS -ScriptBlock TEXT
                                 run it without a screen (alias icm)
  pstui demo                     try it on the endpoint that is built in
  pstui demo --stdio             be that endpoint, as `pwsh -s` would be: for an
                                 sshd subsystem, a container, a test

Options of pstui; they stand before the cmdlet
  --config FILE      use this profile file instead of the usual one (which the
                     variable PSTUI_CONFIG may name, too)
  --line LINE        take the whole call as one PowerShell line; -WhatIf may
                     follow it
  --transcript FILE  write what the pane shows to FILE, as plain text, while it
                     happens. A file that exists is appended to, never emptied
  --json             with Invoke-Command: one JSON object a line, instead of
                     text (also accepted behind the cmdlet)
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
  -ContainerId ID                a container, with -RunAsAdministrator
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
  pstui admin@db:2222
  pstui -HostName admin@db -KeyFilePath ~/.ssh/id_ed25519
  pstui web1.example.com -UseSSL -Credential 'EXAMPLE\\admin'
  pstui icm -HostName admin@db -ScriptBlock 'Get-Process | Select -First 3'
  pstui --json icm -HostName admin@db -ScriptBlock 'Get-Process'
  pstui --line 'Enter-PSSession -HostName db -Options @{ProxyJump="gate"}'
"""
