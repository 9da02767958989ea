"""The screen and the command line: the only room that knows both ``backends`` and ``config``."""
