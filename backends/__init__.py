"""Everything of pstui that is not the screen: sessions, transports, the remoting protocol, the language.

Importing this package loads neither Textual nor any protocol library.
"""
