"""What a server refuses: each with a status of HTTP, and a code for programs to read.

Refusal
├── Malformed     400  not UTF-8, not JSON
├── Unauthorised  401  no token, or another
├── Forbidden     403  the server does not let anybody do that
├── NotFound      404  no such entity
├── Slow          408  the request did not arrive in time
├── Conflict      409  another entity has that id
├── TooLarge      413  more than the server takes on
├── Foreign       415  neither JSON nor JSON lines
├── Invalid       422  JSON, but not what is asked for
├── Failed        422  the model fails on a document
├── Busy          429  the queue is full
├── Broken        500  the server is at fault
├── Unready       503  the model is not ready yet, or the server is about to end
└── TooLate       504  no answer within the time that a request has
"""

from nerlink.errors import NerlinkError

__all__ = [
    "Broken",
    "Busy",
    "Conflict",
    "Failed",
    "Forbidden",
    "Foreign",
    "Invalid",
    "Malformed",
    "NotFound",
    "Refusal",
    "Slow",
    "TooLarge",
    "TooLate",
    "Unauthorised",
    "Unready",
]


class Refusal(NerlinkError):  # noqa: N818 - what is refused is no error of the server
    """A request that is not answered.

    `where` names the part of the request that is at fault, if it is known; `retry_after` the
    seconds after which to come again.
    """

    status = 400
    code = "refused"

    def __init__(
        self, message: str, *, where: str | None = None, retry_after: int | None = None
    ) -> None:
        super().__init__(message)
        self.where = where
        self.retry_after = retry_after


class Malformed(Refusal):
    """Not UTF-8, or not JSON."""

    status, code = 400, "malformed"


class Unauthorised(Refusal):
    """No token, or another."""

    status, code = 401, "unauthorised"


class Forbidden(Refusal):
    """What this server does for nobody."""

    status, code = 403, "forbidden"


class NotFound(Refusal):
    """No such entity or address."""

    status, code = 404, "not_found"


class Slow(Refusal):
    """A request that did not arrive in time."""

    status, code = 408, "slow"


class Conflict(Refusal):
    """Another entity has the id."""

    status, code = 409, "conflict"


class TooLarge(Refusal):
    """More than the server takes on."""

    status, code = 413, "too_large"


class Foreign(Refusal):
    """A body of another kind."""

    status, code = 415, "foreign"


class Invalid(Refusal):
    """JSON, but not what is asked for."""

    status, code = 422, "invalid"


class Failed(Refusal):
    """A document that the model fails on."""

    status, code = 422, "failed"


class Busy(Refusal):
    """The queue is full."""

    status, code = 429, "busy"


class Broken(Refusal):
    """The server is at fault."""

    status, code = 500, "broken"


class Unready(Refusal):
    """Not ready yet, or about to end."""

    status, code = 503, "unready"


class TooLate(Refusal):
    """The time that a request has is over."""

    status, code = 504, "too_late"
