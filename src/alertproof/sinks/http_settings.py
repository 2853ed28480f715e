"""The overlay of one `http_config`: through the capture proxy, trusting its CA, with throw-away secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alertproof.sinks.edits import mapping

if TYPE_CHECKING:
    from alertproof.sinks.edits import Edits, Node
    from alertproof.sinks.throwaway import Owner, Throwaways

_OTHER_PROXY = ("proxy_from_environment", "no_proxy", "proxy_connect_header")
_CA = ("ca", "ca_file", "ca_ref")
_ENDED_TLS = ("cert", "cert_file", "cert_ref", "key", "key_file", "key_ref", "server_name")


@dataclass(frozen=True, slots=True)
class Redirection:
    """Where the changes are written down, and where throw-away secrets come from."""

    edits: Edits
    secrets: Throwaways

    def apply(self, http: Node, place: str, proxy_url: str, owner: Owner) -> None:
        """Send what an `http_config` governs through the proxy, in place."""
        self.edits.put(http, "proxy_url", proxy_url, place)
        for key in _OTHER_PROXY:
            self.edits.drop(http, key, place, "proxy_url replaces it")
        tls, tls_place = mapping(http, "tls_config"), f"{place}.tls_config"
        for key in _CA:
            self.edits.drop(tls, key, tls_place, "the capture proxy's CA is the trusted one")
        for key in _ENDED_TLS:
            self.edits.drop(tls, key, tls_place, "the capture proxy ends TLS")
        self.edits.drop(http, "oauth2", place, "its token would be asked of another host")
        self._replace_credentials(http, place, owner)

    def _replace_credentials(self, http: Node, place: str, owner: Owner) -> None:
        for part, part_place in (
            (http, place),
            (mapping(http, "basic_auth"), f"{place}.basic_auth"),
            (mapping(http, "authorization"), f"{place}.authorization"),
        ):
            self.replace_files(part, part_place, owner)
        for name, header in mapping(http, "http_headers").items():
            if isinstance(header, dict) and isinstance(header.get("files"), list):
                self.secrets.replace_list(header, "files", f"{place}.http_headers.{name}", owner)

    def replace_files(self, node: Node, place: str, owner: Owner) -> None:
        """Point the keys of a mapping that name a file with a secret at throw-aways.

        Mail is left out: its secrets are used, if ever, after the connection that is not made.
        """
        for key in [key for key in node if key.endswith("_file") and not key.startswith("smtp_")]:
            if isinstance(node[key], str) and node[key]:
                self.secrets.replace(node, key, place, owner)
