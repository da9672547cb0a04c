#!/usr/bin/env python3
"""Several machines on one: network namespaces whose links have a given rate and delay, and mpirun over them.

Each namespace has one link, its eth0, to a router in a namespace of its own; both ends of a link let through no more than
the rate (tbf). A delay is added by the router: by netem where the kernel has it, else by delay.py, which holds packets."""

import argparse
import contextlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PREFIX = "sateen"
ROUTER = f"{PREFIX}-router"
AGENT = HERE / "agent"
# Larger pieces than packets, as network cards take them, and no larger than what a link lets through at once.
PIECE = 16_000
BURST = 20_000
# Of what was asked for. TCP's and IP's headers take some hundredths of the rate.
LEAST_SHARE, MOST_SHARE, MOST_LATE_MS = 0.85, 1.02, 0.5
QUEUE = 16 << 20  # bytes that wait for a link; more than is ever under way, so that nothing is lost


class Failed(Exception):
    """What could not be made, or is not as it was asked for, in a sentence."""


def call(*words, check=True, **options):
    return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=check,
                          timeout=60, **options)


def within(name, *words):
    return ["ip", "netns", "exec", name, *map(str, words)]


def requirements():
    """What is missing, in a sentence, or ""."""
    if os.geteuid() != 0:
        return "network namespaces need root; start this with sudo"
    missing = [tool for tool in ("ip", "tc", "unshare", "hostname") if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} not found; on Debian: apt install iproute2 util-linux hostname"
    return ""


class Namespaces:
    """with Namespaces(2, 1000, 0.5) as net: net.run(...); everything is removed at the end, however that comes."""

    def __init__(self, nodes, megabits, delay_ms=0.0, options=()):
        """options: of mpirun, beside those that it needs here."""
        self.nodes = [f"{PREFIX}{i}" for i in range(nodes)]
        self.megabits, self.delay_ms, self.options = megabits, delay_ms, options
        self.relay = None
        self.delayed_by = ""

    def address(self, node):
        return f"10.97.{self.nodes.index(node)}.2"

    def __enter__(self):
        missing = requirements()
        if missing:
            raise Failed(missing)
        taken = [name for name in call("ip", "netns", "list").stdout.split() if name in (*self.nodes, ROUTER)]
        if taken:
            raise Failed(f"the namespaces {', '.join(taken)} exist already; another start has them, or namespaces.py --clean "
                         "removes them")
        try:
            self._build()
        except subprocess.CalledProcessError as error:
            self.__exit__()
            raise Failed(f"{' '.join(error.cmd)}: {error.stderr.strip()}") from None
        except BaseException:
            self.__exit__()
            raise
        return self

    def _build(self):
        call("ip", "netns", "add", ROUTER)
        call(*within(ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
                     "net.ipv4.conf.default.rp_filter=0", "net.ipv4.conf.all.send_redirects=0"))
        hosts = "127.0.0.1 localhost\n" + "".join(f"{self.address(node)} {node}\n" for node in self.nodes)
        for i, node in enumerate(self.nodes):
            call("ip", "netns", "add", node)
            call("ip", "link", "add", "eth0", "netns", node, "type", "veth", "peer", "name", f"to{i}", "netns", ROUTER)
            for name, device, address in ((node, "eth0", 2), (ROUTER, f"to{i}", 1)):
                call("ip", "-n", name, "link", "set", device, "gso_max_size", PIECE)
                call("ip", "-n", name, "addr", "add", f"10.97.{i}.{address}/24", "dev", device)
                call("ip", "-n", name, "link", "set", device, "up")
                call("tc", "-n", name, "qdisc", "add", "dev", device, "root", "handle", "1:", "tbf", "rate",
                     f"{self.megabits}mbit", "burst", BURST, "limit", QUEUE)
            call("ip", "-n", node, "link", "set", "lo", "up")
            call("ip", "-n", node, "route", "add", "default", "via", f"10.97.{i}.1")
            folder = pathlib.Path("/etc/netns") / node  # ip netns exec shows it as /etc/hosts
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "hosts").write_text(hosts, encoding="utf-8")
        if self.delay_ms:
            self._delay()

    def _delay(self):
        """Each packet comes through the router once, whatever its way."""
        if all(call("tc", "-n", node, "qdisc", "add", "dev", "eth0", "parent", "1:", "netem", "delay",
                    f"{self.delay_ms}ms", "limit", 100_000, check=False).returncode == 0 for node in self.nodes):
            self.delayed_by = "netem"
            return
        for node in self.nodes:  # where it took before it failed at one, both would delay
            call("tc", "-n", node, "qdisc", "del", "dev", "eth0", "parent", "1:", check=False)
        # Nobody reads what the relay prints but for the line that says that it is ready.
        self.relay = subprocess.Popen(within(ROUTER, sys.executable, HERE / "delay.py", "tun0", self.delay_ms),
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if self.relay.stdout.readline().strip() != "ready":
            raise Failed("the relay that delays packets did not start")
        self.delayed_by = "delay.py"
        call("ip", "-n", ROUTER, "link", "set", "tun0", "up", "txqueuelen", 100_000)
        call("ip", "-n", ROUTER, "route", "add", "default", "dev", "tun0", "table", 97)
        for i in range(len(self.nodes)):
            call("ip", "-n", ROUTER, "rule", "add", "iif", f"to{i}", "lookup", 97)

    def __exit__(self, *_):
        if self.relay:
            self.relay.kill()
            self.relay.wait()
        clean([*self.nodes, ROUTER])

    def mpirun(self, ranks, *command):
        """The command line that starts so many ranks, one on each node while they last, from the first of them."""
        nodes = self.nodes[:ranks]
        each = -(-ranks // len(nodes))
        words = ["mpirun", "--np", ranks, "--host", ",".join(f"{node}:{each}" for node in nodes), "--map-by", "node",
                 "--bind-to", "none", "--mca", "plm_rsh_agent", AGENT, "--mca", "plm_rsh_no_tree_spawn", "1", "--mca", "pml",
                 "ob1", "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "eth0", "--mca", "oob_tcp_if_include",
                 "eth0", *self.options]
        return [str(AGENT), self.nodes[0], shlex.join(map(str, [*words, *command]))]


def mpi_environment():
    """Of Open MPI: root may run it, more ranks than processors, and ranks that wait leave the processor to others."""
    return {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
            "OMPI_MCA_btl_base_warn_component_unused": "0"}


def clean(names):
    """Ends what still runs in them, and removes them."""
    for name in names:
        if not pathlib.Path("/run/netns", name).exists():
            continue
        left = call("ip", "netns", "pids", name, check=False).stdout.split()
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        call("ip", "netns", "del", name, check=False)
        shutil.rmtree(pathlib.Path("/etc/netns") / name, ignore_errors=True)
    with contextlib.suppress(OSError):
        pathlib.Path("/etc/netns").rmdir()


def ours():
    names = [line.split()[0] for line in call("ip", "netns", "list").stdout.splitlines() if line]
    return [name for name in names if re.fullmatch(f"{PREFIX}(\\d+|-router)", name)]


def stop_as_by_ctrl_c():
    """SIGTERM ends the with-block too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def check_link(net, other, seconds):
    """(milliseconds there and back, least and median; megabits a second one way, and each of both) from the first node."""
    server = subprocess.Popen(within(other, sys.executable, HERE / "link.py", "serve"), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
    try:
        server.stdout.readline()
        done = subprocess.run(within(net.nodes[0], sys.executable, HERE / "link.py", "probe", net.address(other), seconds),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True, timeout=60)
        return tuple(map(float, done.stdout.split()))
    finally:
        server.kill()
        server.wait()


def fault(net, least, one_way, both_ways):
    """What is wrong with a link, or ""."""
    asked = 2 * net.delay_ms
    if not LEAST_SHARE * net.megabits <= one_way <= MOST_SHARE * net.megabits or both_ways > MOST_SHARE * net.megabits:
        return f"{one_way:.0f} Mbit/s one way and {both_ways:.0f} each of both instead of {net.megabits}"
    if not asked <= least <= asked + MOST_LATE_MS:
        return f"{least:.2f} ms there and back instead of {asked:g}"
    return ""


def check_links(net, seconds=0.7, tries=3):
    """What check_link finds between the first node and each other one; Failed where one is not as it was asked for, each time
    of some, as another program may hold one up."""
    found = []
    for other in net.nodes[1:]:
        for _ in range(tries):
            measured = check_link(net, other, seconds)
            wrong = fault(net, measured[0], *measured[2:])
            if not wrong:
                break
        if wrong:
            raise Failed(f"the link between {net.nodes[0]} and {other} has {wrong}")
        found.append(measured)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, epilog="Without a COMMAND the link is only checked.")
    parser.add_argument("--nodes", type=int, default=2, help="namespaces (default: 2)")
    parser.add_argument("--rate", type=float, default=1000, metavar="MBIT", help="of each link, in Mbit/s (default: 1000)")
    parser.add_argument("--delay", type=float, default=0, metavar="MS", help="of each packet, in milliseconds (default: 0)")
    parser.add_argument("--ranks", type=int, help="of the command (default: one on each node)")
    parser.add_argument("--clean", action="store_true", help="remove what an earlier start left, and do nothing else")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what mpirun starts, after --")
    given = parser.parse_args()
    stop_as_by_ctrl_c()
    if given.nodes < 2 or given.nodes > 200:
        parser.error("--nodes is 2 to 200")
    missing = requirements()
    if missing:
        raise SystemExit(f"namespaces: {missing}")
    if given.clean:
        clean(ours())
        return
    with Namespaces(given.nodes, given.rate, given.delay) as net:
        command = given.command[1:] if given.command[:1] == ["--"] else given.command
        if command:
            sys.exit(subprocess.run(net.mpirun(given.ranks or given.nodes, *command), env=mpi_environment(),
                                    check=False).returncode)
        begin = time.monotonic()
        least, median, one_way, both_ways = check_link(net, net.nodes[1], 2.0)
        print(f"asked: {given.rate:g} Mbit/s, {2 * given.delay:g} ms there and back. Measured in "
              f"{time.monotonic() - begin:.1f} s: {least:.3f} ms there and back at the least, {median:.3f} ms in the median; "
              f"{one_way:.1f} Mbit/s in one direction, {both_ways:.1f} Mbit/s in each of both at once")


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"namespaces: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
