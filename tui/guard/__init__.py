"""The guard of machines that matter: it holds lines that destroy, or lets only reading ones through.

Enter by ``rules.py``, which judges a line. It protects from slips, not from malice: see there.
"""
