"""What Get-Help says."""

from __future__ import annotations

from pstui.backends.demo.commands import registry
from pstui.backends.demo.commands.formatting import GREEN, RESET


def about(own_process: bool) -> list[str]:
    """Return what the endpoint is and every command with its one line."""
    where = "a process of its own on this machine" if own_process else "inside pstui itself, on this machine"
    lines = [
        f"{GREEN}The pstui demo endpoint{RESET}",
        "",
        "This is not PowerShell. It is a small server that speaks PowerShell's remoting protocol, so that pstui can be",
        "tried where no PowerShell is installed.",
        f"It runs {where}, with your own rights: what it lists and reads is real.",
        "Of its own commands only Remove-Item changes anything, after asking; programs you run do what they do.",
        "",
        "Besides the commands below it understands pipelines, variables, strings, numbers, ranges, if, while, foreach,",
        "try and script blocks, and it runs the programs of this machine. What it does not know, it refuses.",
        "",
        f"{GREEN}Commands{RESET}",
    ]
    lines += [f"  {spec.name:<26} {spec.summary}" for spec in registry.commands()]
    pairs = [f"{alias} = {name}" for alias, name in registry.aliases().items()]
    lines += ["", f"{GREEN}Aliases{RESET}", "  " + ", ".join(pairs), ""]
    lines += [
        "Get-Help NAME tells how a command is called.",
        "Test-Prompt, Show-Progress and Show-Colors show what a client can do.",
    ]
    return lines


def about_command(spec: registry.CommandSpec) -> list[str]:
    """Return one command's help."""
    lines = [f"{GREEN}{spec.name}{RESET} (pstui demo endpoint)", f"  {spec.summary}", "", f"  {spec.syntax}", ""]
    for param in spec.params:
        others = f" (also {', '.join('-' + alias for alias in param.aliases)})" if param.aliases else ""
        values = f": {', '.join(param.choices)}" if param.choices else ""
        lines.append(f"  -{param.name} <{registry.type_name(param)}>{others}{values}")
    if spec.aliases:
        lines += ["", f"  Aliases: {', '.join(spec.aliases)}"]
    return lines
