# The far end of pipeline.py: one pipeline that answers requests about files until its input ends.
#
# A request is a text: a word and its arguments, tabs between them, names percent-encoded. Bytes are the content of the
# file that is being written. An answer is rows of text and bytes, its last row "ok" or "no"; answers come in the order
# of the requests. Beside them come "a" (so many bytes were written) and "x" (the file that is written cannot be).
# It runs in Windows PowerShell 5.1 and in PowerShell 7, on each system.
begin {
    $mode = "$($ExecutionContext.SessionState.LanguageMode)"
    $able = $mode -eq 'FullLanguage'
    if (-not $able) { "hello`t$mode" }
    if ($able) {
        $ErrorActionPreference = 'Stop'
        $ProgressPreference = 'SilentlyContinue'
        $writing = $null; $reading = $null; $readingPath = ''
        $unacknowledged = 0; $acknowledge = 1MB
        $isWindowsHere = [IO.Path]::DirectorySeparatorChar -eq '\'
        $setsMode = @([IO.File].GetMethods() | Where-Object Name -eq 'SetUnixFileMode').Count -gt 0

        # An underscore could begin what CLIXML takes for a character: _x0009_
        function Text($value) { [Uri]::EscapeDataString([string]$value).Replace('_', '%5F') }
        function Ticks($time) { $time.ToUniversalTime().Ticks - 621355968000000000 }

        # On Linux Get-Item takes a backslash for a slash, and Get-ChildItem -LiteralPath a folder * for a pattern.
        function Odd($path) { -not $isWindowsHere -and $path -match '[\\*?\[]' }

        function Item($path) {
            try { return Get-Item -LiteralPath $path -Force }
            catch [Management.Automation.ItemNotFoundException] { }
            if (Odd $path) {
                $name = [IO.Path]::GetFileName($path)
                try { Get-ChildItem -LiteralPath ([IO.Path]::GetDirectoryName($path)) -Force | Where-Object Name -ceq $name }
                catch { }
            }
        }

        function Row($item, [bool]$follow) {
            $kind = 'file'; $mode = ''; $target = ''; $size = 0
            if ($item -is [IO.DirectoryInfo]) { $kind = 'folder' } else { $size = [long]$item.Length }
            if ($item.UnixStat) {
                $mode = [int]$item.UnixStat.Mode -band 4095
                $type = "$($item.UnixStat.ItemType)"
                if ($type -notin 'Directory', 'File', 'SymbolicLink') { $kind = 'other'; $size = 0 }
            }
            # all bits are set where .NET has no name for it: bytes that are no UTF-8
            if ($item.Attributes -ne -1 -and ($item.Attributes -band [IO.FileAttributes]::ReparsePoint) -and $item.LinkType) {
                if ($follow) {
                    if ([IO.Directory]::Exists($item.FullName)) { $kind = 'folder'; $size = 0 }
                    else {
                        $stream = [IO.File]::Open($item.FullName, 'Open', 'Read', 'ReadWrite, Delete')
                        $size = $stream.Length; $stream.Dispose()
                    }
                }
                else { $kind = 'link'; $size = 0; $target = @($item.Target)[0] }
            }
            $hidden = [int]($isWindowsHere -and ($item.Attributes -band [IO.FileAttributes]::Hidden))
            "e`t$kind`t$size`t$(Ticks $item.LastWriteTimeUtc)`t$mode`t$hidden`t$(Text $target)`t$(Text $item.Name)"
        }

        function Failure($record) {
            $found = $record.Exception
            while ($found.InnerException) { $found = $found.InnerException }
            $number = $found.HResult -band 0xFFFF
            $code = 'other'
            if ($found -is [IO.FileNotFoundException] -or $found -is [IO.DirectoryNotFoundException] -or
                $found -is [Management.Automation.ItemNotFoundException]) { $code = 'missing' }
            elseif ($found -is [UnauthorizedAccessException] -or $found -is [Security.SecurityException]) { $code = 'denied' }
            elseif ($found -is [IO.PathTooLongException] -or $found -is [NotSupportedException] -or
                $found -is [ArgumentException]) { $code = 'name' }
            # the numbers of Windows, or those of Linux and macOS: one number means two things
            elseif ($found -is [IO.IOException]) {
                if ($isWindowsHere) { $kinds = @{ denied = 5, 19; full = 39, 112; exists = 80, 145, 183; missing = 2, 3 } }
                else { $kinds = @{ denied = 1, 13, 30; full = 28, 69, 122; exists = 17, 39, 66; missing = 2, 20, 40, 62 } }
                foreach ($kind in $kinds.Keys) { if ($number -in $kinds[$kind]) { $code = $kind } }
                if ($found.Message -match 'No space left|disk is full|enough space') { $code = 'full' }
            }
            "$code`t$(Text $found.Message)"
        }

        function Rename($path, $to, [bool]$replace) {
            if ([IO.Directory]::Exists($path)) { [IO.Directory]::Move($path, $to) }
            elseif ($replace -and [IO.File]::Exists($to)) {
                if ($PSVersionTable.PSVersion.Major -ge 7) { [IO.File]::Move($path, $to, $true) }
                else { [IO.File]::Replace($path, $to, [NullString]::Value) }
            }
            else { [IO.File]::Move($path, $to) }
        }

        function Change($path, $ticks, $bits) {
            if ($bits -and -not $isWindowsHere -and $setsMode) {
                [IO.File]::SetUnixFileMode($path, [IO.UnixFileMode]([int]$bits))
            }
            if ($ticks) {
                $time = New-Object DateTime ([long]$ticks + 621355968000000000), ([DateTimeKind]::Utc)
                if ([IO.Directory]::Exists($path)) { [IO.Directory]::SetLastWriteTimeUtc($path, $time) }
                else { [IO.File]::SetLastWriteTimeUtc($path, $time) }
            }
        }

        function Answer($words) {
            $path = ''
            if ($words.Count -gt 1) { $path = [Uri]::UnescapeDataString($words[1]) }
            switch ($words[0]) {
                'stat' {
                    $item = Item $path
                    if ($item) { Row $item ($words[2] -eq '1') }
                }
                'list' {
                    if (-not (Odd $path)) { Get-ChildItem -LiteralPath $path -Force | ForEach-Object { Row $_ $false } }
                    else {
                        foreach ($each in [IO.Directory]::GetFileSystemEntries($path)) {
                            $item = Item $each
                            if (-not $item) { throw (New-Object IO.FileNotFoundException "PowerShell does not find $each.") }
                            Row $item $false
                        }
                    }
                }
                'read' {
                    if ($readingPath -cne $path) {
                        if ($reading) { $reading.Dispose() }
                        Set-Variable readingPath '' -Scope 1
                        Set-Variable reading ([IO.File]::Open($path, 'Open', 'Read', 'ReadWrite, Delete')) -Scope 1
                        Set-Variable readingPath $path -Scope 1
                    }
                    $reading.Position = [long]$words[2]
                    $buffer = New-Object byte[] ([int]$words[3])
                    $filled = 0
                    while ($filled -lt $buffer.Length) {
                        $got = $reading.Read($buffer, $filled, $buffer.Length - $filled)
                        if ($got -le 0) { break }
                        $filled += $got
                    }
                    if ($filled -lt $buffer.Length) {
                        $part = New-Object byte[] $filled
                        [Array]::Copy($buffer, $part, $filled)
                        $buffer = $part
                    }
                    , $buffer
                }
                'unread' {
                    if ($reading) { $reading.Dispose() }
                    Set-Variable reading $null -Scope 1
                    Set-Variable readingPath '' -Scope 1
                }
                'write' {
                    $item = Item $path
                    if ($item -and ($item -is [IO.DirectoryInfo] -or $item.LinkType -eq 'SymbolicLink' -or
                        ($item.UnixStat -and "$($item.UnixStat.ItemType)" -ne 'File'))) {
                        throw 'It is not a regular file there.'
                    }
                    $stream = [IO.File]::Open($path, 'OpenOrCreate', 'Write', 'Read')
                    $stream.SetLength([long]$words[2])
                    $stream.Position = [long]$words[2]
                    if ($words[3]) { try { Change $path '' $words[3] } catch { } }
                    Set-Variable writing $stream -Scope 1
                    Set-Variable unacknowledged 0 -Scope 1
                }
                'written' {
                    $stream = $writing
                    Set-Variable writing $null -Scope 1
                    if ($stream) { $stream.Dispose() } else { throw 'It is not being written.' }
                }
                'folder' { $null = [IO.Directory]::CreateDirectory($path) }
                'link' {
                    $target = [Uri]::UnescapeDataString($words[2])
                    if ([IO.File].GetMethod('CreateSymbolicLink')) { $null = [IO.File]::CreateSymbolicLink($path, $target) }
                    else { $null = New-Item -ItemType SymbolicLink -Path $path -Value $target }
                }
                'rename' { Rename $path ([Uri]::UnescapeDataString($words[2])) ($words[3] -eq '1') }
                'remove' {
                    if ($words[2] -eq '1') { [IO.Directory]::Delete($path, $false) }
                    else {
                        $item = Item $path
                        if (-not $item) { throw (New-Object IO.FileNotFoundException 'It is not there.') }
                        if ($item -is [IO.DirectoryInfo] -and -not $item.LinkType) { throw 'It is a folder.' }
                        $item.Delete()
                    }
                }
                'attributes' { Change $path $words[2] $words[3] }
                'settle' {
                    try { Change $path $words[2] $words[3] } catch { }
                    Rename $path ([Uri]::UnescapeDataString($words[4])) $true
                }
                'digest' {
                    $sum = [Security.Cryptography.SHA256]::Create()
                    $stream = [IO.File]::Open($path, 'Open', 'Read', 'ReadWrite, Delete')
                    try {
                        $left = [long]$words[2]
                        $buffer = New-Object byte[] 1MB
                        while ($left -gt 0) {
                            $got = $stream.Read($buffer, 0, [int][Math]::Min($left, $buffer.Length))
                            if ($got -le 0) { break }
                            $null = $sum.TransformBlock($buffer, 0, $got, $null, 0)
                            $left -= $got
                        }
                        $null = $sum.TransformFinalBlock($buffer, 0, 0)
                        "s`t" + [BitConverter]::ToString($sum.Hash).Replace('-', '').ToLowerInvariant()
                    }
                    finally { $stream.Dispose(); $sum.Dispose() }
                }
                'space' {
                    $root = $path
                    if ($isWindowsHere) { $root = [IO.Path]::GetPathRoot($path) }
                    $drive = New-Object IO.DriveInfo $root
                    "d`t$($drive.AvailableFreeSpace)`t$($drive.TotalSize)"
                }
                default { throw 'It is no request.' }
            }
        }

        $here = $ExecutionContext.SessionState.Path.CurrentFileSystemLocation.ProviderPath
        "hello`t$mode`t$([int]$isWindowsHere)`t$($PSVersionTable.PSVersion)`t$(Text $here)`t$(Text $HOME)"
    }
}
process {
    if (-not $able) { return }
    if ($_ -is [byte[]]) {
        if ($writing) {
            try {
                $writing.Write($_, 0, $_.Length)
                $unacknowledged += $_.Length
                if ($unacknowledged -ge $acknowledge) { "a`t$unacknowledged"; $unacknowledged = 0 }
            }
            catch {
                "x`t$(Failure $_)"
                try { $writing.Dispose() } catch { }
                $writing = $null
            }
        }
        return
    }
    try {
        Answer ([string]$_).Split([char]9)
        'ok'
    }
    catch { "no`t$(Failure $_)" }
}
end {
    if ($able) {
        if ($writing) { try { $writing.Dispose() } catch { } }
        if ($reading) { $reading.Dispose() }
    }
}
