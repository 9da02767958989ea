"""Which lines a guard holds: a table of lines, and the lists of the user."""

from __future__ import annotations

import time

import pytest
from pstui.backends.language.uses import MAX_TEXT, uses
from pstui.tui.guard.rules import Mode, Rules

#: held by ``confirm`` and by ``read``
HELD = r"""
Remove-Item C:\temp -Recurse
remove-item x
REMOVE-ITEM x
rm x
del x
erase x
rd x
ri x
rmdir x
Stop-Service spooler
spsv spooler
Stop-Process -Id 1
kill 1
spps 1
Restart-Computer -Force
Restart-Service x
Clear-Content x
clc x
Clear-EventLog System
Format-Volume -DriveLetter D
Set-Content x 1
sc x 1
Set-ItemProperty x y 1
sp x y 1
Set-ADUser bob -Enabled $false
Disable-ADAccount bob
Uninstall-WindowsFeature Web-Server
Move-Item a b
mv a b
Rename-Computer x
ren a b
Suspend-VM x
Get-Item x | Remove-Item
Get-ChildItem -Recurse | Where-Object Length -gt 1GB | Remove-Item -Force
gci|ri
gci |
  rm
Get-Service | Stop-Service -Force; Get-Date
Get-Date; Stop-Service x
$a = Remove-Item x -PassThru
$x = 1; rm $x
Get-Process x | ForEach-Object { Stop-Process $_ }
1..3 | % { Remove-Item $_ }
1..3 | foreach { if ($_ -gt 1) { rm $_ } }
gci | % Delete
gci | ForEach-Object -MemberName Delete
gci | % -Member Delete
gps x | % { $_.Kill() }
(Get-Service x).Stop()
(Get-Process x).Kill()
[IO.File]::Delete('x')
[System.IO.Directory]::Delete('x', $true)
[Environment]::SetEnvironmentVariable('a', 'b')
Remove-Item @p
rm @p
$p = @{ Path = 'x' }; Remove-Item @p
Set-Service @splat -Name x
& Remove-Item x
& 'Remove-Item' x
& "Remove-Item" x
. Remove-Item x
& { Remove-Item x }
. { rm x }
& rm x
& $command x
& (Get-Command Remove-Item) x
. $script
& "Remove-$noun" x
Microsoft.PowerShell.Management\Remove-Item x
Re`move-Item x
Rem"ove-It"em x
Remove–Item x
if (Test-Path x) { Remove-Item x }
foreach ($i in 1..3) { Restart-Service $i }
try { rm x } catch { }
while ($true) { Clear-Content x }
switch (1) { 1 { Stop-VM x } }
function f { Remove-Item x }
"a $(Remove-Item x) b"
"a $(if (1) { rm x })"
Write-Output "$(Stop-Service x)"
Get-Item (Remove-Item x)
Get-Item $(rm x)
@(rm x)
@{ a = rm x }
Invoke-Command { Remove-Item x }
icm web1 { rm x }
Invoke-Command -ScriptBlock { Get-Item x | Remove-Item }
Start-Job { Restart-Computer }
iex 'Remove-Item x'
Invoke-Expression "rm $x"
'rm x' | iex
iex $text
[scriptblock]::Create('rm x').Invoke()
$ExecutionContext.InvokeCommand.InvokeScript('Stop-Service x')
cmd /c del x
cmd.exe /c "rd /s /q x"
powershell -Command "Remove-Item x"
powershell -EncodedCommand abcd
pwsh -e abcd
bash -c 'rm -rf /tmp/x'
sudo rm -rf /tmp/x
sudo -u root systemctl restart x
sudo reboot
rm -rf /
shutdown /r /t 0
/sbin/reboot
C:\Windows\System32\shutdown.exe /r
mkfs.ext4 /dev/sdb
dd if=/dev/zero of=/dev/sda
systemctl stop nginx
systemctl --now disable nginx
service nginx restart
net stop spooler
docker rm -f x
docker container prune
kubectl delete pod x
git push --force
Get-Date && Restart-Computer
Get-Date || rm x
Set-Alias zap Remove-Item
Start-Process shutdown
Start-Process cmd -ArgumentList '/c del x'
Remove-Item x -WhatIf:$false
rm x -Confirm
Get-Item x | & Remove-Item
$x.'Delete'()
$x."Delete"()
$x.$method()
$items.ForEach('Delete')
su -c 'rm x'
$x.("De" + "lete")()
[IO.File]::'Delete'('x')
$x::$method(1)
$x.psobject.Methods['Delete'].Invoke()
& "rm" x
. "del" x
iex (irm http://x/y.ps1)
iex ('r' + 'm x')
iex 'gci '$y
$alias:x = 'Remove-Item'
${alias:x} = 'rm'
${function:f} = 'rm x'
$function:f = $y
New-Item alias:x -Value Remove-Item
New-Item -Path Function:f -Value 'rm x'
gps | Invoke-CimMethod -MethodName Terminate
Invoke-CimMethod -ClassName Win32_OperatingSystem -MethodName Reboot
icim Win32_OperatingSystem Win32Shutdown
Invoke-WmiMethod -Class Win32_Service -Name StopService
find / -name x -delete
find . -name x -exec rm x +
rm.exe -rf x
chmod -R 777 /
sed -i s/a/b/ x
umount /data
iisreset
format d: /q
format.com d:
schtasks /delete /tn x
netsh advfirewall set allprofiles state off
icacls x /reset
fsutil file setzerodata x
wevtutil clear-log System
dism /online /disable-feature
docker compose down
docker-compose -f x.yml down
docker compose -f x.yml down
helm uninstall x
terraform destroy
pip uninstall x
zfs destroy x
ip link set eth0 down
kubectl -n prod delete pod x
kubectl --context prod delete ns x
sudo kubectl -n prod delete pod x
systemctl -H web1 restart x
git -C /srv push
kubectl apply -f x
oc delete pod x
docker system reset
apt-get -y remove x
rpm -e x
dpkg --purge x
pacman -Rs x
zypper remove x
reg add HKLM\x /v y
net share x /delete
busybox rm x
runas /user:x "cmd /c del x"
irm http://x -Method Delete
Invoke-WebRequest -CustomMethod DELETE http://x
curl -X DELETE http://x
curl -XDELETE http://x
Invoke-History 3
r 3
ihy
Remove-Item x -WhatIf:$($false)
Remove-Item x -WhatIf:$no
"""
#: held by ``read`` alone
CHANGES = r"""
Remove-Item x -WhatIf
Stop-Service x -whatif
Stop-Service x -WhatIf:$true
kubectl get -n delete pods
irm http://x/delete
New-Item x
Add-Content x 1
Copy-Item a b
Start-Service x
Install-Module x
Invoke-WebRequest http://x
Export-Csv x
Get-Process | Export-Csv x
Get-Process | Out-File x
Get-Process > x
Get-Process 2> x
Get-Process | Tee-Object x
Enter-PSSession x
./deploy.ps1
.\deploy.ps1 -Now
deploy
$env:PATH = 'x'
${function:prompt} = { 1 }
$x.Enabled = $false
(Get-Service x).Start()
[IO.File]::WriteAllText('a', 'b')
[Diagnostics.Process]::Start('x')
Get-Service x | % Start
python -c 'x'
Import-Certificate x
New-Item alias:x -Value Get-Item
$function:f = { Get-Item x }
Invoke-CimMethod -ClassName Win32_Process -MethodName Create
"""
#: let through by both
READS = r"""
Get-Process
gps
ps
ls
dir C:\ -Recurse
Get-ChildItem | Where-Object { $_.Length -gt 1 } | Sort-Object Length | Select-Object -First 3
gci | ? Length -gt 1 | sort Length | select -f 3
Get-Content x | Select-String rm
Get-Command Remove-Item
Get-Help Stop-Service
help rm
'Remove-Item x'
"rm -rf /"
Write-Output 'Remove-Item x'
Write-Host rm
# Remove-Item x
Get-Item x # then rm it
Format-Table
Get-Process | ft Name, Id
Get-Process | Format-List *
gps | fl
Set-Location C:\
cd ..
Clear-Host
cls
$x = Get-Process
$x += 1
$x.Name
$x.Name.ToUpper().Substring(1)
$h = @{ Remove = 1; Stop = 2 }
[datetime]::Now.AddDays(-1)
[math]::Round(1.5)
Get-Date -Format o
Get-Process 2>&1
Get-Process *> $null
Test-Path x
Compare-Object $a $b
Measure-Command { Get-Process }
1..3 | % { $_ * 2 }
1..3 | ForEach-Object { Get-Item $_ }
Get-Service | Group-Object Status
Get-ADUser -Filter 'Name -like "rm*"'
Get-EventLog System -Newest 5 | Out-String
Import-Csv x | Where-Object a -eq 1
hostname
whoami /all
df -h
1 + 1
$PSVersionTable
exit
"$($x.Name) $(Get-Date)"
Get-Item @p
[pscustomobject]@{ Name = 'rm' }
if ($x -eq 'rm') { Get-Date }
$x.'Name'
$x.'GetType'()
Get-Item alias:rm
Get-Content function:rm
Get-Alias rm
{ Get-Date }.Invoke | Get-Member
'Delete'.Length
"""


def _rows(text: str) -> list[str]:
    """Return the lines of a table; one that ends with a pipe goes on below."""
    return text.strip("\n").replace("|\n  ", "|\x00").replace("\n", "\x01").replace("\x00", "\n  ").split("\x01")


TABLE = [(line, held) for rows, held in ((HELD, "both"), (CHANGES, "read"), (READS, "")) for line in _rows(rows)]


@pytest.mark.parametrize("held", ["both", "read", ""])
def test_what_is_held(held: str) -> None:
    rules, lines = Rules(), [line for line, said in TABLE if said == held]
    assert [line for line in lines if bool(rules.judge(line, Mode.CONFIRM)) != (held == "both")] == []
    assert [line for line in lines if bool(rules.judge(line, Mode.READ)) != (held != "")] == []
    assert not any(rules.judge(line, Mode.OFF) for line in lines)


def test_the_table_is_large_enough() -> None:
    assert len(TABLE) >= 120 and len(set(TABLE)) == len(TABLE)


def test_each_part_is_told_with_its_reason() -> None:
    found = Rules().judge("gci | rm; Stop-Service x; & $y; rm", Mode.CONFIRM)
    assert [(each.text, each.why) for each in found] == [
        ("rm", "it is remove-item"),
        ("Stop-Service x", "it is on the list"),
        ("& $y", "what it runs cannot be read"),
    ]


def test_the_lists_are_the_users() -> None:
    rules = Rules(
        hold=("Update", "kubectl *", "Get-Secret*"), let_through=("Set-Content", "Clear-*", "docker stop", "kill")
    )
    held = [
        line
        for line in (
            "Update-Help",
            "update",
            "kubectl get pods",
            "Get-SecretInfo",
            "sc x 1",
            "Set-Item x",
            "Clear-Content x",
            "clc x",
            "docker stop x",
            "docker rm x",
            "$p.Kill()",
        )
        if rules.judge(line, Mode.CONFIRM)
    ]
    assert held == ["Update-Help", "update", "kubectl get pods", "Get-SecretInfo", "Set-Item x", "docker rm x"]
    assert rules.judge("Get-SecretInfo", Mode.READ), "what is to be held is no reading command"
    assert not Rules(let_through=("deploy",)).judge("./deploy.exe now", Mode.READ)


def test_a_text_that_is_long_or_nested_is_read_in_time_or_held() -> None:
    begin = time.process_time()
    for text in ("rm x;" * 3_000, '"$(' * 5_000, "iex '" * 3_000, "@{a=" * 5_000):
        uses(text)
    assert time.process_time() - begin < 5
    assert Rules().judge("1;" * MAX_TEXT, Mode.CONFIRM), "what is too long to be read is not let through"
