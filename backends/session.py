"""The names of the session model that the screen and the command line use, in one place."""

from .completion import Completion, CompletionMatch
from .interactive import InteractiveSession, Outcome
from .manager import SessionManager
from .pssession import PSSession

__all__ = ["Completion", "CompletionMatch", "InteractiveSession", "Outcome", "PSSession", "SessionManager"]
