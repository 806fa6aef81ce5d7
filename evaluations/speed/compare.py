"""Holds the speed of Consort against PyTorch, ONNX Runtime and burn's own layers, in one interleaved run.

    pip install torch onnx onnxruntime
    python evaluations/speed/compare.py [--rounds 5] [--seconds 1] [--readme]

Builds Consort, then in each round takes every workload in turn and asks each system for it, one after
another, on two threads each. A figure is the median over the rounds of the rounds' medians, so that other work on the
machine meets all systems alike. Writes evaluations/<date>-speed-<commit>/ and, with --readme, the table
of README.md between its two marks.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
MARKS = ["<!-- speed: begin -->", "<!-- speed: end -->"]
SYSTEMS = ["consort", "torch", "onnx", "burn"]

# Name, what it is, and which of ours stand beside the same of theirs.
WORKLOADS = [
    ("w1i46", "20 convolutions 5x5, 64 channels: one image of 32x46"),
    ("w1i128", "one image of 32x128"),
    ("w1t46", "learning from 16 of 32x46"),
    ("w1bi46", "48 separable convolutions, 128 channels: one image of 32x46"),
    ("w1bi128", "one image of 32x128"),
    ("w1bt46", "learning from 16 of 32x46"),
    ("w2s", "3 LSTM of 256 over symbols: drawing one, 16-bit weights"),
    ("w2s-f32", "drawing one, 32-bit weights"),
    ("w2s-int8", "drawing one, 8-bit weights"),
    ("w2t", "learning from 16 x 64 symbols"),
    ("w3i", "3 LSTM of 176 both ways: 4 sequences of 512"),
    ("w3t", "learning from them"),
    ("w4s", "2 LSTM of 128: one step, 16-bit weights"),
    ("w4s-f32", "one step, 32-bit weights"),
    ("w4t", "learning from 64 x 128 steps"),
    ("w5i", "2 LSTM of 1024 between 8000 points: 4 sequences of 40"),
    ("w5t", "learning from them"),
]


class Lines:
    """A system that answers each line with a line."""

    def __init__(self, *command):
        pipe = subprocess.PIPE
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=quiet, text=True)

    def measure(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["times"]


class Program:
    """A program that is started for each workload."""

    def __init__(self, *command):
        self.command = command
        self.peaks = []

    def measure(self, name):
        environment = {**os.environ, "RAYON_NUM_THREADS": "2"}
        command = [part.format(name=name) for part in self.command]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode == 2:
            return None
        said = json.loads(done.stdout)
        if "workloads" not in said:
            return said
        self.peaks.append(said["peak"])
        return said["workloads"][0]


def command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--burn-rounds", type=int, default=1, help="rounds in which burn takes part: it is slow")
    parser.add_argument("--readme", action="store_true")
    parser.add_argument("--only", nargs="*", help="workloads to measure [default: all]")
    return parser.parse_args()


def build():
    cargo = ["cargo", "build", "--release", "--quiet"]
    subprocess.run(cargo, cwd=ROOT, check=True)
    example = ["-p", "consort-learn", "--example", "plain_burn"]
    subprocess.run(cargo + example, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
    return target / "consort", target / "examples" / "plain_burn"


def round_of(systems, names):
    """The median of each workload and system."""
    found = {}
    for name in names:
        for system, run in systems.items():
            # Other systems have no weights of fewer bits.
            theirs = name.split("-")[0]
            if system != "consort" and theirs != name:
                continue
            times = run.measure(name)
            if times is not None:
                found[name, system] = times["median_s"]
        print(name, *(f"{s} {1e3 * found[name, s]:.3f}" for s in systems if (name, s) in found), flush=True)
    return found


def summary(rounds, names):
    """For each workload and system: the median, and the median ratio of Consort to it."""
    rows = {}
    for name in names:
        theirs = name.split("-")[0]
        row = {}
        for system in SYSTEMS:
            place = (name if system == "consort" else theirs, system)
            values = [r[place] for r in rounds if place in r]
            if not values:
                continue
            row[system] = {"median_s": statistics.median(values), "rounds_s": values}
            if system != "consort":
                ratios = [r[name, "consort"] / r[theirs, system] for r in rounds if (theirs, system) in r]
                row[system]["ratio"] = statistics.median(ratios)
                row[system]["ratios"] = ratios
        rows[name] = row
    return rows


def table(rows):
    lines = [
        "| | Consort, ms | PyTorch | ONNX Runtime | burn's layers |",
        "|---|---|---|---|---|",
    ]
    digits = lambda seconds: f"{1e3 * seconds:.3g}" if seconds < 1 else f"{1e3 * seconds:.0f}"
    for name, about in WORKLOADS:
        if name not in rows:
            continue
        row = rows[name]
        cell = lambda system: f"{digits(row[system]['median_s'])} ({1 / row[system]['ratio']:.2g}x)" if system in row else "-"
        cells = " | ".join(cell(system) for system in SYSTEMS[1:])
        lines.append(f"| `{name}` {about} | {digits(row['consort']['median_s'])} | {cells} |")
    return "\n".join(lines)


def versions():
    found = {}
    for package in ["torch", "onnxruntime"]:
        code = f"import {package}; print({package}.__version__)"
        found[package] = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
    found["rustc"] = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.strip()
    found["burn"] = "0.22.1"
    return found


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def main():
    asked = command_line()
    names = [name for name, _ in WORKLOADS if not asked.only or name in asked.only]
    consort, burn = build()
    seconds = str(asked.seconds)
    ours = Program(str(consort), "bench", "{name}", "--seconds", seconds, "--json")
    systems = {
        "consort": ours,
        "torch": Lines(sys.executable, str(HERE / "others.py"), "torch", seconds),
        "onnx": Lines(sys.executable, str(HERE / "others.py"), "onnx", seconds),
        "burn": Program(str(burn), "{name}"),
    }
    load = [os.getloadavg()[0]]
    rounds = []
    for index in range(asked.rounds):
        print(f"round {index + 1} of {asked.rounds}", flush=True)
        if index == asked.burn_rounds:
            del systems["burn"]
        rounds.append(round_of(systems, names))
        load.append(os.getloadavg()[0])
    rows = summary(rounds, names)
    git = lambda *words: subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    commit = git("rev-parse", "--short=12", "HEAD")
    changed = bool(git("status", "--porcelain", "--", "crates"))
    peak = {key: max(peak[key] for peak in ours.peaks) for key in ["flops", "bytes"]}
    report = {
        "commit": commit + (" with changes" if changed else ""),
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": 2,
        "rounds": asked.rounds,
        "seconds": asked.seconds,
        "burn_rounds": asked.burn_rounds,
        "versions": versions(),
        "load_average": load,
        "peak": peak,
        "workloads": rows,
    }
    folder = ROOT / "evaluations" / f"{report['date']}-speed-{commit}"
    folder.mkdir(exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    text = table(rows)
    (folder / "report.md").write_text(setup(report) + "\n" + text + "\n")
    print(text)
    if asked.readme:
        write_readme(folder, text)


def setup(report):
    versions = report["versions"]
    return (
        f"# Speed, {report['date']}, commit {report['commit']}\n\n"
        f"{report['processor']}, {report['cores']} cores, two threads for each system: "
        f"{report['peak']['flops'] / 1e9:.0f} GFLOP/s in single precision and {report['peak']['bytes'] / 1e9:.0f} GB/s "
        f"from memory at most, as `consort bench` measures them.\n"
        f"PyTorch {versions['torch']}, ONNX Runtime {versions['onnxruntime']} (both from Python, whose calls are part of a sampled step), burn "
        f"{versions['burn']} on its CPU backend flex, {versions['rustc']}.\n"
        f"{report['rounds']} rounds, in each of which the systems took turns for {report['seconds']:g} s and three iterations at least "
        f"(burn 2 s, in the first {report['burn_rounds']} only); figures are medians over the rounds of medians. In brackets: how many times as long as Consort, the median over rounds. "
        f"Load average of the machine between rounds: {', '.join(f'{load:.1f}' for load in report['load_average'])}.\n"
        f"Consort trains with AdamW everywhere, burn's layers under the same loop; PyTorch with Adam, but RMSprop in w5t.\n"
        f"Others sample with 32-bit weights; ours stand beside the same figure of theirs in each precision.\n"
    )


def write_readme(folder, text):
    path = ROOT / "README.md"
    readme = path.read_text()
    before, rest = readme.split(MARKS[0])
    _, after = rest.split(MARKS[1])
    link = f"evaluations/{folder.name}/report.md"
    before = re.sub(r"\[conditions\]\([^)]*\)", f"[conditions]({link})", before)
    path.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")


if __name__ == "__main__":
    main()
