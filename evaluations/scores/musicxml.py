"""Holds our reading and writing of MusicXML against music21 and against the schema of MusicXML 4.0.

    python evaluations/scores/musicxml.py --schema musicxml_4_0.xsd --cache FOLDER [--time N] FOLDER...

Takes every MusicXML file below the folders. Compares notes, ties, fermatas, keys and metres of every part
with what music21 reads; writes each score and compares what music21 reads in that with the original;
validates what was written. With --time N it reads every N-th file with both, one after the other, instead. What
music21 reads is kept in the cache, because it takes long. Prints what evaluations/scores/musicxml.md shows.
Needs music21 and lxml, and the example built: cargo build --release -p consort-music --example digest
"""

import argparse
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict

from lxml import etree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "fixtures/musicxml"))
from music21_digest import cached  # noqa: E402

SUFFIXES = (".mxl", ".xml", ".musicxml")

# Files whose difference is explained by themselves.
BY_FILE = {
    "PMFC_13_04-Credo Cursor.xml": "music21 plays an editorial accidental that the pitch does not have",
}
XLINK = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
 targetNamespace="http://www.w3.org/1999/xlink">
 <xs:attribute name="href" type="xs:anyURI"/> <xs:attribute name="type" type="xs:string"/>
 <xs:attribute name="role" type="xs:string"/> <xs:attribute name="title" type="xs:string"/>
 <xs:attribute name="show" type="xs:string"/> <xs:attribute name="actuate" type="xs:string"/>
</xs:schema>"""
XML = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"
 targetNamespace="http://www.w3.org/XML/1998/namespace">
 <xs:attribute name="lang" type="xs:string"/> <xs:attribute name="space" type="xs:string"/>
</xs:schema>"""


class Local(etree.Resolver):
    """Gives the two schemas that MusicXML imports by their addresses."""

    def resolve(self, url, public_id, context):
        for name, schema in (("xlink.xsd", XLINK), ("xml.xsd", XML)):
            if url.endswith(name):
                return self.resolve_string(schema, context)
        return None


def schema_of(path):
    parser = etree.XMLParser()
    parser.resolvers.add(Local())
    return etree.XMLSchema(etree.parse(path, parser))


def ours(digest, files, folder):
    """For each file its lines and its warnings, by our reader, which also writes it to the folder."""
    output = subprocess.run(
        [digest, "--write", folder, *files], capture_output=True, text=True, check=True
    ).stdout
    read = []
    for line in output.splitlines():
        if line.startswith("file "):
            read.append(([], []))
        elif line.startswith("warning "):
            read[-1][1].append(line)
        else:
            read[-1][0].append(line)
    return read


def without_grace(missing, added):
    """The lines without grace notes that one side has before a barline and the other after it."""
    place = re.compile(r"(\d+) note (\d+) (\S+) grace (\S+)")
    found = [match for match in map(place.fullmatch, missing.elements()) if match]
    for match in found:
        part, measure, _, pitch = match.groups()
        other = f"{part} note {int(measure) + 1} 0/1 grace {pitch}"
        if added[other]:
            added -= Counter([other])
            missing -= Counter([match.group()])
            for tie in [line for line in missing if line.startswith(f"{part} tie {measure} ")]:
                moved = tie.replace(f"tie {measure} {tie.split()[3]}", f"tie {int(measure) + 1} 0/1")
                if added[moved]:
                    added -= Counter([moved])
                    missing -= Counter([tie])
    return missing, added, bool(found)


def explain(file, theirs, own, warnings):
    """Why two lists of lines differ; an empty list if they do not, None for what has no reason."""
    missing, added = Counter(theirs) - Counter(own), Counter(own) - Counter(theirs)
    reasons = []
    missing, added, moved = without_grace(missing, added)
    if moved:
        reasons.append("grace notes at the end of a measure belong to the next note here")
    says = lambda text: any(text in warning for warning in warnings)
    ties = [line for line in (*missing, *added) if line.split()[1:2] == ["tie"]]
    if ties and says("that begin and never end"):
        reasons.append("ties that begin and never end go to the next note of their pitch, told")
        for line in ties:
            missing.pop(line, None)
            added.pop(line, None)
    kinds = {line.split()[1] for line in (*missing, *added) if " " in line}
    if kinds == {"tie"} and not missing:
        reasons.append("music21 leaves out ties that are only drawn, to and from grace notes")
    elif kinds == {"note"} and not added and says("a cue note is left out"):
        reasons.append("cue notes are left out, told")
    elif kinds == {"metre"} and says("a time signature of one part or staff only"):
        reasons.append("a score has one metre at a time, told")
    elif kinds and "key" not in kinds and says("was rounded to whole divisions"):
        reasons.append("durations that the file rounds are read as their note values, told")
    elif kinds:
        reasons.append(BY_FILE.get(pathlib.Path(file).name))
    return reasons


def compare(title, files, pairs):
    """Prints how many pairs of lists agree, and why the others do not."""
    classes, unexplained, agree = defaultdict(list), [], 0
    for file, (theirs, own, warnings) in zip(files, pairs):
        if theirs is None:
            classes["music21 cannot read it"].append(file)
            continue
        reasons = explain(file, theirs, own, warnings)
        agree += not reasons
        for reason in reasons:
            if reason:
                classes[reason].append(file)
            else:
                unexplained.append(file)
                missing = list((Counter(theirs) - Counter(own)).elements())
                added = list((Counter(own) - Counter(theirs)).elements())
                print("?", file, len(missing), len(added), missing[:4], added[:4])
    print(f"\n{title}: {agree} of {len(files)} alike, {len(unexplained)} without a reason")
    for reason, members in sorted(classes.items(), key=lambda item: -len(item[1])):
        names = ", ".join(pathlib.Path(file).name for file in members[:40])
        print(f"- {len(members)}: {reason} ({names})")


def memory():
    """The most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def times(digest, files):
    """Reads each file with both, one after the other."""
    from music21 import converter

    process = subprocess.Popen(
        [digest, "--time"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    base, own, theirs = memory(), [], []
    for file in files:
        process.stdin.write(f"{file}\n")
        process.stdin.flush()
        own.append(float(process.stdout.readline().split()[1]))
        start = time.perf_counter()
        converter.parse(file, forceSource=True)
        theirs.append(time.perf_counter() - start)
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024
    process.stdin.close()
    ratio = statistics.median(b / a for a, b in zip(own, theirs))
    print(f"\nreading {len(files)} files: {sum(own):.2f} s, music21 {sum(theirs):.1f} s")
    print(f"{sum(theirs) / sum(own):.0f} times as fast in all, {ratio:.0f} times for the median file")
    print(f"peak memory {peak:.0f} MB; music21 {memory():.0f} MB, of which {base:.0f} MB before the first")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--schema", required=True)
    parser.add_argument("--cache", required=True, type=pathlib.Path)
    parser.add_argument("--digest", default=ROOT / "target/release/examples/digest")
    parser.add_argument("--time", type=int, metavar="N", help="read every N-th file with both")
    arguments = parser.parse_args()
    found = (file for folder in arguments.folders for file in folder.rglob("*"))
    files = sorted(str(file) for file in found if file.suffix in SUFFIXES)
    if arguments.time:
        times(arguments.digest, files[:: arguments.time])
        return
    written = arguments.cache / "written"
    written.mkdir(parents=True, exist_ok=True)
    read = ours(arguments.digest, files, written)
    theirs = [cached(arguments.cache, pathlib.Path(file)).get("lines") for file in files]
    pairs = [(lines, own, warnings) for lines, (own, warnings) in zip(theirs, read)]
    compare("read by music21 and by us", files, pairs)
    schema = schema_of(arguments.schema)
    faults = 0
    for index, file in enumerate(files):
        if not schema.validate(etree.parse(written / f"{index}.musicxml")):
            faults += 1
            print("invalid:", file, schema.error_log[0])
    print(f"\nvalid by the schema: {len(files) - faults} of {len(files)}")
    again = [
        cached(arguments.cache, written / f"{index}.musicxml").get("lines")
        for index in range(len(files))
    ]
    pairs = [(lines, own, warnings) for lines, (own, warnings) in zip(again, read)]
    compare("read by us, written, and read by music21", files, pairs)


if __name__ == "__main__":
    main()
