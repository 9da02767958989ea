"""The sidebar: saved hosts, machines and containers, and what has been discovered.

Enter by ``widget.py``; ``model.py`` holds its rows.
"""
