"""Invoke-Command without a screen, row by row: what PowerShell 7.6's own client gives, and pstui beside it.

``out`` and ``err`` are the texts of the output and of the errors as the real client shows them, ``code`` is pstui's
exit code. The real client's is 1 where its ``$?`` is False; where that differs, ``real`` says so with the reason.
``demo`` marks what the demo endpoint's small language can do too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Row:
    script: str
    out: str = ""
    err: str = ""
    code: int = 0
    common: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    demo: bool = False
    #: the real client's exit code where it is another
    real: int | None = None
    why: str = ""

    @property
    def throws(self) -> bool:
        """Whether an error that ends the script leaves it."""
        return "throw" in self.script

    @property
    def name(self) -> str:
        return " ".join([self.script, *(f"-{name} {value}" for name, value in self.common.items())])


_TYPES = "icm { \"$($args | % { $_.GetType().Name + ' ' + $_ })\" } -ArgumentList"
#: whole calls, and what they give: how -ArgumentList, -InputObject, the pipe and $using: arrive over there
CALLS = (
    ("icm { \"$($args.Count) $($args -join '|') $($args[0].GetType().Name)\" } -ArgumentList 1,2,'a'", "3 1|2|a Int32"),
    ('icm { "$($args.Count) $($args[0].GetType().Name)" } -ArgumentList @{a=1}', "1 Hashtable"),
    ("icm { param($n, $m) \"$n-$m $($args.Count)\" } -ArgumentList 5,'x'", "5-x 0"),
    ('icm { "$(@($input).Count)" } -InputObject 1,2,3', "1"),
    ('icm { "$(@($input).Count)" } -InputObject @(1,2,3)', "1"),
    ('icm { $input | % { "[$_]" } } -InputObject 1,2,3', "[1 2 3]"),
    ('icm { "$(@($input).Count)" } -InputObject $null', "1"),
    ('1,2,3 | icm { "$(@($input).Count)" }', "3"),
    (',(1,2) | icm { "$(@($input).Count)" }', "1"),
    (',(1,2) | icm { $input | % { "[$_]" } }', "[1 2]"),
    ('(1,2),3 | icm { "$(@($input).Count)" }', "2"),
    ('$x=1,2; ,$x | icm { "$(@($input).Count)" }', "1"),
    ('$x=1,2; $x | icm { "$(@($input).Count)" }', "2"),
    (',$null | icm { "$(@($input).Count)" }', "1"),
    ("@{a=1} | icm { $input | % { $_.GetType().Name } }", "Hashtable"),
    ('icm { "$($args.Count)" } -ArgumentList $null', "0"),
    (
        f"{_TYPES} 1.50d,1L,5u,5y,5us,2kb,0xFFFFFFFF,(-1.5d),-1.5d",
        "Decimal 1.50 Int64 1 UInt32 5 SByte 5 UInt16 5 Int32 2048 Int32 -1 Decimal -1.5 String -1.5d",
    ),
    (
        f"{_TYPES} 1e-10d,9223372036854775808,1e20,1e400",
        "Decimal 0.0000000001 Decimal 9223372036854775808 Double 1E+20 Double Infinity",
    ),
    (
        f"{_TYPES} ([long]3),([decimal]1.5),([byte]'7'),([bool]1)",
        "Int64 3 Decimal 1.5 Byte 7 Boolean True",
    ),
    ('1.5d,1L,5uy | icm { "$($input | % { $_.GetType().Name })" }', "Decimal Int64 Byte"),
    ('icm { "$($input | % { $_.GetType().Name })" } -InputObject 1.5d', "Decimal"),
    ("icm { $args[0].a.GetType().Name } -ArgumentList @{a=1.5d}", "Decimal"),
    (
        'icm { "$($args[0].a) $($args[0].b[1].c)" } -ArgumentList ([pscustomobject]@{a=1;b=1,[pscustomobject]@{c=2}})',
        "1 2",
    ),
    ('$x=[ordered]@{z=1;b=2;a=3}; icm { "$(($using:x).GetType().Name) $($using:x.Keys)" }', "OrderedDictionary z b a"),
    ('$x=1.10d; $y="v $x"; icm { "$using:y " + $using:x + \' \' + ($using:x).GetType().Name }', "v 1.10 1.10 Decimal"),
    ('$x=1L; $y=2.0; icm { "$(($using:x).GetType().Name) $(($using:y).GetType().Name) $using:y" }', "Int64 Double 2"),
    (
        f"{_TYPES} ([datetime]'2024-02-03 04:05:06'),([version]'1.2.3'),([char]'x'),([char]65),([uri]'http://a/b c')",
        "DateTime 02/03/2024 04:05:06 Version 1.2.3 Char x Char A Uri http://a/b c",
    ),
    (
        f"{_TYPES} ([timespan]'1:2:3'),([timespan]'1.02:03:04.5'),([timespan]'-0:30'),([timespan]20000000)",
        "TimeSpan 01:02:03 TimeSpan 1.02:03:04.5000000 TimeSpan -00:30:00 TimeSpan 00:00:02",
    ),
    (f"{_TYPES} (1+2),(7/2),('a'+1),(2*3L),(1,2 -join '-')", "Int32 3 Double 3.5 String a1 Int64 6 String 1-2"),
    ('$x=1+2; $y=$x*2; $z="$($x+$y)!"; icm { "$using:x $using:y $using:z" }', "3 6 9!"),
    (
        "$x=@{a=1+2}; $d=[datetime]'12/31/2024'; icm { \"$($using:x.a) $(($using:d).Year) $using:d\" }",
        "3 2024 12/31/2024 00:00:00",
    ),
    ('$b=[byte[]](1,2,255); icm { "$(($using:b).GetType().Name) $using:b" }', "Byte[] 1 2 255"),
    ('icm { "$($args[0].Count) $($args[0][1].GetType().Name)" } -ArgumentList (,[string[]](1,2))', "2 String"),
    ("[version]'1.2','x' | icm { \"$($input | % { $_.GetType().Name })\" }", "Version String"),
    ('icm { "$($args.Count)" } -ArgumentList 1,$null', "2"),
    ("$x=@{b=@{c=7}}; icm { \"$($using:x.b.c)$($using:x['b'].c)\" }", "77"),
    ('$x=1,2,3; icm { "$($using:x[-1])$(${using:x}[0])$(& { $using:x[1] })" }', "312"),
    ("$x='v'; icm { \"a$using:x-b ${using:x}!\" + '$using:x' }", "av-b v!$using:x"),
    ("$x='abc'; icm { \"$using:x $(1+$using:x.Length) $($using:X.Length)\" }", "abc 4 3"),
)

QUIET = "an error that was to be kept quiet is none"
STATUS = "the last command's own $? counts"

ROWS = (
    Row("1; 'a b'", "1\na b", demo=True),
    Row("Write-Error boom; 'after'", "after", "Write-Error: boom", 1, demo=True),
    Row("cd /nosuch", "", "Set-Location: Cannot find path '/nosuch' because it does not exist.", 1),
    Row(
        "nosuchcommand",
        "",
        "ObjectNotFound: The term 'nosuchcommand' is not recognized as a name of a cmdlet, function, script file, or "
        "executable program.\nCheck the spelling of the name, or if a path was included, verify that the path is "
        "correct and try again.",
        1,
    ),
    Row("'before'; throw 'x'", "before", "OperationStopped: x", 1, demo=True),
    Row("throw ''", "", "OperationStopped: OperationStopped: (:String) [], RuntimeException", 1),
    Row("throw ' '", "", "OperationStopped: OperationStopped: ( :String) [], RuntimeException", 1),
    Row("Write-Error ' '", "", "Write-Error: NotSpecified: (:) [Write-Error], WriteErrorException", 1),
    Row("1/0", "", "RuntimeException: Attempted to divide by zero.", 1),
    Row(
        "[int]'x'",
        "",
        'InvalidArgument: Cannot convert value "x" to type "System.Int32". Error: "The input string \'x\' was not in a '
        'correct format."',
        1,
    ),
    Row(
        "Write-Error \"two`nlines\" -RecommendedAction 'do it'",
        "",
        "Write-Error: two\nlines\n  Recommendation: do it",
        1,
    ),
    Row("Write-Error ''; 'x'", "x", "Write-Error: NotSpecified: (:) [Write-Error], WriteErrorException", 1),
    Row("function f { [CmdletBinding()]param() Write-Error 'in f' }; f", "", "Write-Error: in f", 1),
    Row("sh -c 'echo out; echo err >&2; exit 3'", "out", "err", 1),
    Row("sh -c 'exit 3'; 'x'", "x"),
    Row("sh -c 'exit 3'", code=1, real=0, why=STATUS),
    Row("Get-Item /nosuch -ErrorAction SilentlyContinue", code=1, real=0, why=STATUS),
    Row("try { Write-Error e -ErrorAction Stop } catch { 'caught' }", "caught", demo=True),
    Row("Write-Error e; 'x'", "x", "", 0, {"ErrorAction": "SilentlyContinue"}, demo=True, real=1, why=QUIET),
    Row("Write-Error e; 'x'", "x", "", 0, {"ErrorAction": "Ignore"}, demo=True, real=1, why=QUIET),
    Row("'a'; throw 'x'; 'b'", "a", "", 1, {"ErrorAction": "SilentlyContinue"}, demo=True),
    Row("Write-Error e; Start-Sleep 1; 'x'", "", "Write-Error: e", 1, {"ErrorAction": "Stop"}, demo=True),
    Row("Write-Information i; 'x'", "x", demo=True),
    Row("$Host.UI.WriteErrorLine('el'); 'x'", "x"),
)
