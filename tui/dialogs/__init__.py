"""Screens over the workspace: the connection dialog, forms, lists, help.

Enter by the module that a dialog is named after; ``fields.py`` makes fields of what ``backends.binding`` declares.
"""
