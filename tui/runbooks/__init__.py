"""Runbooks: scripts in folders of the configuration, whose ``param()`` block is the form that runs them.

Enter by ``folder.py``, which finds them; ``fields.py`` makes fields of parameters and values of what is typed.
"""
