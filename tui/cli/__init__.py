"""The command line: it looks at the arguments and hands over, to the screen or to a run without one.

Enter by ``main.py``. Nothing here imports Textual before the screen is opened.
"""
