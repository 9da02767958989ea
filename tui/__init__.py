"""The screen and the command line: the only room that knows both ``backends`` and ``config``.

Enter by ``cli/main.py``, the program's entry point, or by ``app.py``, the app with its main screen ``workspace/``.
"""
