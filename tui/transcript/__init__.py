"""The text of a session, painted line by line: scrolling, folds, search, selection and copying.

Enter by ``transcript.py``, the widget, which names its parts; ``render/`` has the text itself and makes it safe.
"""
