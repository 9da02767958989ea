"""Sessions as a user knows them: a PSSession, the manager that finds it, the console loop of an entered one.

Enter by ``manager.py`` and ``interactive.py``. A session is given its transport by the registry and knows none itself.
"""
