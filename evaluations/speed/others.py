"""The workloads of `consort bench` in PyTorch and ONNX Runtime, to hold Consort against.

    python others.py torch|onnx SECONDS

Reads names of workloads from standard input, one a line, and answers each with a line of JSON: the name,
the median and the best time of an iteration in seconds, or null where the system has no such workload.
Needs torch, and for onnx also onnx and onnxruntime. The networks are those of
crates/consort-learn/src/speed/, with the same shapes, batches and numbers of threads (two).
"""

import io
import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

THREADS = 2


class Residual(nn.Module):
    """W1."""

    def __init__(self):
        super().__init__()
        widths = [8] + [64] * 19 + [4]
        pairs = zip(widths, widths[1:])
        self.convolutions = nn.ModuleList(nn.Conv2d(i, o, 5, padding=2, bias=False) for i, o in pairs)
        self.norms = nn.ModuleList(nn.BatchNorm2d(64) for _ in range(19))

    def forward(self, x):
        layer = lambda index, x: self.norms[index](self.convolutions[index](x))
        x = F.relu(layer(0, x))
        for first in range(1, 19, 2):
            x = F.relu(layer(first + 1, F.relu(layer(first, x))) + x)
        return self.convolutions[19](x)


class Separable(nn.Module):
    """W1b."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(8, 128, 3, padding=1, bias=False)
        depthwise = lambda: nn.Conv2d(128, 128, 3, padding=1, groups=128, bias=False)
        pointwise = lambda: nn.Conv2d(128, 128, 1, bias=False)
        layer = lambda: nn.Sequential(depthwise(), pointwise(), nn.BatchNorm2d(128))
        self.layers = nn.ModuleList(layer() for _ in range(48))
        self.head = nn.Conv2d(128, 4, 1, bias=False)

    def forward(self, x):
        x = self.stem(x)
        for first in range(0, 48, 2):
            x = F.relu(self.layers[first + 1](F.relu(self.layers[first](x))) + x)
        return self.head(x)


class Symbols(nn.Module):
    """W2."""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.Embedding(96, 512)
        self.layers = nn.LSTM(512, 256, 3, batch_first=True)
        self.head = nn.Linear(256, 96)

    def forward(self, symbols, hidden=None, cell=None):
        state = None if hidden is None else (hidden, cell)
        x, (hidden, cell) = self.layers(self.embeddings(symbols), state)
        return self.head(x), hidden, cell


class Piano(nn.Module):
    """W3."""

    def __init__(self):
        super().__init__()
        self.layers = nn.LSTM(176, 176, 3, batch_first=True, bidirectional=True)
        self.head = nn.Linear(352, 88)

    def forward(self, x):
        return self.head(self.layers(x)[0])


class Drums(nn.Module):
    """W4."""

    def __init__(self):
        super().__init__()
        self.layers = nn.LSTM(8, 128, 2, batch_first=True)
        self.head = nn.Linear(128, 8)

    def forward(self, x, hidden=None, cell=None):
        state = None if hidden is None else (hidden, cell)
        x, (hidden, cell) = self.layers(x, state)
        return torch.sigmoid(self.head(x)), hidden, cell


class Spectra(nn.Module):
    """W5."""

    def __init__(self):
        super().__init__()
        self.tail = nn.Linear(8000, 1024)
        self.layers = nn.ModuleList(nn.LSTM(1024, 1024, batch_first=True) for _ in range(2))
        self.head = nn.Linear(1024, 8000)

    def forward(self, x):
        x = self.tail(x)
        a, b = (layer(x)[0] for layer in self.layers)
        return self.head(a + b)


# What is asked at once: the network and its input.
INFERENCE = {
    "w1i46": (Residual, (1, 8, 32, 46)),
    "w1i128": (Residual, (1, 8, 32, 128)),
    "w1bi46": (Separable, (1, 8, 32, 46)),
    "w1bi128": (Separable, (1, 8, 32, 128)),
    "w3i": (Piano, (4, 512, 176)),
    "w5i": (Spectra, (4, 40, 8000)),
}

# What is asked step by step: the network, its first input and its state.
SAMPLING = {
    "w2s": (Symbols, torch.zeros(1, 1, dtype=torch.long), (3, 1, 256)),
    "w4s": (Drums, torch.zeros(1, 1, 8), (2, 1, 128)),
}

STEPS = 100


def cross_entropy(said, wanted):
    return F.cross_entropy(said[0].reshape(-1, 96), wanted.reshape(-1))


def switches(said, wanted):
    return F.binary_cross_entropy(said[0], wanted)


# What learns: the network, its input, what it should say, the loss and the optimiser.
TRAINING = {
    "w1t46": (Residual, lambda: torch.randn(16, 8, 32, 46), lambda: torch.randn(16, 4, 32, 46), F.mse_loss, torch.optim.Adam),
    "w1bt46": (Separable, lambda: torch.randn(16, 8, 32, 46), lambda: torch.randn(16, 4, 32, 46), F.mse_loss, torch.optim.Adam),
    "w2t": (Symbols, lambda: torch.randint(0, 96, (16, 64)), lambda: torch.randint(0, 96, (16, 64)), cross_entropy, torch.optim.Adam),
    "w3t": (Piano, lambda: torch.randn(4, 512, 176), lambda: torch.randn(4, 512, 88), F.mse_loss, torch.optim.Adam),
    "w4t": (Drums, lambda: torch.randn(64, 128, 8).gt(0).float(), lambda: torch.randn(64, 128, 8).gt(0).float(), switches, torch.optim.Adam),
    "w5t": (Spectra, lambda: torch.randn(4, 40, 8000), lambda: torch.randn(4, 40, 8000), F.mse_loss, torch.optim.RMSprop),
}


def measure(iteration, seconds, at_once=1):
    """The median and the best time of an iteration, which are done so many at once."""
    for _ in range(2):
        iteration()
    begun, times = time.perf_counter(), []
    while len(times) < 3 or (len(times) < 1000 and time.perf_counter() - begun < seconds):
        start = time.perf_counter()
        iteration()
        times.append((time.perf_counter() - start) / at_once)
    return {"median_s": statistics.median(times), "best_s": min(times)}


def after(name, said):
    """The next input of a sampler."""
    return said.argmax(2) if name == "w2s" else (said > 0.5).float()


def in_torch(name, seconds):
    if name in TRAINING:
        make, x, y, loss, optimizer = TRAINING[name]
        network, x, y = make(), x(), y()
        optimizer = optimizer(network.parameters())

        def step():
            optimizer.zero_grad(set_to_none=True)
            lost = loss(network(x), y)
            lost.backward()
            optimizer.step()
            lost.item()

        return measure(step, seconds)
    if name in INFERENCE:
        make, shape = INFERENCE[name]
        network, x = make().eval(), torch.randn(shape)

        def ask():
            with torch.inference_mode():
                network(x)

        return measure(ask, seconds)
    if name in SAMPLING:
        make, first, shape = SAMPLING[name]
        network = make().eval()

        def steps():
            with torch.inference_mode():
                x, state = first, (torch.zeros(shape), torch.zeros(shape))
                for _ in range(STEPS):
                    said, *state = network(x, *state)
                    x = after(name, said)

        return measure(steps, seconds, STEPS)
    return None


def session(network, inputs, names):
    """The network as ONNX Runtime has it."""
    import onnxruntime

    file = io.BytesIO()
    torch.onnx.export(network.eval(), inputs, file, dynamo=False, opset_version=17, input_names=names)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])


def in_onnx(name, seconds):
    if name in INFERENCE:
        make, shape = INFERENCE[name]
        x = torch.randn(shape)
        network, x = session(make(), (x,), ["x"]), x.numpy()
        return measure(lambda: network.run(None, {"x": x}), seconds)
    if name in SAMPLING:
        make, first, shape = SAMPLING[name]
        zeros = torch.zeros(shape)
        network = session(make(), (first, zeros, zeros), ["x", "hidden", "cell"])
        first, zeros = first.numpy(), zeros.numpy()

        def steps():
            x, hidden, cell = first, zeros, zeros
            for _ in range(STEPS):
                said, hidden, cell = network.run(None, {"x": x, "hidden": hidden, "cell": cell})
                x = said.argmax(2) if name == "w2s" else (said > 0.5).astype("float32")

        return measure(steps, seconds, STEPS)
    return None


def main():
    system, seconds = sys.argv[1], float(sys.argv[2])
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    run = {"torch": in_torch, "onnx": in_onnx}[system]
    for line in sys.stdin:
        print(json.dumps({"name": line.strip(), "times": run(line.strip(), seconds)}), flush=True)


if __name__ == "__main__":
    import warnings

    warnings.filterwarnings("ignore")
    main()
