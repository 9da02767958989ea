"""Objects in a grid: ``… | Out-GridView`` opens it, and Ctrl+] G runs the last line for it.

Read ``run.py`` first: how a line becomes rows, and how picked rows go back. ``rows.py`` keeps what came.
"""
