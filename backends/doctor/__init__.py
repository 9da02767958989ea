"""What ``pstui doctor`` and the form's Test find out: this computer, and the way to one target, step by step.

Read ``checks.py`` first, then ``examination.py``.
"""
