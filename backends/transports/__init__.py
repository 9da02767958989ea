"""The ways to a far end; the registry finds each, and a new one touches no other.

Enter by ``registry.py``. A transport is ``NAME.py`` with a ``TRANSPORT`` or a package with it in ``NAME/kind.py``;
``base.py`` says what it must be, ``outofproc.py`` is what all streams of bytes share.
"""
