"""The pane of one session: transcript, progress, questions and the editor, and the conversation that drives them.

Enter by ``pane.py``; ``conversation.py`` takes a typed line from Enter to the next prompt.
"""
