"""Addresses that came from outside never lead into the bot's own network, however they are written."""

import asyncio
import gzip
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web

from glmbot.errors import ConfigError, FileTooLarge, GlmbotError, NotDelivered, RetryLater, UrlRefused
from glmbot.guarded_http.address import is_public
from glmbot.guarded_http.fetch import fetch
from glmbot.guarded_http.guard import Guard, Origin, checked_url, name_of, origin_named

SECRET = "token-do-not-show"
LOCAL = [
    "127.0.0.1", "127.0.0.53", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255",
    "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255", "169.254.169.254", "169.254.0.1",
    "100.64.0.1", "100.127.255.254", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.51.100.7", "203.0.113.9",
    "198.18.0.1", "198.19.255.255", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "::10.0.0.1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00::1", "fd00:ec2::254", "ff02::1", "ff0e::1",
    "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2002:c0a8:101::1", "2002:a9fe:a9fe::", "2001::1", "2001:0:7f00:1::", "2001:db8::1", "2001:10::1", "3fff::1",
    "100::1", "5f00::1", "4000::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1",
    "2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2400:3200::1", "64:ff9b::808:808", "2002:808:808::1",
    "::ffff:8.8.8.8",
]  # fmt: skip
MISWRITTEN = [
    "http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://0177.0.0.1/", "http://0x7f.0.0.1/",
    "http://0x7f.1/", "http://127.1/", "http://127.0.1/", "http://0/", "http://0x/", "http://127.0.0.1./",
    "http://127.0.0.1../", "http://localhost./", "http://.localhost/", "http://a..b/", "http://1.2.3.4.5/",
    "http://256.256.256.256/", "http://3232235521/", "http://2852039166/", "http://0251.0376.0251.0376/",
    "http://00127.0.0.1/", "http://127.0.0.1%2f@example.com/", "http://example.com@127.0.0.1/",
    "http://user:pass@example.com/", "http://@127.0.0.1/", "http://example.com:80@127.0.0.1/",
    "http://example.com\\@127.0.0.1/", "http:\\\\127.0.0.1\\", "http:/127.0.0.1/", "http:127.0.0.1", "//127.0.0.1/",
    "http:///127.0.0.1/", "http://127。0。0。1/", "http://127．0．0．1/", "http://127｡0｡0｡1/", "http://１２７.0.0.1/",
    "http://①②⑦.⓪.⓪.①/", "http://ⓛocalhost/", "http://loc\u00adalhost/", "http://例え.jp/", "http://%31%32%37.0.0.1/",
    "http://127.0.0.1\t/", "http://127.0.0.1\n/", "http://127.0.0.1 /", " http://127.0.0.1/", "http://127.0.0.1\x00/",
    "http://[::1", "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[v1.a]/",
    "http://[127.0.0.1]/", "http://[::ffff:127.0.0.1.]/", "http://[:::1]/", "http://::1/",
    "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "data:text/plain,x", "javascript:alert(1)",
    "ws://example.com/", "unix:///var/run/docker.sock", "http+unix://%2fvar%2frun%2fdocker.sock/", "jar:http://a!/b",
    "http://example.com:99999/", "http://example.com:-1/", "http://example.com:8o/", "http://example.com:80:80/",
    "http://", "https://?", "", "http://" + "a" * 300 + "/", "http://example.com/" + "x" * 3000,
    "http://example.com/\r\nHost: 127.0.0.1", "http://example.com#@127.0.0.1/ x",
]  # fmt: skip
OTHER_PORTS = [22, 25, 53, 445, 2375, 3306, 5432, 6379, 8080, 8443, 9200, 11211]


async def nobody(host: str, port: int) -> Sequence[str]:
    raise AssertionError(f"{host} was looked up")


@pytest.mark.parametrize("address", LOCAL)
def test_an_address_that_not_everybody_reaches_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", LOCAL)
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_an_address_that_is_not_public_is_not_opened(scheme: str, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(UrlRefused) as refusal:
        await fetch(f"{scheme}://{host}/latest?{SECRET}", 1000, Guard(resolve=nobody))
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize("address", LOCAL)
async def test_a_name_that_leads_to_one_is_not_opened(address: str) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        assert host == "files.example"
        return ["93.184.216.34", address]

    with pytest.raises(UrlRefused, match="'files.example' is not opened"):
        await fetch(f"https://files.example/{SECRET}", 1000, Guard(resolve=resolve))


@pytest.mark.parametrize("url", MISWRITTEN)
async def test_what_can_be_read_in_two_ways_is_not_opened(url: str) -> None:
    with pytest.raises(UrlRefused):
        await fetch(url, 1000, Guard(resolve=nobody))


@pytest.mark.parametrize("port", OTHER_PORTS)
async def test_other_ports_than_the_webs_are_not_opened(port: int) -> None:
    with pytest.raises(UrlRefused, match=f"port {port}"):
        await fetch(f"http://example.com:{port}/", 1000, Guard(resolve=nobody))


@pytest.mark.parametrize("url", ["http://localhost/", "https://localhost/", "http://ip6-localhost/"])
async def test_the_systems_own_names_of_this_machine_are_not_opened(url: str) -> None:
    with pytest.raises((UrlRefused, NotDelivered)):
        await fetch(url, 1000)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://cdn.discordapp.com/attachments/1/2/a.txt?ex=1&is=2", "cdn.discordapp.com"),
        ("HTTP://Example.COM/a b".replace(" ", "%20"), "example.com"),
        ("http://xn--fsqu00a.xn--0zwm56d/", "xn--fsqu00a.xn--0zwm56d"),
        ("http://[2606:4700:4700::1111]:80/", "2606:4700:4700::1111"),
        ("http://1.1.1.1/@x", "1.1.1.1"),
    ],
)
def test_plain_addresses_are_read(url: str, host: str) -> None:
    assert name_of(checked_url(url)) == host


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """A server at an address of this machine."""

    port: int
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Host header and path of each request."""


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    runners: list[web.AppRunner] = []

    async def start(
        answer: Handler, address: str = "127.0.0.2", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> Site:
        site = Site(port)

        async def note(request: web.Request) -> web.StreamResponse:
            site.asked.append((request.headers["Host"], request.path))
            return await answer(request)

        app = web.Application()
        app.router.add_get("/{path:.*}", note)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, address, port, ssl_context=tls).start()
        runners.append(runner)
        site.port = runner.addresses[0][1]
        return site

    yield start
    for runner in runners:
        await runner.cleanup()


class Names:
    """A resolver; names may lead elsewhere each time."""

    def __init__(self, **names: list[str]) -> None:
        self._names = names
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        found = self._names.get(host)
        if found is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [found.pop(0) if len(found) > 1 else found[0]]


def guard_of(names: Names, *sites: Site) -> Guard:
    """Return a guard for which 127.0.0.2 is public, the rest of this machine is not."""
    return Guard(
        resolve=names, is_public=lambda address: address == "127.0.0.2", ports=frozenset(s.port for s in sites)
    )


async def hello(_: web.Request) -> web.Response:
    return web.Response(body=b"hello")


async def test_a_file_is_read_from_the_address_that_was_checked(serve: Callable[..., Awaitable[Site]]) -> None:
    site = await serve(hello)
    names = Names(files=["127.0.0.2", "127.0.0.1"])
    assert await fetch(f"http://files:{site.port}/a?b", 5, guard_of(names, site)) == b"hello"
    assert names.asked == ["files"]
    assert site.asked == [(f"files:{site.port}", "/a")]


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run([*command, *subject, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
@pytest.mark.parametrize(("certified", "is_read"), [("files.example", True), ("other.example", False)])
async def test_the_certificate_is_that_of_the_name_not_of_the_address(
    serve: Callable[..., Awaitable[Site]], tmp_path: Path, certified: str, is_read: bool
) -> None:
    key, its_certificate = certificate(tmp_path, certified)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(its_certificate, key)
    names: list[str | None] = []
    context.sni_callback = lambda _, name, __: names.append(name)
    site = await serve(hello, tls=context)
    guard = guard_of(Names(**{"files.example": ["127.0.0.2"]}), site)
    guard = replace(guard, authorities=ssl.create_default_context(cafile=str(its_certificate)))
    if is_read:
        assert await fetch(f"https://files.example:{site.port}/", 5, guard) == b"hello"
    else:
        with pytest.raises(RetryLater, match="'files.example' is out of reach"):
            await fetch(f"https://files.example:{site.port}/", 5, guard)
    assert names == ["files.example"]


async def test_a_name_that_leads_elsewhere_the_second_time_changes_nothing(
    serve: Callable[..., Awaitable[Site]],
) -> None:
    inside = await serve(hello, "127.0.0.1")
    site = await serve(hello, "127.0.0.2", inside.port)
    names = Names(files=["127.0.0.2", "127.0.0.1"])
    assert await fetch(f"http://files:{site.port}/", 5, guard_of(names, site)) == b"hello"
    with pytest.raises(UrlRefused):
        await fetch(f"http://files:{site.port}/", 5, guard_of(names, site))
    assert (len(site.asked), inside.asked) == (1, [])


@pytest.mark.parametrize("target", ["http://inside:{port}/", "http://127.0.0.1:{port}/", "//127.0.0.1:{port}/x", "file:///x",
                                    "http://a@files:{port}/", "http://127.1:{port}/", "http://files:22/"])  # fmt: skip
async def test_a_redirection_into_the_own_network_is_not_followed(
    serve: Callable[..., Awaitable[Site]], target: str
) -> None:
    async def lead(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target.format(port=site.port)})

    site = await serve(lead)
    inside = await serve(hello, "127.0.0.1", site.port)
    with pytest.raises(UrlRefused):
        await fetch(f"http://files:{site.port}/", 5, guard_of(Names(files=["127.0.0.2"], inside=["127.0.0.1"]), site))
    assert inside.asked == []


@pytest.mark.parametrize(("num_hops", "is_read"), [(3, True), (4, False)])
async def test_three_redirections_are_followed(
    serve: Callable[..., Awaitable[Site]], num_hops: int, is_read: bool
) -> None:
    async def lead(request: web.Request) -> web.Response:
        hop = int(request.path.strip("/"))
        return (
            await hello(request) if hop == num_hops else web.Response(status=307, headers={"Location": f"/{hop + 1}"})
        )

    site = await serve(lead)
    guard = guard_of(Names(files=["127.0.0.2"]), site)
    if is_read:
        assert await fetch(f"http://files:{site.port}/0", 5, guard) == b"hello"
    else:
        with pytest.raises(NotDelivered, match="more than 3 redirections"):
            await fetch(f"http://files:{site.port}/0", 5, guard)


async def test_a_server_that_the_operator_names_is_opened_but_nobody_else_leads_there(
    serve: Callable[..., Awaitable[Site]],
) -> None:
    async def lead(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{named.port}/"})

    named, site = await serve(hello, "127.0.0.1"), await serve(lead)
    guard = replace(
        guard_of(Names(files=["127.0.0.2"]), site),
        named=frozenset({origin_named(f"http://127.0.0.1:{named.port}/api")}),
    )
    assert await fetch(f"http://127.0.0.1:{named.port}/a", 5, guard) == b"hello"
    with pytest.raises(UrlRefused):
        await fetch(f"http://files:{site.port}/", 5, guard)
    assert len(named.asked) == 1


async def test_a_body_is_bounded_however_it_is_declared(serve: Callable[..., Awaitable[Site]]) -> None:
    async def pour(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(bytes(65536))
        except ConnectionError:
            return response

    async def squeeze(request: web.Request) -> web.Response:
        assert request.headers["Accept-Encoding"] == "identity"
        return web.Response(body=gzip.compress(bytes(1000)), headers={"Content-Encoding": "gzip"})

    endless, packed, exact = await serve(pour), await serve(squeeze), await serve(hello)
    guard = guard_of(Names(files=["127.0.0.2"]), endless, packed, exact)
    with pytest.raises(FileTooLarge, match="more than 100000 bytes"):
        await fetch(f"http://files:{endless.port}/", 100_000, guard)
    with pytest.raises(NotDelivered, match=r"compressed \(gzip\)"):
        await fetch(f"http://files:{packed.port}/", 100_000, guard)
    with pytest.raises(FileTooLarge):
        await fetch(f"http://files:{exact.port}/", 4, guard)


async def test_a_server_that_drips_is_left_in_time(serve: Callable[..., Awaitable[Site]]) -> None:
    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b".")
                await asyncio.sleep(0.05)
        except ConnectionError:
            return response

    site = await serve(drip)
    with pytest.raises(RetryLater, match="did not answer within 0.5 s"):
        await fetch(f"http://files:{site.port}/", 9000, guard_of(Names(files=["127.0.0.2"]), site), deadline=0.5)


@pytest.mark.parametrize(
    ("status", "error"), [(404, NotDelivered), (403, NotDelivered), (429, RetryLater), (500, RetryLater)]
)
async def test_what_is_not_given_out_is_told_without_the_address(
    serve: Callable[..., Awaitable[Site]], status: int, error: type[GlmbotError]
) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=status)

    site = await serve(refuse)
    with pytest.raises(error, match="'files'") as told:
        await fetch(f"http://files:{site.port}/{SECRET}?{SECRET}", 5, guard_of(Names(files=["127.0.0.2"]), site))
    assert SECRET not in str(told.value)


async def test_a_name_that_is_none_and_a_server_that_is_away_are_told(serve: Callable[..., Awaitable[Site]]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.2", 0))
        site = Site(unused.getsockname()[1])
        guard = guard_of(Names(files=["127.0.0.2"]), site)
        with pytest.raises(NotDelivered, match="'nowhere' cannot be found"):
            await fetch(f"http://nowhere:{site.port}/", 5, guard)
        with pytest.raises(RetryLater, match="'files' is out of reach"):
            await fetch(f"http://files:{site.port}/", 5, guard)


def test_the_server_of_a_setting_has_its_port() -> None:
    assert origin_named("http://127.0.0.1:8080/api/v10") == Origin("http", "127.0.0.1", 8080)
    assert origin_named("https://discord.example/api") == Origin("https", "discord.example", 443)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "discord.example/api", "ws://discord.example", "http://", ""])
def test_a_setting_that_is_no_address_is_told(url: str) -> None:
    with pytest.raises(ConfigError, match="no address that begins with http"):
        origin_named(url)


async def test_an_ipv6_server_is_reached(serve: Callable[..., Awaitable[Site]]) -> None:
    try:
        site = await serve(hello, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    guard = replace(guard_of(Names(files=["::1"]), site), is_public=lambda address: address == "::1")
    assert await fetch(f"http://[::1]:{site.port}/", 5, guard) == b"hello"
    assert await fetch(f"http://files:{site.port}/", 5, guard) == b"hello"
    assert [host for host, _ in site.asked] == [f"[::1]:{site.port}", f"files:{site.port}"]
