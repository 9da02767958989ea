"""The sidebar: saved hosts, machines and containers, and what is found around here.

Enter by ``sidebar.py``; ``model.py`` holds its rows.
"""
