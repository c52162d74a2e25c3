#!/usr/bin/env python3
"""Compares the pairs of a batch on many workers, with Dask. docs/clusters.md tells more.

    dask_batch.py photos --out results --workers 4 -- --engine cpu --mm-per-px 0.05
    dask_batch.py /disk/photos --out /disk/results --scheduler tcp://10.0.0.1:8786 --gpu 0 --gpu 1

What stands after -- goes to `dermetric batch`. Each task is a part of the batch (`--shard K/N`). All parts write into one
folder, which every worker sees under the same name: a part that is begun again, by whomever, keeps the reports that are
there. What goes to stdout, and the exit status, are those of `dermetric merge` over all of it.
"""

import argparse
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dask.distributed import Client, KilledWorker, LocalCluster, as_completed
from dask.system import CPU_COUNT

# Exit status of `dermetric batch`. Pairs that were refused or failed are results: `merge` tells of them.
FINISHED = {0, 1}
# Wrong usage, a bad manifest, no such engine, no place for results: the next worker would say the same.
HOPELESS = {2, 3, 4, 6}
# A part that ended otherwise so often (a lost GPU, no memory, killed workers) is left; `merge` tells what it lacks.
TRIES = 5


def take_gpu(gpus):
    """A GPU of this machine that no other worker has, and the lock that holds it.

    Workers on one machine share out its GPUs like this, and not by CUDA_VISIBLE_DEVICES, which Vulkan does not heed.
    """
    while True:
        for gpu in gpus:
            lock = open(Path(tempfile.gettempdir(), f"dermetric-gpu-{gpu}.lock"), "a")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return gpu, lock
            except BlockingIOError:
                lock.close()
        time.sleep(0.2)


def compare(part, parts, batch, out, gpus):
    """Runs on a worker: compares one part of the pairs. The exit status of dermetric, and what it said."""
    log = open(Path(out, f"part-{part}-of-{parts}.log"), "a+", encoding="utf-8", errors="replace")
    # A worker that was killed, or is cut off, may have left a dermetric at work on this very part, which would refuse a
    # second one. The lock is free when nobody has the log open any more, neither that worker nor its dermetric,
    # whose stderr it is. Then every report that the other one finished is kept. Folders of their own for each try would
    # need no lock, and would begin at nothing each time.
    fcntl.flock(log, fcntl.LOCK_EX)
    command = [*batch, "--shard", f"{part}/{parts}"]
    held = []
    if gpus:
        gpu, lock = take_gpu(gpus)
        command += ["--gpu", gpu]
        # A dermetric that was left behind keeps its GPU.
        held.append(lock.fileno())
    # On Linux, dermetric ends with its worker: what nobody waits for should not take a processor. Nothing rests on this.
    if sys.platform == "linux" and shutil.which("setpriv"):
        command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
    print(f"worker {os.getpid()} on {socket.gethostname()}", file=log, flush=True)
    begin = log.tell()
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, pass_fds=held)
    log.seek(begin)
    said = log.read().strip()
    print(f"exit status {ended.returncode}", file=log, flush=True)
    return ended.returncode, said


def run(client, parts, *what):
    """Has every part compared. An exit status where that is hopeless."""

    def begin(part):
        # Not pure: what the same call came to before is no answer.
        return client.submit(compare, part, parts, *what, pure=False)

    tries = {begin(part): (part, 1) for part in range(1, parts + 1)}
    ends = as_completed(list(tries))
    for future in ends:
        part, count = tries.pop(future)
        try:
            status, said = future.result()
            how = f"exit status {status}\n{said}".strip()
        except KilledWorker:
            # Dask says this of a part that several workers in a row did not survive, were it by chance.
            status, how = None, "its workers were lost"
        if status in FINISHED:
            how = f"done, {len(tries)} to go"
        elif status not in HOPELESS and count < TRIES:
            again = begin(part)
            tries[again] = (part, count + 1)
            ends.add(again)
            how = f"once more: {how}"
        print(f"part {part} of {parts}: {how}", file=sys.stderr, flush=True)
        if status in HOPELESS:
            client.cancel(list(tries))
            return status
    return None


def main():
    cut = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path, help="folder of pairs, or manifest (.csv)")
    parser.add_argument("--out", type=Path, required=True, help="folder of results")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--scheduler", help="address of a Dask scheduler")
    where.add_argument("--workers", type=int, help="so many worker processes on this machine")
    parser.add_argument("--parts", type=int, help="parts of the batch (default: four for each worker)")
    parser.add_argument("--gpu", action="append", help="a GPU of each machine, by index or PCI address; may be repeated")
    parser.add_argument("--dermetric", default="dermetric", help="the program, on every machine")
    asked = parser.parse_args(sys.argv[1:cut])

    program = os.path.abspath(asked.dermetric) if os.sep in asked.dermetric else asked.dermetric
    source, out = asked.input.absolute(), asked.out.absolute()
    batch = [program, "batch", str(source), "--out", str(out), *sys.argv[cut + 1 :]]
    if asked.workers and not any(option.startswith("--threads") for option in batch):
        batch += ["--threads", str(max(1, CPU_COUNT // asked.workers))]
    out.mkdir(parents=True, exist_ok=True)

    local = {"threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    cluster = asked.scheduler or LocalCluster(n_workers=asked.workers, **local)
    with Client(cluster) as client:
        client.wait_for_workers(1)
        parts = asked.parts or 4 * len(client.nthreads())
        status = run(client, parts, batch, str(out), asked.gpu)
    if asked.workers:
        cluster.close()
    return status or subprocess.call([program, "merge", str(source), "--out", str(out)])


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
