"""Holds packets for a while: delay.py DEVICE MS makes a TUN device, and gives back what is sent to it so much later.

For a router, which sends what it gets to the device, and what the device gives on to where it goes. Segments that the
kernel has not cut up yet stay whole (the header of virtio), so that there are few packets. It sleeps until a packet comes or
is due, and so takes a processor for each packet and not for the time between; what it takes is measured beside the rest."""

import collections
import contextlib
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 0x01, 0x02, 0x04
LARGEST = 1 << 17


def open_tun(name):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
    return tun


def relay(tun, delay):
    held = collections.deque()  # (when it is due, packet): all are held for as long, so the first is always due first
    clock = time.monotonic
    while True:
        select.select([tun], [], [], max(0.0, held[0][0] - clock()) if held else None)
        with contextlib.suppress(BlockingIOError):
            while True:
                held.append((clock() + delay, os.read(tun, LARGEST)))
        now = clock()
        while held and held[0][0] <= now:
            packet = held.popleft()[1]
            with contextlib.suppress(OSError):  # as a wire loses what nobody takes
                os.write(tun, packet)


def main():
    tun = open_tun(sys.argv[1])
    with contextlib.suppress(OSError):  # it sleeps most of the time, and must wake in time
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    print("ready", flush=True)
    relay(tun, float(sys.argv[2]) / 1000)


if __name__ == "__main__":
    main()
