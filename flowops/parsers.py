"""The body parser of every route: strict JSON, told apart by kind of refusal."""

from collections.abc import Iterable, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from flowops import strict_json
from flowops.problems import LengthRequired, TooLarge


class JSONAlways(DefaultContentNegotiation):
    """There is one format, whatever the Accept header wishes for."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        _refuse_other_charsets(media_type or "")
        try:
            return strict_json.loads(stream.read(strict_json.MAX_BYTES + 1))
        except strict_json.TooLarge as error:
            raise TooLarge(str(error)) from error
        except strict_json.NotStrictJSON as error:
            raise ParseError(f"Not valid JSON: {error}") from error


def refuse_unmeasured(request: Request) -> None:
    """WSGI hides a chunked body, which would be read as empty: ask for Content-Length instead."""
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        raise LengthRequired("Send a Content-Length header; chunked bodies are not read.")


def _refuse_other_charsets(media_type: str) -> None:
    _, _, parameters = media_type.partition(";")
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() == "charset" and value.strip('" ').lower() not in ("utf-8", "utf8"):
        raise ParseError("Not valid JSON: only UTF-8 is read")
