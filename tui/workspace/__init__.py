"""The main screen: sidebar, tabs, panes and what its keys do.

Enter by ``screen.py``. What the screen can do stands in parts it has, one a concern.
"""
