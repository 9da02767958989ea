"""Command names that almost every far end knows, for when it cannot be asked."""

from __future__ import annotations

from typing import Final

#: verb → nouns, of the modules that come with PowerShell
_CORE: Final = {
    "Add": "Content History Member Type",
    "Clear": "Content Host History Item ItemProperty Variable",
    "Compare": "Object",
    "Convert": "Path",
    "ConvertFrom": "Csv Json SecureString StringData",
    "ConvertTo": "Csv Html Json SecureString Xml",
    "Copy": "Item ItemProperty",
    "Disable": "PSBreakpoint PSRemoting PSSessionConfiguration",
    "Enable": "PSBreakpoint PSRemoting PSSessionConfiguration",
    "Enter": "PSHostProcess PSSession",
    "Exit": "PSHostProcess PSSession",
    "Expand": "Archive",
    "Export": "Alias Clixml Csv ModuleMember PSSession",
    "Find": "Module Package Script",
    "ForEach": "Object",
    "Format": "Custom Hex List Table Wide",
    "Get": (
        "Acl Alias ChildItem CimInstance Clipboard Command ComputerInfo Content Credential Culture Date Error Event "
        "EventLog ExecutionPolicy FileHash Help History Host HotFix Item ItemProperty ItemPropertyValue Job Location "
        "Member Module NetAdapter NetIPAddress NetTCPConnection Package Process PSBreakpoint PSCallStack PSDrive "
        "PSProvider PSSession Random Runspace ScheduledTask Service TimeZone Unique Uptime Variable Verb WinEvent"
    ),
    "Group": "Object",
    "Import": "Alias Clixml Csv LocalizedData Module PowerShellDataFile PSSession",
    "Install": "Module Package Script",
    "Invoke": "CimMethod Command Expression History Item RestMethod WebRequest",
    "Join": "Path String",
    "Measure": "Command Object",
    "Move": "Item ItemProperty",
    "New": (
        "Alias CimInstance CimSession Event Guid Item ItemProperty Module Object PSDrive PSSession PSSessionOption "
        "Service TemporaryFile TimeSpan Variable"
    ),
    "Out": "Default File GridView Host Null String",
    "Pop": "Location",
    "Push": "Location",
    "Read": "Host",
    "Receive": "Job",
    "Register": "ArgumentCompleter EngineEvent ObjectEvent PSSessionConfiguration ScheduledTask",
    "Remove": "Alias CimInstance Event Item ItemProperty Job Module Package PSBreakpoint PSDrive PSSession Variable",
    "Rename": "Computer Item ItemProperty",
    "Resolve": "DnsName Path",
    "Restart": "Computer Service",
    "Resume": "Service",
    "Save": "Help Module",
    "Select": "Object String Xml",
    "Send": "MailMessage",
    "Set": (
        "Acl Alias Clipboard Content Date ExecutionPolicy Item ItemProperty Location PSBreakpoint PSDebug "
        "PSSessionConfiguration Service StrictMode TimeZone Variable"
    ),
    "Sort": "Object",
    "Split": "Path",
    "Start": "Job Process Service Sleep ThreadJob Transcript",
    "Stop": "Computer Job Process Service Transcript",
    "Suspend": "Service",
    "Tee": "Object",
    "Test": "Connection Json NetConnection Path WSMan",
    "Trace": "Command",
    "Unblock": "File",
    "Uninstall": "Module Package",
    "Unregister": "Event PSSessionConfiguration ScheduledTask",
    "Update": "FormatData Help Module TypeData",
    "Wait": "Debugger Event Job Process",
    "Where": "Object",
    "Write": "Debug Error Host Information Output Progress Verbose Warning",
}

CORE_COMMANDS: Final = tuple(f"{verb}-{noun}" for verb, nouns in _CORE.items() for noun in nouns.split())
