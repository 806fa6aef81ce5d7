#!/bin/sh
# Makes the two subsets beside this script: `sh make.sh FOLDER-OF-INTER`, with the folder that holds
# Inter-Regular.otf and Inter-SemiBold.otf as SOURCES.md names them, and fonttools on the path.
set -eu
cd "$(dirname "$0")"
characters='U+0020-007E,U+00A0-017F,U+0218-021B,U+0386-03CE,U+0400-045F,U+0490-0491'
characters="$characters,U+2013,U+2014,U+2018-201E,U+2022,U+2026,U+2212"
for weight in Regular SemiBold; do
    pyftsubset "$1/Inter-$weight.otf" --output-file="Inter-$weight.otf" \
        --unicodes="$characters" --layout-features='' --no-hinting --notdef-outline \
        --name-IDs='0,1,2,3,4,5,6,7,13,14'
done
