"""Steps a second of drums played alone: the networks in PyTorch and ONNX Runtime, beside ours.

    pip install numpy torch onnx onnxruntime
    python evaluations/drums/speed.py [--rounds 5] [--seconds 0.5] [--ours FILE]

A step is what a network is asked for between two steps of a piece, batch 1, each step after the other. The default
network is fed with features that are ready, so that only the network is timed; a step of it says also how strokes are
struck, 1.2 of them on average. The article's networks hear their whole window anew each step, and what they say is
written at the end of it.

In each round every network is taken in turn and each system asked for it, one after another, each in a process of its
own that waits while others work. A figure is the median over the rounds of the rounds' medians; the best is that of
all runs of 100 steps, which other work on the machine touches least. `onnx` calls ONNX Runtime as its documentation
does, `onnx-bound` with inputs and outputs bound to memory once.

--ours names a file with lines of JSON: {"name": "default", "us_per_step": 12.3}, with "threads" if it is not 1 and
"best_us" if it is known. Lines that are no JSON are passed over, and of several lines of one name and number of
threads the median is taken. Prints a table and writes speed.json beside this file.
"""

import argparse
import datetime
import io
import itertools
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent

NETWORKS = ["default", "article-lstm-32", "article-lstm-128", "article-cnn-32", "article-cnn-128"]
SYSTEMS = ["torch", "onnx", "onnx-bound"]

# Strokes of each of the steps of the default network, in turn.
STROKES = [1, 1, 1, 1, 2]

# Steps that are timed at once; a whole number of turns of STROKES.
STEPS = 100

# Drums of the article's networks.
DRUMS = 6

# Combinations of nine drums; what the network says of them: of each drum and of each pair.
COMBINATIONS, SAID = 512, 9 + 36

# Velocities, moments, and whether a second stroke follows.
SAID_OF_STROKE = 65


def networks(sizes):
    """The networks, by name: a maker, and the shapes of its inputs."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    gelu = lambda x: F.gelu(x, approximate="tanh")

    class Default(nn.Module):
        def __init__(self):
            super().__init__()
            features, embedding, hidden, dense = sizes.features, sizes.embedding, sizes.hidden, sizes.dense
            self.inward = nn.Linear(features, embedding)
            self.memory = nn.LSTM(embedding, hidden, batch_first=True)
            self.dense = nn.Linear(hidden + embedding, dense)
            self.drums = nn.Linear(dense + features, SAID)
            struck = lambda drum, combination: combination >> drum & 1
            pairs = [(a, b) for a in range(9) for b in range(a)]
            rows = [[struck(a, c) for c in range(COMBINATIONS)] for a in range(9)]
            rows += [[struck(a, c) & struck(b, c) for c in range(COMBINATIONS)] for a, b in pairs]
            self.register_buffer("contributions", torch.tensor(rows, dtype=torch.float32))

        def forward(self, x, hidden, cell):
            read = gelu(self.inward(x))
            remembered, (hidden, cell) = self.memory(read[:, None], (hidden, cell))
            heard = gelu(self.dense(torch.cat([remembered[:, 0], read], 1)))
            said = self.drums(torch.cat([heard, x], 1))
            return F.log_softmax(said @ self.contributions, 1), heard, hidden, cell

    class Manner(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(sizes.dense + sizes.stroke_features, sizes.expression)
            self.outer = nn.Linear(sizes.expression, SAID_OF_STROKE)

        def forward(self, heard, stroke):
            return self.outer(gelu(self.inner(torch.cat([heard, stroke], 1))))

    class ArticleLstm(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.LSTM(DRUMS, 32, 3, batch_first=True)
            self.head = nn.Linear(32, DRUMS)

        def forward(self, window):
            return torch.sigmoid(self.head(self.layers(window)[0][:, -1]))

    class ArticleCnn(nn.Module):
        def __init__(self, steps):
            super().__init__()
            self.filters = nn.Conv1d(DRUMS, 32, 32)
            self.dense = nn.Linear(steps // 2 * 32, 16)
            self.head = nn.Linear(16, DRUMS)

        def forward(self, window):
            # As many steps out as in; the odd one is added after the last.
            padded = F.pad(window.transpose(1, 2), (15, 16))
            found = F.max_pool1d(F.relu(self.filters(padded)), 2)
            return torch.sigmoid(self.head(F.relu(self.dense(found.flatten(1)))))

    state = (1, 1, sizes.hidden)
    found = {
        "default": (Default, {"x": (1, sizes.features), "hidden": state, "cell": state}),
        "manner": (Manner, {"heard": (1, sizes.dense), "stroke": (1, sizes.stroke_features)}),
    }
    for steps in [32, 128]:
        found[f"article-lstm-{steps}"] = (ArticleLstm, {"window": (1, steps, DRUMS)})
        found[f"article-cnn-{steps}"] = (lambda steps=steps: ArticleCnn(steps), {"window": (1, steps, DRUMS)})
    return found


def measure(steps, seconds):
    """The median and the best time of a step in microseconds."""
    for _ in range(3):
        steps()
    begun, times = time.perf_counter(), []
    while len(times) < 3 or time.perf_counter() - begun < seconds:
        start = time.perf_counter()
        steps()
        times.append(1e6 * (time.perf_counter() - start) / STEPS)
    return statistics.median(times), min(times)


def in_torch(sizes):
    import torch

    made = {name: (make().eval(), shapes) for name, (make, shapes) in networks(sizes).items()}

    def of_default():
        network, shapes = made["default"]
        manner, stroke_shapes = made["manner"]
        told = [torch.rand(shapes["x"]) for _ in range(STEPS)]
        strokes = [torch.rand(stroke_shapes["stroke"]) for _ in range(STEPS)]

        def steps():
            with torch.inference_mode():
                hidden = cell = torch.zeros(shapes["hidden"])
                for x, stroke, count in zip(told, strokes, itertools.cycle(STROKES)):
                    _, heard, hidden, cell = network(x, hidden, cell)
                    for _ in range(count):
                        manner(heard, stroke)

        return steps

    def of_window(name):
        network, shapes = made[name]
        length = shapes["window"][1]
        tape = torch.rand(1, length + STEPS, DRUMS).gt(0.8).float()

        def steps():
            with torch.inference_mode():
                for at in range(STEPS):
                    tape[:, at + length] = (network(tape[:, at : at + length]) > 0.5).float()

        return steps

    return lambda name: of_default() if name == "default" else of_window(name)


def session(network, shapes, threads):
    """A network as ONNX Runtime has it."""
    import onnxruntime
    import torch

    file = io.BytesIO()
    inputs = tuple(torch.rand(shape) for shape in shapes.values())
    torch.onnx.export(network.eval(), inputs, file, dynamo=False, opset_version=17, input_names=list(shapes))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])


def in_onnx(sizes, threads, is_bound):
    import numpy

    made = {name: (session(make(), shapes, threads), shapes) for name, (make, shapes) in networks(sizes).items()}
    random = numpy.random.default_rng(1)
    rand = lambda shape: random.random(shape, dtype=numpy.float32)

    # The binding knows addresses only, so that the arrays are kept here.
    kept = []

    def bound(network, inputs, outputs):
        kept.extend([*inputs, *outputs])
        binding = network.io_binding()
        memory = lambda array: ("cpu", 0, numpy.float32, array.shape, array.ctypes.data)
        for given, array in zip(network.get_inputs(), inputs):
            binding.bind_input(given.name, *memory(array))
        for said, array in zip(network.get_outputs(), outputs):
            binding.bind_output(said.name, *memory(array))
        return lambda: network.run_with_iobinding(binding)

    def of_default():
        network, shapes = made["default"]
        manner, stroke_shapes = made["manner"]
        told = [rand(shapes["x"]) for _ in range(STEPS)]
        strokes = [rand(stroke_shapes["stroke"]) for _ in range(STEPS)]
        zeros = numpy.zeros(shapes["hidden"], numpy.float32)

        def steps():
            hidden = cell = zeros
            for x, stroke, count in zip(told, strokes, itertools.cycle(STROKES)):
                _, heard, hidden, cell = network.run(None, {"x": x, "hidden": hidden, "cell": cell})
                for _ in range(count):
                    manner.run(None, {"heard": heard, "stroke": stroke})

        x, stroke, heard = told[0].copy(), strokes[0].copy(), rand(stroke_shapes["heard"])
        next_ = rand((1, COMBINATIONS))
        # Two states, of which each step reads one and writes the other.
        states = [(zeros.copy(), zeros.copy()) for _ in range(2)]
        turns = [
            bound(network, [x, *states[turn]], [next_, heard, *states[1 - turn]]) for turn in range(2)
        ]
        say = bound(manner, [heard, stroke], [rand((1, SAID_OF_STROKE))])

        def steps_bound():
            for array in states[0]:
                array.fill(0)
            turn = itertools.cycle(turns)
            for x_now, stroke_now, count in zip(told, strokes, itertools.cycle(STROKES)):
                x[:] = x_now
                next(turn)()
                stroke[:] = stroke_now
                for _ in range(count):
                    say()

        return steps_bound if is_bound else steps

    def of_window(name):
        network, shapes = made[name]
        length = shapes["window"][1]
        tape = (rand((1, length + STEPS, DRUMS)) > 0.8).astype(numpy.float32)
        window, said = tape[:, :length].copy(), numpy.zeros((1, DRUMS), numpy.float32)
        run = bound(network, [window], [said])

        def steps():
            for at in range(STEPS):
                tape[:, at + length] = network.run(None, {"window": tape[:, at : at + length]})[0] > 0.5

        def steps_bound():
            for _ in range(STEPS):
                run()
                window[:, :-1] = window[:, 1:]
                window[:, -1] = said > 0.5

        return steps_bound if is_bound else steps

    return lambda name: of_default() if name == "default" else of_window(name)


def serve(asked):
    """Answers each name on standard input with the time of a step."""
    import warnings

    import torch

    warnings.filterwarnings("ignore")
    torch.manual_seed(1)
    torch.set_num_threads(asked.threads)
    if asked.serve == "torch":
        steps_of = in_torch(asked)
    else:
        steps_of = in_onnx(asked, asked.threads, asked.serve == "onnx-bound")
    for line in sys.stdin:
        print(*measure(steps_of(line.strip()), asked.seconds), flush=True)


class System:
    """A process that serves."""

    def __init__(self, asked, system, threads):
        size = lambda name: [f"--{name}", str(getattr(asked, name.replace("-", "_")))]
        sizes = sum((size(name) for name in SIZES), [])
        command = [sys.executable, __file__, "--serve", system, "--threads", str(threads), *sizes]
        command += ["--seconds", str(asked.seconds)]
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)

    def measure(self, name):
        self.process.stdin.write(name + "\n")
        self.process.stdin.flush()
        median, best = map(float, self.process.stdout.readline().split())
        return median, best

    def end(self):
        self.process.stdin.close()
        self.process.wait()


# Settings of the default network; how many features there are says
# crates/consort/src/families/drums/encoding/context.rs.
SIZES = {
    "features": 583,
    "embedding": 384,
    "hidden": 192,
    "dense": 256,
    "stroke-features": 56,
    "expression": 128,
}


def command_line():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each network and system in each round")
    parser.add_argument("--ours", type=pathlib.Path, help="what the benchmark of Consort printed")
    for name, size in SIZES.items():
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=HERE / "speed.json")
    parser.add_argument("--serve", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def summary(values):
    medians = [median for median, _ in values]
    median = statistics.median(medians)
    return {
        "us_per_step": median,
        "least": min(medians),
        "most": max(medians),
        "best": min(best for _, best in values),
        "steps_per_s": 1e6 / median,
        "rounds": medians,
    }


def ours(path):
    """The times in the output of the benchmark, by network and threads."""
    times = {}
    for line in path.read_text().splitlines():
        try:
            said = json.loads(line)
            place = said["name"], said.get("threads", 1)
            median = float(said["us_per_step"])
            times.setdefault(place, []).append((median, float(said.get("best_us", median))))
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return times


def table(rows):
    systems = list(dict.fromkeys(system for row in rows.values() for system in row))
    lines = ["| us per step (least to most; best); steps a second | " + " | ".join(systems) + " |"]
    lines.append("|---" * (len(systems) + 1) + "|")

    def cell(row, system):
        if system not in row:
            return "-"
        s = row[system]
        spread = f"{s['least']:.1f} to {s['most']:.1f}; {s['best']:.1f}"
        return f"{s['us_per_step']:.1f} ({spread}); {s['steps_per_s']:,.0f}"

    for name, row in rows.items():
        lines.append(f"| `{name}` | " + " | ".join(cell(row, system) for system in systems) + " |")
    return "\n".join(lines)


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def main():
    asked = command_line()
    if asked.serve:
        return serve(asked)
    from importlib.metadata import version

    label = lambda system, threads: f"{system}, {threads} thread" + ("s" if threads > 1 else "")
    systems = {
        label(system, threads): System(asked, system, threads) for system in SYSTEMS for threads in [1, 2]
    }
    times = {name: {system: [] for system in systems} for name in NETWORKS}
    load = [os.getloadavg()[0]]
    for index in range(asked.rounds):
        for name in NETWORKS:
            for system, process in systems.items():
                times[name][system].append(process.measure(name))
        load.append(os.getloadavg()[0])
        print(f"round {index + 1} of {asked.rounds}", flush=True)
    for process in systems.values():
        process.end()
    if asked.ours:
        for (name, threads), values in ours(asked.ours).items():
            times.setdefault(name, {})[label("consort", threads)] = values
    rows = {name: {system: summary(values) for system, values in row.items()} for name, row in times.items()}
    report = {
        "date": datetime.date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "versions": {package: version(package) for package in ["torch", "onnx", "onnxruntime", "numpy"]}
        | {"python": platform.python_version()},
        "sizes": {name: getattr(asked, name.replace("-", "_")) for name in SIZES},
        "strokes_per_step": sum(STROKES) / len(STROKES),
        "rounds": asked.rounds,
        "seconds": asked.seconds,
        "load_average": load,
        "networks": rows,
    }
    asked.output.write_text(json.dumps(report, indent=1) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
