"""One line on many machines: run side by side, the answers grouped, the questions collected.

Enter by ``engine.py``, which runs without a screen; ``screen.py`` shows it.
"""
