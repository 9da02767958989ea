"""The line editor: the keys of PSReadLine, colours, completion, history, pastes.

Enter by ``editor.py``: ``EditorRow`` is the prompt with the ``LineEditor`` beside it.
"""
