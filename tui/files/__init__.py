"""The file screen: here and there, and the queue of copies that goes on behind it.

Read ``screen.py`` first; ``desk.py`` is what a tab keeps of it: both file systems and the queue.
"""
