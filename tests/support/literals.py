"""Number literals and what PowerShell 7.6 makes of each: its type, and its text in the invariant culture.

The real parser says the same (``tests/live/test_numbers.py``).
"""

from __future__ import annotations

#: "word" stands for what is no number to PowerShell
LITERALS = """\
1 Int32 1
01 Int32 1
2147483648 Int64 2147483648
9223372036854775808 Decimal 9223372036854775808
79228162514264337593543950336 Double 7.922816251426434E+28
1L Int64 1
5u UInt32 5
4294967296u UInt64 4294967296
5ul UInt64 5
5y SByte 5
128y word
5uy Byte 5
5s Int16 5
5us UInt16 5
5n BigInteger 5
1.5n BigInteger 2
123456789012345678901234567890n BigInteger 123456789012345678901234567890
1d Decimal 1
1.5d Decimal 1.5
1.10D Decimal 1.10
1e3d Decimal 1000
1e-10d Decimal 0.0000000001
1e-400d Decimal 0.0000000000000000000000000000
0.1dkb Decimal 102.4
79228162514264337593543950335d Decimal 79228162514264337593543950335
7.9228162514264337593543950335d Decimal 7.9228162514264337593543950335
1.23456789012345678901234567891d Decimal 1.2345678901234567890123456789
1.5 Double 1.5
1. Double 1
.5 Double 0.5
1e20 Double 1E+20
1e400 Double Infinity
1.5l Int64 2
2.5l Int64 2
1kb Int32 1024
1.5kb Double 1536
3gb Int64 3221225472
1lkb Int64 1024
1kbl word
0x10 Int32 16
0xff Int32 255
0xffy SByte -1
0x0fy SByte 15
0xffffs Int16 -1
0xffuy Byte 255
0xffffffff Int32 -1
0xffffffffu UInt32 4294967295
0xffffffffl Int64 4294967295
0xffffffffy word
0xffffffffkb Int32 -1024
0xffffffffffffffff Int64 -1
0xffffffffffffffffu UInt64 18446744073709551615
0xffffffffffffffffffffffff word
0xffn BigInteger 255
0xffffffffn BigInteger -1
0x00000000000001 Int32 1
0x000000000000001 Int64 1
0x0000000000000001 Int64 1
0x00000000000000001 Int32 1
0b101 Int32 5
0b1111111 Int32 127
0b11111111 Int32 -1
0b111111111 Int32 511
0b11111111u UInt32 255
0b1111111111111111l Int64 -1
1e word
1.2.3 word
""".splitlines()
