"""Files here and at far ends: what a file system is, the ways to one, and the engine that copies between two.

Read ``base.py`` first: the contract. ``local.py``, ``sftp.py`` and ``pipeline.py`` keep it, ``opening.py`` chooses one
for a connection. ``plan.py`` finds what is to be copied, ``transfer.py`` copies it. docs/files.md has the outcomes.
"""
