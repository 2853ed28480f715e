"""The parts of HTTP/1.1 that the standard server leaves to its handlers: bodies, hosts, targets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from io import BufferedIOBase

MAX_BODY = 1024 * 1024
_PIECE = 64 * 1024
_MAX_LINE = 8 * 1024
_DEFAULT_PORTS = {"http": 80, "https": 443}


class MalformedError(Exception):
    """A request that breaks HTTP/1.1; says how."""


def read_body(headers: Message, stream: BufferedIOBase) -> bytes:
    """Give the body, whole or chunked, and of a longer one the first byte more than `MAX_BODY`.

    What is beyond is read and dropped: a client that is still sending cannot be answered.
    """
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        pieces = _chunks(stream)
    else:
        pieces = _exactly(stream, _length(headers.get("Content-Length", "0"), 10))
    kept = bytearray()
    for piece in pieces:
        kept += piece[: MAX_BODY + 1 - len(kept)]
    return bytes(kept)


def understand_body(raw: bytes) -> Any:
    """Give what a body holds: parsed where it is JSON, else its text, cut at `MAX_BODY` bytes."""
    text = raw[:MAX_BODY].decode("utf-8", errors="replace")
    if len(raw) > MAX_BODY:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def split_url(url: str) -> tuple[str, str]:
    """Give the host and the path with query of an absolute URL, as a proxy records them; else ValueError.

    The port stays on the host unless it is the scheme's own.
    """
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not an absolute http or https URL")
    query = f"?{parts.query}" if parts.query else ""
    return _host(parts.hostname, parts.port, _DEFAULT_PORTS[parts.scheme]), (parts.path or "/") + query


def split_authority(authority: str) -> tuple[str, str]:
    """Give the host name and the recorded host of the `host:port` a client asks to be connected to."""
    parts = urlsplit(f"//{authority}")
    if not parts.hostname or parts.path or parts.port is None:
        raise ValueError(f"{authority!r} is not host:port")
    return parts.hostname, _host(parts.hostname, parts.port, _DEFAULT_PORTS["https"])


def _host(name: str, port: int | None, default: int) -> str:
    shown = f"[{name}]" if ":" in name else name
    return shown if port in (None, default) else f"{shown}:{port}"


def _length(text: str, base: int) -> int:
    # int() alone would also take "-1", "+5", "1_000" and " 7 ".
    digits = text.strip()
    if not digits.isalnum() or not digits.isascii():
        raise MalformedError(f"{text!r} is not a length")
    try:
        return int(digits, base)
    except ValueError as error:
        raise MalformedError(f"{text!r} is not a length") from error


def _exactly(stream: BufferedIOBase, length: int) -> Iterator[bytes]:
    left = length
    while left:
        piece = stream.read(min(left, _PIECE))
        if not piece:
            raise MalformedError(f"the client left {left} bytes before the end of its body")
        left -= len(piece)
        yield piece


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    while length := _length(_line(stream).partition(";")[0], 16):
        yield from _exactly(stream, length)
        if _line(stream):
            raise MalformedError("a chunk is longer than it says")
    while _line(stream):
        pass  # trailers, which nobody reads


def _line(stream: BufferedIOBase) -> str:
    line = stream.readline(_MAX_LINE)
    if not line.endswith(b"\n"):
        raise MalformedError("the client left within a chunked body")
    return line.decode("latin-1").strip()
