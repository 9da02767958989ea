"""Text before it is painted: control sequences read, cells measured, lines wrapped, scrollback kept small.

Enter by ``buffer.py``. Nothing here knows a widget.
"""
