from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from flowops.problems import Problem, as_response


def refuse_nul(answer: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """No NUL in paths and queries: SQLite would search for it, PostgreSQL fails on it."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return as_response(Problem("The address holds a NUL character."))
        return answer(request)

    return middleware
