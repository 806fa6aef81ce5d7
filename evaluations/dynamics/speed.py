"""Notes a second of the dynamics network in PyTorch, beside ours.

    pip install torch
    python evaluations/dynamics/speed.py [--rounds 5]

`read` says what is to be expected of 3,000 notes at once; `play` also draws their velocities one after another,
each heard before the next. PyTorch computes the network, from numbers that are ready; ours is all of `consort
perform` but files: from a score to the score. In each round both are asked, one after the other, PyTorch with one
thread and with two, and ours in a process of its own. A figure is the median over the rounds of the rounds' medians.
Prints a table and writes speed.json beside this file.
"""

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import time

import torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
BENCH = ["cargo", "bench", "-q", "-p", "consort", "--bench", "perform", "--", "--lines"]

NOTES = 3000

# Sizes of crates/consort/src/families/dynamics: FEATURES, HISTORY, SAYING, and those of the preset.
FEATURES, HISTORY, SAYING = 129, 19, 96
READERS, WIDTH, HIDDEN, MEMORY, MIXTURE = 2, 128, 128, 128, 6


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.inward, self.deeper = nn.Linear(FEATURES, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.first = nn.LSTM(WIDTH, HIDDEN, batch_first=True, bidirectional=True)
        self.second = nn.LSTM(2 * HIDDEN, HIDDEN, batch_first=True, bidirectional=True)
        self.outward = nn.Linear(2 * HIDDEN + WIDTH, WIDTH)

    def forward(self, told):
        read = torch.relu(self.deeper(torch.relu(self.inward(told))))
        first, _ = self.first(read[None])
        second, _ = self.second(first)
        return torch.relu(self.outward(torch.cat([(first + second)[0], read], 1)))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.readers = nn.ModuleList(Reader() for _ in range(READERS))
        self.expected = nn.ModuleList(nn.Linear(WIDTH, 1) for _ in range(READERS))
        self.inward = nn.Linear(READERS * WIDTH + 1 + HISTORY + 2, MEMORY)
        self.memory = nn.LSTM(MEMORY, MEMORY)
        self.saying, self.said = nn.Linear(2 * MEMORY, SAYING), nn.Linear(SAYING, 3 * MIXTURE)

    def read(self, told):
        seen = [reader(told) for reader in self.readers]
        each = [expected(of_reader) for expected, of_reader in zip(self.expected, seen)]
        return torch.cat(seen, 1), torch.cat(each, 1).mean(1, keepdim=True)

    def play(self, told):
        seen, expected = self.read(told)
        known = torch.cat([seen, expected, torch.zeros(len(told), HISTORY + 2)], 1)
        state, velocities = None, []
        for note in range(len(told)):
            row = known[note : note + 1]
            if velocities:
                row[0, -3] = velocities[-1]
            read = torch.relu(self.inward(row))
            recalled, state = self.memory(read, state)
            said = self.said(torch.relu(self.saying(torch.cat([recalled, read], 1))))[0]
            which = torch.multinomial(torch.softmax(said[:MIXTURE], 0), 1)
            uniform = torch.rand(1)
            place, scale = said[MIXTURE + which], torch.exp(said[2 * MIXTURE + which])
            velocities.append(place + scale * torch.log(uniform / (1 - uniform)))
        return velocities


def in_torch(network, told, threads):
    torch.set_num_threads(threads)
    times = {}
    for name, task in [("read", network.read), ("play", network.play)]:
        task(told)
        of_task = []
        for _ in range(3):
            begun = time.perf_counter()
            task(told)
            of_task.append(1e6 * (time.perf_counter() - begun) / NOTES)
        times[name] = statistics.median(of_task)
    return times


def in_consort():
    lines = subprocess.run(BENCH, capture_output=True, text=True, check=True).stdout.splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    return {line["name"]: line["us_per_note"] for line in said}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    torch.manual_seed(1)
    network, told = Network().eval(), torch.rand(NOTES, FEATURES)
    in_consort()
    times = {}
    with torch.inference_mode():
        for _ in range(rounds):
            for system, measured in [
                ("consort", in_consort()),
                ("torch, 1 thread", in_torch(network, told, 1)),
                ("torch, 2 threads", in_torch(network, told, 2)),
            ]:
                for name, time_of in measured.items():
                    times.setdefault(name, {}).setdefault(system, []).append(time_of)
    median = lambda of_rounds: statistics.median(of_rounds)
    found = {
        name: {
            system: {
                "us_per_note": median(of_rounds),
                "least": min(of_rounds),
                "most": max(of_rounds),
                "notes_per_s": 1e6 / median(of_rounds),
                "times_ours": median(t / ours for t, ours in zip(of_rounds, systems["consort"])),
            }
            for system, of_rounds in systems.items()
        }
        for name, systems in times.items()
    }
    report = {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "rounds": rounds,
        "notes": NOTES,
        "tasks": found,
    }
    (HERE / "speed.json").write_text(json.dumps(report, indent=1) + "\n")
    for name, systems in found.items():
        for system, said in systems.items():
            print(f"{name}: {system}: {said['notes_per_s']:,.0f} notes/s, {said['times_ours']:.2f} times ours")


if __name__ == "__main__":
    main()
