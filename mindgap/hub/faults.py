"""Each way in which the Hub can fail, as one sentence: what, which, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies, proxy_bypass

from mindgap.errors import MindGapError, Unavailable
from mindgap.hub.watch import LEAST_SPEED, Stalled

if TYPE_CHECKING:
    import httpx2

AGAIN = "run the same command again."
_SHOWN = 80


class NoAnswer(Unavailable):
    """A host that cannot be reached or has fallen silent: asking it for something else would only wait again."""


def tidy(text: str, limit: int = _SHOWN) -> str:
    """`text` for a sentence: at most `limit` characters, "?" for what a terminal cannot print."""
    plain = "".join(c if c.isprintable() else "?" for c in text[: limit + 1])
    return plain if len(text) <= limit else f"{plain[: limit - 1]}…"


def host_of(address: str) -> str:
    """host[:port] of an address, never its user name or password, however it is written."""
    rest = (address.partition("://")[2] or address).lstrip("/")
    # a password may hold "/" and "@" as they are, so what stands before the last "@" goes first
    return tidy(re.split(r"[/?#]", rest.rpartition("@")[2])[0]) or "the Hub"


def without_password(address: str) -> str:
    """scheme://host[:port] of an address, the scheme where it has one."""
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://", address)
    return (scheme[0] if scheme else "") + host_of(address)


def session() -> Any:
    """The client's session. Raises Unavailable for a proxy or certificates that cannot be used."""
    import httpx2
    from huggingface_hub import get_session

    try:
        return get_session()
    except ImportError:
        raise _unusable_proxy("SOCKS needs a package that is not installed") from None
    except OSError as error:
        reason = f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read ({type(error).__name__})"
        raise Unavailable(reason, "correct or unset it.") from None
    except (ValueError, httpx2.InvalidURL) as error:
        # the words of such an error may hold the whole address, and with it the password
        raise _unusable_proxy(f"its address is refused with a {type(error).__name__}") from None


def _unusable_proxy(why: str) -> Unavailable:
    named = {scheme: address for scheme, address in getproxies().items() if scheme in ("http", "https", "all")}
    shown = " or ".join(f"{without_password(address)} ({scheme.upper()}_PROXY)" for scheme, address in named.items())
    cure = "name one of the form http://host:port, or unset the variable."
    return Unavailable(f"The proxy {shown or 'of the environment'} cannot be used, because {why}", cure)


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

    try:
        yield
    except MindGapError:
        raise
    except OfflineModeIsEnabled:
        raise offline(what) from None
    except (Stalled, httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.PoolTimeout) as error:
        amount = f"less than {LEAST_SPEED} bytes a second" if isinstance(error, Stalled) and error.slow else "nothing"
        host = host_of(_asked(error, endpoint))
        raise NoAnswer(f"{host} has sent {amount} for {seconds:g} s while {what} was fetched", AGAIN) from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise _no_address(error, what, endpoint) from None
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
        raise _unreachable(error, what, _asked(error, endpoint)) from None
    except httpx2.HTTPError as error:
        host = host_of(_asked(error, endpoint))
        raise Unavailable(f"The connection to {host} broke while {what} was fetched ({_line(error)})", AGAIN) from None
    except OSError as error:
        place = f" to {error.filename}" if error.filename else ""
        reason = f"{what} could not be written{place} ({error.strerror or _line(error)})"
        raise Unavailable(reason, "make room, or name another folder with HF_HOME and MINDGAP_CACHE.") from None


def offline(what: str) -> Unavailable:
    """Nothing may be fetched because the reader said so."""
    return Unavailable(f"HF_HUB_OFFLINE forbids fetching {what}", "unset HF_HUB_OFFLINE, then run the command again.")


def _asked(error: Exception, endpoint: str) -> str:
    """The address that was asked when the error came, which after a redirect is not the Hub's."""
    try:
        return str(error.request.url)  # type: ignore[attr-defined]
    except (AttributeError, RuntimeError):
        return endpoint


def _no_address(error: Exception, what: str, endpoint: str) -> Unavailable:
    asked = _asked(error, endpoint)
    if "://" in asked and without_password(asked).lower() != without_password(endpoint).lower():
        scheme = tidy(asked.partition(":")[0], 20)
        reason = f"{host_of(endpoint)} redirects {what} to an address of the kind {scheme!r}, which is not followed"
        return Unavailable(reason, f"check the network and its proxy, then {AGAIN}")
    reason = f"HF_ENDPOINT is {without_password(endpoint)!r}, which is no address"
    return Unavailable(reason, "set it to one, or unset it.")


def _unreachable(error: Exception, what: str, asked: str) -> Unavailable:
    host = host_of(asked)
    if "CERTIFICATE" in str(error).upper():
        cure = "set SSL_CERT_FILE to the certificates of your network."
        return Unavailable(f"The certificate of {host} is not trusted, so {what} was not fetched", cure)
    if proxy := proxy_for(asked):
        cure = "check HTTPS_PROXY and HTTP_PROXY, or name the host in NO_PROXY."
        return NoAnswer(f"The proxy {proxy} does not lead to {host}, so {what} was not fetched", cure)
    return NoAnswer(f"{host} cannot be reached, so {what} was not fetched", f"with a network, {AGAIN}")


def proxy_for(address: str) -> str | None:
    """The proxy that the environment names for an address, without its password; None where there is none."""
    proxies = getproxies()
    proxy = proxies.get(address.partition("://")[0].lower()) or proxies.get("all")
    return None if not proxy or proxy_bypass(host_of(address)) else without_password(proxy)


def _line(error: Any) -> str:
    said = re.sub(r"//\S*@", "//", " ".join(str(error).split()))
    return tidy(said, 120) or type(error).__name__
