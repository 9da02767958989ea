"""The main screen: sidebar, tabs, panes and what its keys do.

Enter by ``screen.py``: the screen has a part for each concern, and each part is a module beside it.
"""
