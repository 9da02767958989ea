"""What keys do: the actions, the contexts they work in, the keymap of the settings.

Enter by ``actions.py`` for what there is and ``keymap.py`` for which key does it.
"""
