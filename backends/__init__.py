"""Everything of pstui that is not the screen: sessions, transports, the remoting protocol, the language.

Enter by ``sessions/manager.py``, which makes and finds sessions. Importing this package loads neither Textual nor any
protocol library.
"""
