"""The sidebar: saved hosts, machines and containers, and what is found around here.

Enter by ``widget.py``; ``model.py`` holds its rows.
"""
