"""The endpoint's commands, which act for real on this computer.

Enter by ``registry.py``: a command is a function that is registered there with its parameters and help.
"""
