"""Frames a second of the spectral network in PyTorch, beside ours.

    pip install torch
    python evaluations/spectral/speed.py [--rounds 3]

A frame is 32 ms of sound: the network recalls its code, draws the 64 numbers of the next one after another, and decodes
them. PyTorch computes the network alone; ours also hears the prompt and makes sound of the frames. In each round both
are asked in turn, ours in a process of its own. Prints a table and writes speed.json beside this file.
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
BENCH = ["cargo", "bench", "-q", "-p", "consort", "--bench", "extend", "--", "--lines"]
FRAMES, SECONDS = 312, 0.032

# The preset `default` of crates/consort/src/families/spectral.
WIDTH, CODE, MEMORY, CONTEXT, MASKED, MIXTURE, BINS = 176, 64, 320, 192, 192, 3, 1025


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.memory = nn.LSTM(CODE, MEMORY)
        self.context, self.inner = nn.Linear(MEMORY + CODE, CONTEXT), nn.Linear(CONTEXT, MASKED)
        self.heard = nn.Parameter(torch.randn(CODE, MASKED) / 16)
        self.outer = nn.Parameter(torch.randn(CODE, MASKED, 3 * MIXTURE) / 28)
        self.said = nn.Linear(CONTEXT, CODE * 3 * MIXTURE)
        self.decode, self.colour, self.sound = nn.Linear(CODE, WIDTH), nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, BINS)

    def play(self, frames):
        code, state, sounds = torch.zeros(1, CODE), None, []
        for _ in range(frames):
            recalled, state = self.memory(code, state)
            context = torch.relu(self.context(torch.cat([recalled, code], 1)))[0]
            units, said = self.inner(context), self.said(context).view(CODE, 3 * MIXTURE)
            numbers = []
            for number in range(CODE):
                of_number = said[number] + torch.relu(units) @ self.outer[number]
                which = torch.multinomial(torch.softmax(of_number[:MIXTURE], 0), 1)
                uniform = torch.rand(1)
                scale = torch.exp(of_number[2 * MIXTURE + which] - 1)
                numbers.append(of_number[MIXTURE + which] + scale * torch.log(uniform / (1 - uniform)))
                units = units + numbers[-1] * self.heard[number]
            code = torch.stack(numbers, 1).clamp(-3, 3)
            sounds.append(self.sound(torch.relu(self.colour(torch.relu(self.decode(code))))))
        return sounds


def in_torch(network, threads):
    torch.set_num_threads(threads)
    network.play(10)
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        network.play(FRAMES)
        times.append(1e6 * (time.perf_counter() - begun) / FRAMES)
    return statistics.median(times)


def in_consort():
    lines = subprocess.run(BENCH, capture_output=True, text=True, check=True).stdout.splitlines()
    return next(json.loads(line)["us_per_frame"] for line in lines if line.startswith("{"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    torch.manual_seed(1)
    network = Network().eval()
    in_consort()
    times = {"consort": [], "torch, 1 thread": [], "torch, 2 threads": []}
    with torch.inference_mode():
        for _ in range(rounds):
            times["consort"].append(in_consort())
            times["torch, 1 thread"].append(in_torch(network, 1))
            times["torch, 2 threads"].append(in_torch(network, 2))
    found = {
        system: {
            "us_per_frame": statistics.median(of_rounds),
            "least": min(of_rounds),
            "most": max(of_rounds),
            "times_real_time": SECONDS * 1e6 / statistics.median(of_rounds),
            "times_ours": statistics.median(t / ours for t, ours in zip(of_rounds, times["consort"])),
        }
        for system, of_rounds in times.items()
    }
    report = {
        "date": datetime.date.today().isoformat(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "rounds": rounds,
        "systems": found,
    }
    (HERE / "speed.json").write_text(json.dumps(report, indent=1) + "\n")
    for system, said in found.items():
        print(f"{system}: {said['times_real_time']:.0f} times real time, {said['times_ours']:.2f} times as long as ours")


if __name__ == "__main__":
    main()
