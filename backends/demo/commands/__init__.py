"""The endpoint's commands, which act for real on this machine.

Enter by ``registry.py``: a command is a function that is registered there with its parameters and help.
"""
