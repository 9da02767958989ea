"""Negotiate, Kerberos and NTLM for one connection: the first token goes with the first request.

A service answers a request without a token by naming what it offers, and only then gets the first one: a round trip
that tells nothing where the ordinary is offered. So over http the token is sent at once. A service that answers it
without one of its own is asked the usual way, and ``settled`` remembers that. Where there can be no token, the reason
is raised once the service wants one: that nothing listens there is the better reason. Over https the token is bound to
the certificate, which is known after the first reply.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
import spnego
from pypsrp.negotiate import HTTPNegotiateAuth

#: the scheme that every service of Windows names first; what it carries is Kerberos or NTLM
SCHEME = "Negotiate"
#: what a service settles that wants to name its offers before it takes a token
NAMES_OFFERS = "names offers"


class EagerNegotiateAuth(HTTPNegotiateAuth):
    """Sends the first token with the first request. ``settled`` is what the connections of a session share."""

    def __init__(self, settled: set[str], *, eager: bool, **options: Any) -> None:
        super().__init__(**options)
        self._settled, self._eager = settled, eager
        self._begun: Any = None
        self._failure: Exception | None = None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Give a request its first token."""
        base: Any = super()  # it has no types
        prepared: requests.PreparedRequest = base.__call__(request)
        if self._eager and NAMES_OFFERS not in self._settled and not self.contexts:
            try:
                self._begun = self._context(str(request.url))
                base._set_auth_token(prepared, self._begun.step(), SCHEME)
            except spnego.exceptions.SpnegoError as error:
                self._begun, self._failure = None, error
        return prepared

    def _context(self, url: str) -> Any:
        return spnego.client(
            self.username,
            self.password,
            hostname=self.hostname_override or urlsplit(url).hostname or "",
            service=self.service,
            context_req=spnego.ContextReq.default,
            protocol=self.auth_provider,
            options=spnego.NegotiateOptions.wrapping_winrm,
        )

    def response_hook(self, response: requests.Response, **options: Any) -> requests.Response:
        """Go on with the token of the reply."""
        base: Any = super()  # it has no types
        context, self._begun = self._begun, None
        failure, self._failure = self._failure, None
        if failure is not None and response.status_code == 401:
            raise failure
        if context is None:
            return self._usual(response, **options)
        answer = base._get_auth_token(response, self._regex)
        if response.status_code == 401 and not answer:
            self._settled.add(NAMES_OFFERS)
            del response.request.headers["Authorization"]
            return self._usual(response, **options)
        self.contexts[urlsplit(response.url).hostname or ""] = context
        context.response_auth_header = SCHEME.casefold()
        while answer and (token := context.step(answer)) is not None:
            response.content  # noqa: B018  reading it to the end frees the connection for the next request
            response.raw.release_conn()
            request = response.request.copy()
            base._set_auth_token(request, token, SCHEME)
            response = response.connection.send(request, **options)
            answer = base._get_auth_token(response, self._regex)
        return response

    def _usual(self, response: requests.Response, **options: Any) -> requests.Response:
        base: Any = super()  # it has no types
        result: requests.Response = base.response_hook(response, **options)
        return result
