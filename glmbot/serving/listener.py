"""The socket that the model server listens on, and the line that says where."""

import errno
import ipaddress
import socket
import sys

from pydantic import SecretStr

from glmbot.errors import ConfigError

BACKLOG = 2048


def listen(host: str, port: int, token: SecretStr | None) -> socket.socket:
    """Bind and listen, so that a client that has read the address can connect at once. Raises ConfigError."""
    where = f"{host!r}, port {port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise ConfigError(f"host {host!r} is no address of this machine; use 127.0.0.1") from error
    if token is None and not _is_loopback(str(address[0])):
        raise ConfigError(
            f"host {host!r} can be reached by other machines: set a token in GLMBOT_SERVE_TOKEN, or listen on 127.0.0.1"
        )
    # With the protocol named, or asyncio would leave Nagle's algorithm on, at 40 ms for each answer.
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(f"cannot listen on {where}: {_reason(error)}") from error
    return listener


def announce(listener: socket.socket) -> None:
    """Print the address; whoever started us reads it from standard output."""
    host, port = listener.getsockname()[:2]
    sys.stdout.write(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
    sys.stdout.flush()


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "this user may not use that port; choose one from 1024 on with --port"
    if error.errno == errno.EADDRINUSE:
        return "the port is in use; stop the program that has it, or choose another with --port (0 takes a free one)"
    return f"{error.strerror}; choose an address of this machine with --host"


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback
