function Get-MoreValues {
  $o=[ordered]@{}
  # numbers
  $i=0; foreach ($x in '0','-0.0','1e15','1e16','123456789012345.6','1e-5','0.0001','1e-4','-1.5e-300','5e-324','1.7976931348623157E308','100000000000000','999999999999999','1e21','3.0e0','-1','0.1','1.0E-10','123456789.123456789') { $o["db$x"]=[scriptblock]::Create("[double]::Parse('$x',[cultureinfo]::InvariantCulture)") }
  foreach ($x in '0','1e10','1e7','3.4028235E38','1e-45','16777216','0.3','1e-5','123456.7') { $o["sg$x"]=[scriptblock]::Create("[single]::Parse('$x',[cultureinfo]::InvariantCulture)") }
  $o['sgnan']={[single]::NaN}
  $o['sginf']={[single]::NegativeInfinity}
  $o['sgnz']={[single]-0.0}
  foreach ($x in '0','0.0','1','-1.50','0.0000000000000000000000000001','-79228162514264337593543950335','100','1e5','12345678901234567890.123') { $o["d$x"]=[scriptblock]::Create("[decimal]::Parse('$x',[Globalization.NumberStyles]::Float,[cultureinfo]::InvariantCulture)") }
  $o['i64min']={[long]::MinValue}
  $o['i32min']={[int]::MinValue}
  $o['u16']={[uint16]65535}
  $o['i16']={[int16]-32768}
  $o['u32']={[uint32]::MaxValue}
  $o['by0']={[byte]0}
  $o['i0']={0}
  $o['int128']={[int128]::MaxValue}
  $o['uint128']={[uint128]::MaxValue}
  $o['intptr']={[intptr]5}
  $o['uintptr']={[uintptr]5}
  $o['complex']={[Numerics.Complex]::new(1,2)}
  $o['big2']={[bigint]2}
  $o['bigneg']={[bigint]::Parse('-5')}
  # chars and strings
  $o['c0']={[char]0}
  $o['cq']={[char]'"'}
  $o['csurr']={[char]0xD83D}
  $o['cmax']={[char]0xFFFF}
  $o['cbidi']={[char]0x202e}
  $o['c85']={[char]0x85}
  $o['clf']={[char]10}
  $o['sunder']={'_x0041_ _x _X0041_ _x005F_x0041_'}
  $o['sunders']={'____x__x00'}
  $o['sq']={'"\/''<>&'}
  $o['sff']={"a$([char]0xFFFE)b$([char]0xFFFF)c"}
  $o['s2028']={"a$([char]0x2028)b$([char]0x2029)c$([char]0x85)"}
  $o['sctl']={-join(0..31|%{[char]$_})+[char]127+[char]0x9f}
  $o['ssurr2']={"$([char]0xDE00)$([char]0xD83D)x"}
  $o['slone2']={"a$([char]0xD83D)"}
  $o['sbom']={"$([char]0xFEFF)x"}
  $o['sspace']={'  a  '}
  $o['slong']={'x'*5000}
  $o['scr']={"a`rb`r`nc"}
  $o['sastral']={"`u{10FFFF}`u{1D11E}"}
  $o['snull']={[string]$null}
  $o['sempty']={[string]::Empty}
  $o['scjk']={'漢字 かな 한글'}
  $o['szwj']={"`u{1F468}`u{200D}`u{1F469}"}
  $o['sarab']={'مرحبا'}
  $o['stag']={'</S><Obj>'}
  $o['stringbuilder']={[text.stringbuilder]::new('abc')}
  $o['substr']={'hello'.Substring(1)}
  $o['securestr0']={[securestring]::new()}
  # dates
  foreach ($k in 'Utc','Local','Unspecified') { 
    $o["dt$k"]=[scriptblock]::Create("[datetime]::new(2024,7,1,3,4,5,[DateTimeKind]::$k)")
    $o["dtt$k"]=[scriptblock]::Create("[datetime]::new(638448092551234567,[DateTimeKind]::$k)")
    $o["dtms$k"]=[scriptblock]::Create("[datetime]::new(2024,12,31,23,59,59,990,[DateTimeKind]::$k)")
    $o["dtmax$k"]=[scriptblock]::Create("[datetime]::SpecifyKind([datetime]::MaxValue,[DateTimeKind]::$k)")
    $o["dtmin$k"]=[scriptblock]::Create("[datetime]::SpecifyKind([datetime]::MinValue,[DateTimeKind]::$k)")
    $o["dtold$k"]=[scriptblock]::Create("[datetime]::new(1850,1,1,0,0,0,[DateTimeKind]::$k)")
    $o["dt70$k"]=[scriptblock]::Create("[datetime]::new(1970,1,1,0,0,0,[DateTimeKind]::$k)")
    $o["dtfar$k"]=[scriptblock]::Create("[datetime]::new(2500,6,1,0,0,0,1,[DateTimeKind]::$k)")
  }
  $o['dtnote']={ [datetime]::new(2024,1,1,0,0,0,[DateTimeKind]::Utc) | Add-Member -PassThru NoteProperty X 1 }
  $o['getdate']={ Get-Date -Date '2024-02-03 04:05:06' }
  $o['datefmt']={ Get-Date -Date '2024-02-03' -Format o }
  $o['dateuf']={ Get-Date -Date '2024-02-03' -UFormat %s }
  $o['datehint']={ Get-Date -Date '2024-02-03' -DisplayHint Date }
  $o['dtomin']={[datetimeoffset]::MinValue}
  $o['dtoutc']={[datetimeoffset]::new(2024,1,2,3,4,5,678,[timespan]::Zero)}
  $o['dtoneg']={[datetimeoffset]::new(2024,1,2,3,4,5,[timespan]::FromHours(-9.5))}
  $o['ft']={[datetime]::FromFileTimeUtc(133500000000000001)}
  $o['ftn']={([datetime]::new(2024,1,1,0,0,0,[DateTimeKind]::Utc)).ToFileTime()}
  $o['objdt']={[pscustomobject]@{A=[datetime]::new(2024,2,29,13,14,15,[DateTimeKind]::Utc);B=[datetime]::new(2024,2,29);C=[datetimeoffset]::new(2024,1,2,3,4,5,[timespan]::FromHours(2))}}
  $o['dateonlymin']={[dateonly]::MinValue}
  $o['timeonly2']={[timeonly]::new(23,59,59,999)}
  $o['tz']={[timezoneinfo]::Utc}
  $o['calendar']={[Globalization.GregorianCalendar]::new()}
  # timespans
  foreach ($t in '0','1','-1','10','9999999','10000000','600000000','36000000000','864000000000','-864000000001','9223372036854775807','-9223372036854775808','123456789012345','15','86399999999','3155378975999999999') { $o["ts$t"]=[scriptblock]::Create("[timespan]::new([long]::Parse('$t'))") }
  $o['tsnote']={ [timespan]::new(1) | Add-Member -PassThru NoteProperty X 1 }
  $o['tsarr']={ ,@([timespan]::FromSeconds(1)) }
  $o['tsobj']={[pscustomobject]@{T=[timespan]::FromMinutes(5)}}
  # version etc
  $o['ver2']={[version]'1.2'}
  $o['ver4']={[version]'1.2.3.4'}
  $o['verbig']={[version]'2147483647.0.2147483647.2147483647'}
  $o['ver65536']={[version]'1.2.3.65537'}
  $o['ver32768']={[version]'1.2.3.32768'}
  $o['vernote']={ [version]'1.2' | Add-Member -PassThru NoteProperty X 1 }
  $o['semver2']={[semver]'7.0.0'}
  $o['guid0']={[guid]::Empty}
  $o['guidobj']={[pscustomobject]@{G=[guid]'11111111-2222-3333-4444-555555555555'}}
  $o['guidarr']={,@([guid]::Empty)}
  $o['guidnote']={ [guid]::Empty | Add-Member -PassThru NoteProperty X 1 }
  $o['urirel']={[uri]::new('a/b c',[urikind]::Relative)}
  $o['uriuni']={[uri]'http://exämple.test/ü?q=ä#f'}
  $o['uriobj']={[pscustomobject]@{U=[uri]'http://a.test'}}
  $o['urinote']={[uri]'http://a.test' | Add-Member -PassThru NoteProperty X 1}
  $o['xmlobj']={[pscustomobject]@{X=[xml]'<a>1</a>'}}
  $o['xmlel']={([xml]'<a b="1"><c>t</c></a>').a}
  $o['xmlatt']={([xml]'<a b="1"/>').DocumentElement.Attributes[0]}
  $o['xelement']={[xml.linq.xelement]::Parse('<a b="1"/>')}
  # enums
  $o['enumcolor']={[consolecolor]::Red}
  $o['enumlong']={[System.Diagnostics.Tracing.EventKeywords]::All}
  $o['enumobj']={[pscustomobject]@{E=[dayofweek]::Monday}}
  $o['enumarr']={,@([dayofweek]::Monday,[dayofweek]::Friday)}
  $o['enumhash']={@{E=[dayofweek]::Monday}}
  $o['enumkey']={@{[dayofweek]::Monday=1}}
  $o['enumnote']={[dayofweek]::Monday | Add-Member -PassThru NoteProperty X 1}
  $o['erraction']={[System.Management.Automation.ActionPreference]::Stop}
  $o['enumps']={ enum Col { R=1; G=2 }; [Col]::G }
  $o['enumbyte']={[System.Security.AccessControl.AceFlags]::ObjectInherit}
  # collections
  $o['queue2']={ $q=[Collections.Queue]::new(); $q.Enqueue('a'); $q.Enqueue(2); ,$q }
  $o['stack2']={ $q=[Collections.Generic.Stack[string]]::new(); $q.Push('a'); $q.Push('b'); ,$q }
  $o['queue0']={,[Collections.Queue]::new()}
  $o['stack0']={,[Collections.Stack]::new()}
  $o['arraylist']={,[Collections.ArrayList]@(1,'a',$null)}
  $o['linked']={ $l=[Collections.Generic.LinkedList[int]]::new(); [void]$l.AddLast(1); [void]$l.AddLast(2); ,$l }
  $o['sortedlist']={[Collections.SortedList]@{b=1;a=2}}
  $o['sorteddict']={ $d=[Collections.Generic.SortedDictionary[string,int]]::new(); $d['b']=1;$d['a']=2; ,$d }
  $o['bitarray']={,[Collections.BitArray]::new(@($true,$false))}
  $o['concurrent']={ $d=[Collections.Concurrent.ConcurrentDictionary[string,int]]::new(); [void]$d.TryAdd('x',1); ,$d }
  $o['namevalue']={ $n=[Collections.Specialized.NameValueCollection]::new(); $n.Add('a','1'); ,$n }
  $o['stringcoll']={ $n=[Collections.Specialized.StringCollection]::new(); [void]$n.Add('a'); ,$n }
  $o['readonlycoll']={,[Collections.ObjectModel.ReadOnlyCollection[int]]::new([int[]](1,2))}
  $o['jag']={,([int[][]]@([int[]](1,2),[int[]](3)))}
  $o['multi']={ $m=[int[,]]::new(2,3); $m[0,0]=1;$m[1,2]=6; ,$m }
  $o['multi0']={,[int[,]]::new(0,0)}
  $o['multistr']={ $m=[string[,]]::new(2,2); $m[0,0]='a'; ,$m }
  $o['bytejag']={,@([byte[]](1,2),[byte[]](3))}
  $o['bytes0']={,[byte[]]@()}
  $o['bytes300']={,[byte[]](0..255)}
  $o['sbytes']={,[sbyte[]](1,-2)}
  $o['chars']={,'abc'.ToCharArray()}
  $o['bools']={,@($true,$false)}
  $o['dbls']={,[double[]](1,2.5)}
  $o['nullarr']={,@($null,$null)}
  $o['arrstr']={,@('a','b')}
  $o['nested3']={,@(,@(,@(1)))}
  $o['nested0']={,@(@(),@())}
  $o['deep5']={,@(1,@(2,@(3,@(4,@(5)))))}
  $o['arrdt']={,@([datetime]::new(2024,1,1))}
  $o['bytesobj']={[pscustomobject]@{B=[byte[]](1,2)}}
  $o['memstream']={[IO.MemoryStream]::new([byte[]](1,2))}
  $o['range']={,(1..5)}
  $o['enumerator']={,(1,2).GetEnumerator()}
  $o['listobj']={,[Collections.Generic.List[object]]@(1,@{a=1},[pscustomobject]@{b=2})}
  $o['psobjlist']={,[Collections.ObjectModel.Collection[psobject]]@(1,'a')}
  $o['bytesnote']={ ,(Add-Member -InputObject ([byte[]](1,2)) -PassThru NoteProperty X 5) }
  $o['listnote']={ $l=[Collections.Generic.List[int]]@(1,2); ,(Add-Member -InputObject $l -PassThru NoteProperty X 5) }
  $o['hashnote']={ @{a=1} | Add-Member -PassThru NoteProperty X 5 }
  $o['hashnotesame']={ @{a=1} | Add-Member -PassThru NoteProperty a 5 }
  $o['boolnote']={ $true | Add-Member -PassThru NoteProperty X 5 }
  $o['dblnote']={ 1.5 | Add-Member -PassThru NoteProperty X 5 }
  $o['charnote']={ [char]'x' | Add-Member -PassThru NoteProperty X 5 }
  $o['objnote2']={ Get-Item /etc | Add-Member -PassThru NoteProperty X 5 | Select-Object Name,X }
  $o['notenest']={ 7 | Add-Member -PassThru NoteProperty X ([pscustomobject]@{a=@{b=1}}) }
  $o['notevalue']={ 7 | Add-Member -PassThru NoteProperty value 8 }
  # hashtables
  $o['hashdt']={@{d=[datetime]::new(2024,1,1)}}
  $o['hashbool']={@{$true=1}}
  $o['hashdbl']={@{1.5=1}}
  $o['hashdate']={@{[datetime]::new(2024,1,1)=1}}
  $o['hashguid']={@{[guid]::Empty=1}}
  $o['hashempty']={@{''=1}}
  $o['hashcase']={ $d=[Collections.Generic.Dictionary[string,int]]::new(); $d['a']=1; $d['A']=2; ,$d }
  $o['hashctl']={@{"a`nb"=1}}
  $o['hashnull']={@{a=$null}}
  $o['hasharr']={@{a=@(1,2)}}
  $o['hashhash']={[ordered]@{a=[ordered]@{b=1;c=2};d=3}}
  $o['hashkeys']={,@{a=1}.Keys}
  $o['hashvals']={,@{a=1}.Values}
  $o['dictentry']={ @{a=1}.GetEnumerator() }
  $o['kvp']={ [Collections.Generic.KeyValuePair[string,int]]::new('a',1) }
  $o['hashmixed']={ [ordered]@{ 'a'=1; '1'='x'; b=[pscustomobject]@{c=1} } }
  $o['psprimdict']={ $PSVersionTable }
  $o['bound']={ & { param($A,$B) $PSBoundParameters } -A 1 -B x }; 
  # objects
  $o['nonames']={[pscustomobject]@{'a b'=1;'ü'=2;'a.b'=3;'"q"'=4;"l`nf"=5;'_x0041_'=6}}
  $o['emptyname']={ $p=[psobject]::new(); $p.PSObject.Properties.Add([psnoteproperty]::new(' ',1)); $p }
  $o['psobject']={[psobject]::new()}
  $o['object']={[object]::new()}
  $o['nestobj']={[pscustomobject]@{A=[pscustomobject]@{B=[pscustomobject]@{C=[pscustomobject]@{D=1}}}}}
  $o['mixed']={[pscustomobject]@{H=@{a=@(1,@{b=2})};L=@([pscustomobject]@{x=1},2)}}
  $o['same']={ $x=[pscustomobject]@{a=1}; [pscustomobject]@{p=$x;q=$x;r=@($x,$x)} }
  $o['samelist']={ $x=@(1,2); [pscustomobject]@{p=$x;q=$x} }
  $o['samehash']={ $h=@{a=1}; ,@($h,$h) }
  $o['samestr']={ $h='abc'; ,@($h,$h) }
  $o['samedt']={ $h=[psobject][datetime]::new(2024,1,1); ,@($h,$h) }
  $o['cyc2']={ $a=[pscustomobject]@{B=$null}; $b=[pscustomobject]@{A=$a}; $a.B=$b; $a }
  $o['cyclist']={ $l=[Collections.ArrayList]@(1); [void]$l.Add($l); ,$l }
  $o['cychash']={ $h=@{n=1}; $h.self=$h; $h }
  $o['scriptprop2']={ [pscustomobject]@{A=2} | Add-Member -PassThru ScriptProperty Bad { throw 'x' } }
  $o['codeprop']={ [pscustomobject]@{A=2} | Add-Member -PassThru ScriptMethod M { 1 } }
  $o['propset']={ [pscustomobject]@{A=2;B=3} | Add-Member -PassThru PropertySet S @('A') }
  $o['memberset']={ [pscustomobject]@{A=1} | Add-Member -PassThru MemberSet PSStandardMembers ([Management.Automation.PSMemberInfo[]]@([Management.Automation.PSPropertySet]::new('DefaultDisplayPropertySet',[string[]]@('A')))) }
  $o['hiddencls']={ class Hid { hidden [int]$H=1; [int]$V=2; static [int]$S=3 } [Hid]::new() }
  $o['clsderived']={ class Ba { [int]$X=1 } class De : Ba { [int]$Y=2 } [De]::new() }
  $o['clsenum']={ class Ti : System.Collections.IEnumerable { [Collections.IEnumerator] GetEnumerator() { return (1,2).GetEnumerator() } } ,[Ti]::new() }
  $o['select']={ Get-Item /etc/passwd | Select-Object Name,@{n='T';e={[timespan]::FromSeconds(1)}},@{n='D';e={[datetime]::new(2024,1,1)}},@{n='N';e={$null}} }
  $o['selexp']={ [pscustomobject]@{A=@(1,2)} | Select-Object -ExpandProperty A }
  $o['format']={ Get-Item /etc | Format-Table Name }
  $o['fstart']={ 1 | Format-List }
  $o['outstring']={ 1,2 | Out-String }
  $o['gm']={ 1 | Get-Member ToString }
  $o['group2']={ 1,2,1 | Group-Object -AsHashTable -AsString }
  $o['group3']={ 'a','bb' | Group-Object Length -NoElement }
  $o['measure2']={ 'a b' | Measure-Object -Word -Line }
  $o['compare']={ Compare-Object 1,2 2,3 }
  $o['import']={ "A,B`n1,2" | ConvertFrom-Csv }
  $o['fromjson']={ '{"a":[1,2.5,"x",null,true],"d":"2024-01-01T00:00:00Z","n":{"m":12345678901234567890}}' | ConvertFrom-Json }
  $o['fromjsonh']={ '{"a":1}' | ConvertFrom-Json -AsHashtable }
  $o['host']={ $Host.Version }
  $o['env']={ Get-Item Env:PATH | Select-Object Name }
  $o['envitem']={ $env:ZZ='v'; Get-Item Env:ZZ }
  $o['variable']={ $zz=5; Get-Variable zz }
  $o['alias']={ Get-Alias gci }
  $o['function']={ function zz { 1 }; Get-Command zz }
  $o['app']={ Get-Command sh | Select-Object Name,CommandType,Source }
  $o['module']={ Get-Module Microsoft.PowerShell.Utility | Select-Object Name,Version,ModuleType }
  $o['psdrive']={ Get-PSDrive Env }
  $o['provider']={ Get-PSProvider Environment }
  $o['location']={ Set-Location /; Get-Location }
  $o['culture2']={ Get-Culture | Select-Object Name }
  $o['encoding']={[text.encoding]::UTF8}
  $o['ipv6']={[ipaddress]'fe80::1%3'}
  $o['ipv6b']={[ipaddress]'2001:db8::1'}
  $o['ipmapped']={[ipaddress]'::ffff:1.2.3.4'}
  $o['ipmulti']={[ipaddress]'ff02::1'}
  $o['ip0']={[ipaddress]::Any}
  $o['ipobj']={[pscustomobject]@{I=[ipaddress]'10.0.0.1'}}
  $o['iparr']={,@([ipaddress]'10.0.0.1')}
  $o['endpoint']={[Net.IPEndPoint]::new([ipaddress]'10.0.0.1',80)}
  $o['physical']={[Net.NetworkInformation.PhysicalAddress]::Parse('001122334455')}
  $o['mail2']={[mailaddress]::new('a@b.test','Disp Läy')}
  $o['mailobj']={[pscustomobject]@{M=[mailaddress]'a@b.test'}}
  $o['switch']={[switch]$true}
  $o['switchobj']={[pscustomobject]@{S=[switch]$false}}
  $o['credobj']={[pscustomobject]@{C=[pscredential]::new('u',(ConvertTo-SecureString 'abc' -AsPlainText -Force))}}
  $o['credempty']={[pscredential]::Empty}
  $o['secobj']={[pscustomobject]@{S=(ConvertTo-SecureString 'äbc' -AsPlainText -Force)}}
  $o['secnote']={ ConvertTo-SecureString 'abc' -AsPlainText -Force | Add-Member -PassThru NoteProperty X 1 }
  $o['secarr']={,@((ConvertTo-SecureString 'abcd' -AsPlainText -Force))}
  $o['sbobj']={[pscustomobject]@{S={1}}}
  $o['sbarr']={,@({1},{2})}
  $o['sbnote']={ {1} | Add-Member -PassThru NoteProperty X 1 }
  $o['typeobj']={[pscustomobject]@{T=[int]}}
  $o['method']={ 'a'.Substring }
  $o['delegate']={ [action]{1} }
  $o['regexmatch']={ [regex]::Match('abc','b') }
  $o['matches']={ 'abc' -match '(?<n>b)' | Out-Null; $Matches }
  $o['matchinfo2']={ 'hello' | Select-String '(l)(l)' }
  $o['err2']={ try { Get-Item /nosuch -ErrorAction Stop } catch { $_ } }
  $o['err3']={ try { throw 'x' } catch { $_ } }
  $o['err4']={ try { nosuchcommand } catch { $_ } }
  $o['errdetails']={ $e=[Management.Automation.ErrorRecord]::new([Exception]::new('m'),'id','InvalidData','target'); $e.ErrorDetails=[Management.Automation.ErrorDetails]::new('details'); $e.ErrorDetails.RecommendedAction='do'; $e }
  $o['exc2']={ [Exception]::new('outer',[ArgumentException]::new('inner','p')) }
  $o['excagg']={ [AggregateException]::new('agg',[Exception]::new('a')) }
  $o['excdata']={ $x=[Exception]::new('m'); $x.Data['k']=1; $x }
  $o['warn']={ Write-Warning 'w' 3>&1 }
  $o['verb']={ Write-Verbose 'v' -Verbose 4>&1 }
  $o['dbg']={ Write-Debug 'd' -Debug 5>&1 }
  $o['progress']={ [Management.Automation.ProgressRecord]::new(1,'act','stat') }
  $o['category']={ try { 1/0 } catch { $_.CategoryInfo } }
  $o['invinfo']={ & { $MyInvocation } | Select-Object MyCommand,BoundParameters }
  $o['callstack']={ (Get-PSCallStack)[0] | Select-Object Command }
  $o['ast']={ {1}.Ast.GetType().Name }
  $o['token']={ $t=$null; [void][Management.Automation.Language.Parser]::ParseInput('1',[ref]$t,[ref]$null); $t[0] }
  $o['paramset']={ (Get-Command Get-Item).ParameterSets[0] | Select-Object Name,IsDefault }
  $o['datatable2']={ $t=[Data.DataTable]::new('T'); [void]$t.Columns.Add('A',[int]); [void]$t.Columns.Add('B'); [void]$t.Rows.Add(1,'x'); [void]$t.Rows.Add([DBNull]::Value,$null); ,$t }
  $o['datarows']={ $t=[Data.DataTable]::new('T'); [void]$t.Columns.Add('A',[int]); [void]$t.Columns.Add('B'); [void]$t.Rows.Add(1,'x'); [void]$t.Rows.Add([DBNull]::Value,$null); $t.Rows }
  $o['dbnullobj']={[pscustomobject]@{D=[DBNull]::Value}}
  $o['autonull']={ [pscustomobject]@{D=[System.Management.Automation.Internal.AutomationNull]::Value} }
  $o['nullstr']={ [pscustomobject]@{D=[NullString]::Value} }
  $o['tuple3']={[tuple]::Create(1,'a',[tuple]::Create(2))}
  $o['valuetuple']={[valuetuple]::Create(1,'a')}
  $o['lazy']={[lazy[int]]::new()}
  $o['nullable']={[nullable[int]]5}
  $o['ref']={[ref]5}
  $o['weak']={[weakreference]::new('x')}
  $o['index']={[index]::new(1)}
  $o['rangeobj']={[range]::new(1,2)}
  $o['random']={ [random]::new(1).GetType().FullName }
  $o['thread']={ [threading.thread]::CurrentThread | Select-Object IsAlive }
  $o['proc']={ Get-Process -Id $PID | Select-Object Name,@{n='WS';e={$_.WorkingSet64 -gt 0}},StartInfo }
  $o['drive']={ [IO.DriveInfo]::new('/') | Select-Object Name,DriveType }
  $o['fsinfo']={ [IO.FileInfo]::new('/nosuchfile') | Select-Object Name,Exists }
  $o['rule']={ [Text.Rune]::new(65) }
  $o['jsonobj']={ [Newtonsoft.Json.Linq.JObject]::Parse('{"a":1}') }
  $o['jsonarr']={ ,[Newtonsoft.Json.Linq.JArray]::Parse('[1,2]') }
  $o['jsondoc']={ [Text.Json.JsonDocument]::Parse('{"a":1}').RootElement }
  $o['pscmd']={ [pscustomobject]@{C=(Get-Command Get-Item)} }
  $o['runspace']={ [runspace]::DefaultRunspace | Select-Object Id }
  $o['ver0']={ $PSVersionTable.PSVersion }
  $o['psstyle']={ $PSStyle.Foreground | Select-Object Red }
  $o['colr']={ [System.Drawing.Color]::Red }
  $o['point']={ [System.Drawing.Point]::new(1,2) }
  $o['hostsize']={ [Management.Automation.Host.Size]::new(1,2) }
  $o['coord']={ [Management.Automation.Host.Coordinates]::new(1,2) }
  $o['cell']={ [Management.Automation.Host.BufferCell]::new('a','Red','Blue','Complete') }
  $o['choice']={ [Management.Automation.Host.ChoiceDescription]::new('&a','help') }
  $o['wild']={ [wildcardpattern]'a*' }
  $o['modspec']={ [Microsoft.PowerShell.Commands.ModuleSpecification]'x' }
  $o['lang']={ $ExecutionContext.SessionState.LanguageMode }
  $o['big3']={ ,@([bigint]1,[decimal]2,[byte]3,[char]'c',[single]1.5) }
  $o['objprims']={ [pscustomobject]@{a=[bigint]1;b=[decimal]2;c=[byte]3;d=[char]'c';e=[single]1.5;f=[uint64]5;g=[double]::NaN;h=-0.0;i=[half]1.5;j=[dateonly]::new(2024,1,1);k=[version]'1.2'} }
  $o['del']={ "a$([char]127)b" }
  $o
}
