"""Performances of `piano-asap`: notes, annotated beats and folds, for the scripts beside this file."""

import csv
import hashlib
import pathlib
import re

import mido
import numpy

# Pieces that are kept for other tests: neither fitted nor tested on.
RESERVED = {("Chopin", "Ballades_2"), ("Chopin", "Etudes_op_10_3")}


class Performance:
    """A performance: its place in the data set, notes in the order of onset tick and pitch, and beats in seconds."""

    def __init__(self, folder, row):
        self.path = row["midi_performance"]
        self.score = row["midi_score"]
        self.piece = piece_of(row)
        self.fold = fold_of(row)
        self.onsets, self.releases, self.pitches, self.velocities = notes_of(folder / self.path)
        self.beats, self.downbeats, self.meters = annotations_of(folder / row["performance_annotations"])

    @property
    def only_4_4(self):
        return bool(self.meters) and set(self.meters) == {"4/4"}

    def in_beats(self, seconds):
        """Moments in annotated beats from the first; beyond the ends the outermost beats go on."""
        beats = self.beats
        at = numpy.clip(numpy.searchsorted(beats, seconds, side="right") - 1, 0, len(beats) - 2)
        return at + (seconds - beats[at]) / (beats[at + 1] - beats[at])


def piece_of(row):
    """Composer and title; versions with and without repeats are one piece."""
    return f"{row['composer']}/{re.sub('(_repeat|_no_repeat)$', '', row['title'])}"


def fold_of(row):
    if (row["composer"], row["title"]) in RESERVED:
        return "reserved"
    last = int(hashlib.sha256(piece_of(row).encode()).hexdigest(), 16) % 10
    return {0: "test", 1: "validation"}.get(last, "train")


def notes_of(path):
    """Onsets and releases in seconds, pitches and velocities, sorted by onset tick and pitch."""
    midi = mido.MidiFile(path)
    tempi, notes = [(0, 500000)], []
    for track in midi.tracks:
        ticks, sounding = 0, {}
        for message in track:
            ticks += message.time
            if message.type == "set_tempo":
                tempi.append((ticks, message.tempo))
            elif message.type in ("note_on", "note_off"):
                struck = sounding.setdefault((message.channel, message.note), [])
                if message.type == "note_on" and message.velocity > 0:
                    struck.append(len(notes))
                    notes.append([ticks, ticks, message.note, message.velocity])
                elif struck:
                    notes[struck.pop(0)][1] = ticks
        for struck in sounding.values():
            for note in struck:
                notes[note][1] = ticks
    notes = numpy.array(notes)
    notes = notes[numpy.lexsort((notes[:, 2], notes[:, 0]))]
    tempi.sort(key=lambda tempo: tempo[0])
    starts = numpy.array([start for start, _ in tempi])
    per_tick = numpy.array([tempo for _, tempo in tempi]) / 1e6 / midi.ticks_per_beat
    passed = numpy.concatenate([[0], numpy.cumsum(numpy.diff(starts) * per_tick[:-1])])

    def seconds(ticks):
        at = numpy.searchsorted(starts, ticks, side="right") - 1
        return passed[at] + (ticks - starts[at]) * per_tick[at]

    return seconds(notes[:, 0]), seconds(notes[:, 1]), notes[:, 2], notes[:, 3]


def annotations_of(path):
    """Beats in seconds, which of them are downbeats, and the time signatures."""
    beats, downbeats, meters = [], [], []
    for line in path.read_text().splitlines():
        time, _, label = line.split("\t")[:3]
        kind, *rest = label.split(",")
        beats.append(float(time))
        downbeats.append(kind == "db")
        if rest and "/" in rest[0]:
            meters.append(rest[0])
    return numpy.array(beats), numpy.array(downbeats), meters


def performances_of(data, folds):
    """The performances of some folds, in the order of the data set's table."""
    with open(pathlib.Path(data) / "metadata.csv") as table:
        rows = list(csv.DictReader(table))
    return [Performance(pathlib.Path(data), row) for row in rows if fold_of(row) in folds]


def file_name(path):
    """The name of the file that holds the velocities of a performance."""
    return path.replace("/", "__") + ".json"
