"""The text of a session, painted line by line: scrolling, folds, search, selection and copying.

Enter by ``transcript.py``, the widget; ``render/`` holds the text itself and makes it safe to show.
"""
