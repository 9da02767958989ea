"""The ways to a far end; the registry finds each, and a new one touches no other.

Enter by ``registry.py``; ``base.py`` holds what a transport is, ``outofproc.py`` what all streams of bytes share.
"""
