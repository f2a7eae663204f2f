"""Each way in which the Hub can fail, as one sentence: what, which, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mindgap.errors import MindGapError, Unavailable
from mindgap.hub.watch import Stalled

if TYPE_CHECKING:
    import httpx2

AGAIN = "run the same command again."


def refuse_status(response: httpx2.Response, what: str, host: str) -> None:
    """Nothing for a good answer; raises Unavailable for any other. `what` was asked of `host`."""
    status, code = response.status_code, response.headers.get("X-Error-Code", "")
    if status < 300:
        return
    if status in (401, 403):
        reason = f"{host} does not give out {what} ({status}: it is private, gated or not there)"
        raise Unavailable(reason, "check the name, accept its terms on its page, and log in with `hf auth login`.")
    if status == 404:
        missing = {"RevisionNotFound": "the revision", "EntryNotFound": "the file"}.get(code, "it")
        raise Unavailable(f"{host} has no {what} (404: {missing} is not there)", "check the name and the revision.")
    if status == 429:
        wait = response.headers.get("Retry-After", "")
        after = f"wait {wait} seconds" if wait.isdecimal() else "wait some minutes"
        raise Unavailable(f"{host} refuses {what} for now (429: too many requests)", f"{after}, then {AGAIN}")
    if status >= 500:
        raise Unavailable(f"{host} has a fault of its own ({status}) at {what}", f"later, {AGAIN}")
    raise Unavailable(f"{host} answered {status} for {what}", AGAIN)


@contextmanager
def as_sentences(what: str, endpoint: str, seconds: float) -> Iterator[None]:
    """Faults of the network and the disk inside the block become Unavailable. `seconds` is what was waited for."""
    import httpx2
    from huggingface_hub.errors import OfflineModeIsEnabled

    host = urlsplit(endpoint).netloc or endpoint
    try:
        yield
    except MindGapError:
        raise
    except OfflineModeIsEnabled:
        raise offline(what) from None
    except (Stalled, httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.PoolTimeout):
        raise Unavailable(f"{host} has sent nothing for {seconds:g} s while {what} was fetched", AGAIN) from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise Unavailable(f"HF_ENDPOINT is {endpoint!r}, which is no address", "set it to one, or unset it.") from None
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
        raise _unreachable(error, what, endpoint, host) from None
    except httpx2.HTTPError as error:
        raise Unavailable(f"The connection to {host} broke while {what} was fetched ({_line(error)})", AGAIN) from None
    except OSError as error:
        place = f" to {error.filename}" if error.filename else ""
        reason = f"{what} could not be written{place} ({error.strerror or _line(error)})"
        raise Unavailable(reason, "make room, or name another folder with HF_HOME and MINDGAP_CACHE.") from None


def offline(what: str) -> Unavailable:
    """Nothing may be fetched because the reader said so."""
    return Unavailable(f"HF_HUB_OFFLINE forbids fetching {what}", "unset HF_HUB_OFFLINE, then run the command again.")


def _unreachable(error: Exception, what: str, endpoint: str, host: str) -> Unavailable:
    if "CERTIFICATE" in str(error).upper():
        cure = "set SSL_CERT_FILE to the certificates of your network."
        return Unavailable(f"The certificate of {host} is not trusted, so {what} was not fetched", cure)
    if proxy := proxy_for(endpoint):
        cure = "check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY."
        return Unavailable(f"The proxy {proxy} does not lead to {host}, so {what} was not fetched", cure)
    return Unavailable(f"{host} cannot be reached, so {what} was not fetched", f"with a network, {AGAIN}")


def proxy_for(endpoint: str) -> str | None:
    """The proxy that the environment names for an address, without its password; None where there is none."""
    parts = urlsplit(endpoint)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc):
        return None
    return re.sub(r"//[^/@]*@", "//", proxy)


def _line(error: Any) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
