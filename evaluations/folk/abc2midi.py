"""Has tunes played by abc2midi (Debian's abcmidi), and counts what it complains of.

    python evaluations/folk/abc2midi.py tunes.abc [more.abc ...]

Each tune is given to abc2midi alone. Prints for each file how many tunes there are, how many became MIDI
without an error, without any warning, and the kinds of complaints with their numbers.
"""

import collections
import pathlib
import re
import subprocess
import sys
import tempfile


def tunes(text):
    return [tune for tune in re.split(r"(?m)^(?=X:)", text) if tune.startswith("X:")]


def complaints(tune, folder):
    """What abc2midi says of a tune, and whether it wrote a file."""
    source, midi = folder / "tune.abc", folder / "tune.mid"
    source.write_text(tune)
    midi.unlink(missing_ok=True)
    done = subprocess.run(["abc2midi", source, "-o", midi], capture_output=True, text=True)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if re.match(r"(Error|Warning)", line)]
    return lines, midi.exists()


def kind(line):
    return re.sub(r"\d+(/\d+)?", "N", re.sub(r" in line-char [\d-]+", "", line)).strip()


def main():
    for path in sys.argv[1:]:
        counts, kinds = collections.Counter(), collections.Counter()
        with tempfile.TemporaryDirectory() as folder:
            for tune in tunes(pathlib.Path(path).read_text()):
                lines, written = complaints(tune, pathlib.Path(folder))
                counts["tunes"] += 1
                counts["without error"] += written and not any(line.startswith("Error") for line in lines)
                counts["without a word"] += written and not lines
                kinds.update({kind(line) for line in lines})
        print(path, dict(counts))
        for what, count in kinds.most_common(12):
            print(f"  {count:6} {what}")


if __name__ == "__main__":
    main()
