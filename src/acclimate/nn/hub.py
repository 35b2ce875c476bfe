"""The hub of Hugging Face: whether it can be reached, told at once."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit

from acclimate.nn.body import cannot_have


def check_reachable(repository: str, files: Sequence[str], name: str) -> None:
    """Say at once that the hub cannot be reached, where its client would try again for a minute.

    Args:
        repository: On the hub.
        files: One of these suffices if it was downloaded before.
        name: What to call it in the error.

    Raises:
        InputError: None of the files is here, and the hub's address is not found.
    """
    from huggingface_hub import constants, try_to_load_from_cache

    if urllib.request.getproxies():
        return
    if any(isinstance(try_to_load_from_cache(repository, file), str) for file in files):
        return
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, None)
    except OSError as error:
        raise cannot_have(name, error.strerror or error) from error
