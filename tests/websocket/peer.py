"""The cases of RFC 6455 by `websockets` of PyPI: `peer.py URL TOKEN`. Prints how many passed."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

URL, TOKEN = sys.argv[1:]
PATIENCE = 20


def socket(query=f"?token={TOKEN}", protocol="vite-hmr", origin=URL, **how):
    address = URL.replace("http", "ws") + "/" + query
    return connect(address, subprotocols=[protocol], origin=origin, **how)


def echo(data):
    return json.dumps({"type": "custom", "event": "echo", "data": data})


async def receive(peer):
    return json.loads(await asyncio.wait_for(peer.recv(), PATIENCE))


async def opened(peer):
    assert await receive(peer) == {"type": "connected"}


async def closed(peer):
    try:
        while True:
            await asyncio.wait_for(peer.recv(), PATIENCE)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else None


async def a_message_comes_back():
    async with socket() as peer:
        await opened(peer)
        for data in ["", "é💓", {"deep": [[[1]]]}, None, "x" * 60_000]:
            await peer.send(echo(data))
            assert (await receive(peer))["data"] == data


async def a_message_in_pieces_comes_back():
    async with socket() as peer:
        await opened(peer)
        text = echo("in pieces")
        await peer.send(iter(text))
        assert (await receive(peer))["data"] == "in pieces"


async def a_ping_is_answered():
    async with socket() as peer:
        await opened(peer)
        for payload in [b"", b"x" * 125]:
            await asyncio.wait_for(await peer.ping(payload), PATIENCE)


async def a_pong_that_nobody_asked_for_is_nothing():
    async with socket() as peer:
        await opened(peer)
        await peer.pong(b"unasked")
        await peer.send(echo(1))
        assert (await receive(peer))["data"] == 1


async def a_closing_is_answered():
    for code in [1000, 1001, 1003, 1011, 3000, 4999]:
        async with socket() as peer:
            await opened(peer)
            await peer.close(code, "goodbye")
            assert peer.close_code == code, (peer.close_code, code)


async def a_binary_message_is_not_taken():
    async with socket() as peer:
        await opened(peer)
        await peer.send(b"{}")
        assert await closed(peer) == 1003


async def too_much_is_not_taken():
    async with socket() as peer:
        await opened(peer)
        await peer.send("x" * 65_537)
        assert await closed(peer) == 1009


async def bad_frames_are_not_taken():
    bad = [
        (Frame(Opcode.TEXT, b"\xff"), True, 1007),
        (Frame(Opcode.TEXT, b"{}"), False, 1002),
        (Frame(Opcode.CONT, b"{}"), True, 1002),
        (Frame(Opcode.CLOSE, b"\x03\xed"), True, 1002),
    ]
    for frame, mask, code in bad:
        async with socket() as peer:
            await opened(peer)
            peer.transport.write(frame.serialize(mask=mask))
            assert await closed(peer) == code, frame


async def a_ping_for_the_server_is_closed():
    async with socket("", "vite-ping") as peer:
        assert await closed(peer) == 1000


async def who_may_not_is_refused():
    for how in [{"query": ""}, {"query": "?token=x"}, {"origin": "http://evil.test"}, {"query": "", "origin": None}]:
        try:
            async with socket(**how):
                raise AssertionError(f"{how} was let in")
        except InvalidStatus as refusal:
            assert refusal.response.status_code == 403, how


async def many_are_told_together():
    peers = [await socket() for _ in range(20)]
    for peer in peers:
        await opened(peer)
    await peers[0].send(echo("all"))
    for peer in peers:
        assert (await receive(peer))["data"] == "all"
    await asyncio.gather(*(peer.close() for peer in peers))


CASES = [
    a_message_comes_back,
    a_message_in_pieces_comes_back,
    a_ping_is_answered,
    a_pong_that_nobody_asked_for_is_nothing,
    a_closing_is_answered,
    a_binary_message_is_not_taken,
    too_much_is_not_taken,
    bad_frames_are_not_taken,
    a_ping_for_the_server_is_closed,
    who_may_not_is_refused,
    many_are_told_together,
]


async def main():
    for case in CASES:
        try:
            await case()
        except BaseException:
            print(f"failed: {case.__name__}", file=sys.stderr)
            raise
    print(f"{len(CASES)} cases passed")


asyncio.run(main())
