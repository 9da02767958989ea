"""Recordings played again. Begin with ``player``; ``cast_file`` reads them, ``screen`` shows them."""
