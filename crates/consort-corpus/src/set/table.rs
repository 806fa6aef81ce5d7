//! The sets. The lists of files beside this page were written by `sha256sum` over the files as they
//! were published.

use super::{Origin, Set, Source};
use crate::chorales::{BACH, JSB};
use crate::folk::{NOTTINGHAM, PUBLIC_DOMAIN};
use crate::groove::GROOVE;
use crate::piano::{ASAP, ROLLS};

/// The release of music21 whose corpus is used. Newer ones change encodings.
const MUSIC21: &str = "https://files.pythonhosted.org/packages/15/12/\
    dee0eef7c82a63e83eea94bdcde97c66ab55213d89cee1347d2d11601faa/\
    music21-10.5.1-py3-none-any.whl";
const MUSIC21_BYTES: u64 = 20_118_992;
const MUSIC21_SHA256: &str = "dc3309498c4c95cebdf8d4f20c868deb6b63bce1d929cad4f51a7ccc982987b1";
const MUSIC21_CITATION: &str = "Cuthbert, M. S., and Ariza, C. (2010). music21: A Toolkit for \
    Computer-Aided Musicology and Symbolic Music Data. Proceedings of the 11th International \
    Society for Music Information Retrieval Conference, 637-642";
const CORPUS_LICENSE: Origin = Origin {
    place: "CORPUS_LICENSE.txt",
    path: "music21/corpus/license.txt",
};

/// The data sets.
pub static SETS: &[Set] = &[
    Set {
        name: BACH,
        title: "Bach's chorales as scores, from the music21 corpus",
        homepage: "https://www.music21.org/",
        licence: "by permission of the encoders; the music is public domain",
        citation: MUSIC21_CITATION,
        purpose: "training the chorale family",
        notes: &[
            "413 movements: 408 MXL, 3 Humdrum, 2 MusicXML; 368 have four parts, 328 of them are in 4/4 throughout, 367 have fermatas",
            "the same pieces as jsb-chorales: train only on what the fold map leaves, or test pieces leak",
        ],
        bytes: 2_350_849,
        sha256: "6ed2f7366d299f60bddfe3931252210c5fd9b8d9e00c4dcb99927b7e8bcb2c08",
        list: include_str!("bach-chorales-music21.sha256"),
        sources: &[Source::Archive {
            url: MUSIC21,
            bytes: MUSIC21_BYTES,
            sha256: MUSIC21_SHA256,
            origins: &[
                CORPUS_LICENSE,
                Origin {
                    place: "LICENSE",
                    path: "music21-10.5.1.dist-info/licenses/LICENSE",
                },
                Origin {
                    place: "",
                    path: "music21/corpus/bach/",
                },
            ],
        }],
    },
    Set {
        name: JSB,
        title: "JSB Chorales, the benchmark of Boulanger-Lewandowski (2012), on grids of 16ths and 8ths",
        homepage: "https://github.com/czhuang/JSB-Chorales-dataset",
        licence: "unknown",
        citation: "Boulanger-Lewandowski, N., Bengio, Y., and Vincent, P. (2012). Modeling Temporal \
            Dependencies in High-Dimensional Sequences: Application to Polyphonic Music Generation \
            and Transcription. Proceedings of the 29th International Conference on Machine \
            Learning, 1159-1166",
        purpose: "evaluating the chorale family",
        notes: &[
            "no licence is stated; the music is public domain",
            "229 chorales to train on, 76 to validate, 77 to test",
            "repeated notes and held notes look the same, rests are -1, and there are no fermatas, metres or keys",
            "the published quarter grid is transposed differently and is not used: every fourth row of the 16ths is",
        ],
        bytes: 4_281_004,
        sha256: "a77f7cc7db930777616d311019d00bb7ee5cc2821858ee62e1a4c75c063615d6",
        list: include_str!("jsb-chorales.sha256"),
        sources: &[Source::Files {
            url: "https://raw.githubusercontent.com/czhuang/JSB-Chorales-dataset/9a7f733ddb4ed91f48da64ac7f0f621c34aadd4d/",
            bytes: 4_281_004,
            origins: &[Origin {
                place: "",
                path: "",
            }],
        }],
    },
    Set {
        name: NOTTINGHAM,
        title: "The Nottingham Music Database as cleaned by Jukedeck: folk tunes with chords, in ABC",
        homepage: "https://github.com/jukedeck/nottingham-dataset",
        licence: "GPL-3.0-only",
        citation: "Nottingham Music Database, http://abc.sourceforge.net/NMD/; cleaned by Jukedeck, \
            https://github.com/jukedeck/nottingham-dataset",
        purpose: "training and evaluating the folk family",
        notes: &[
            "1,034 tunes in 14 files, 1,021 of them with chords; jigs.abc alone is the corpus of the article",
            "383 tunes have no L: field, so the default of ABC applies; P: and Y: are used in a way of their own",
        ],
        bytes: 449_266,
        sha256: "26465f7ec94eda6d1874bf2df616666556bf5ed0740f514455b07bbc98dc2cb1",
        list: include_str!("folk-nottingham.sha256"),
        sources: &[
            // Two commits: each is one in which these very files stand.
            Source::Files {
                url: "https://raw.githubusercontent.com/jukedeck/nottingham-dataset/bcb2afc67d291acdd689ed0c22ab2a8a480f38a6/",
                bytes: 446_020,
                origins: &[Origin {
                    place: "ABC_cleaned/",
                    path: "ABC_cleaned/",
                }],
            },
            Source::Files {
                url: "https://raw.githubusercontent.com/jukedeck/nottingham-dataset/0992bb6cd864f6d4b90d6663e08c0ef53ffaa08f/",
                bytes: 3_246,
                origins: &[Origin {
                    place: "README.md",
                    path: "README.md",
                }],
            },
        ],
    },
    Set {
        name: PUBLIC_DOMAIN,
        title: "O'Neill's Music of Ireland, Ryan's Mammoth Collection and Aird's Airs, in ABC, from the music21 corpus",
        homepage: "https://www.music21.org/",
        licence: "by permission of the encoders; the tunes are public domain",
        citation: MUSIC21_CITATION,
        purpose: "training the default weights of the folk family",
        notes: &[
            "2,009 tunes of O'Neill, 1,059 of Ryan, 1,180 of Aird",
            "135 tunes of O'Neill and 5 of Ryan have no L: field, so the default of ABC applies; Aird writes keys as K:E Minor",
        ],
        bytes: 1_644_885,
        sha256: "8a2bc5eff5c215414194a9b3c4cd91bccc5d581ea7b9c6e26c0a1f45a15b50b0",
        list: include_str!("folk-public-domain.sha256"),
        sources: &[Source::Archive {
            url: MUSIC21,
            bytes: MUSIC21_BYTES,
            sha256: MUSIC21_SHA256,
            origins: &[
                CORPUS_LICENSE,
                Origin {
                    place: "",
                    path: "music21/corpus/",
                },
            ],
        }],
    },
    Set {
        name: GROOVE,
        title: "Groove MIDI Dataset: human drumming with captured velocity and timing",
        homepage: "https://magenta.tensorflow.org/datasets/groove",
        licence: "CC-BY-4.0",
        citation: "Gillick, J., Roberts, A., Engel, J., Eck, D., and Bamman, D. (2019). Learning to \
            Groove with Inverse Sequence Transformations. Proceedings of the 36th International \
            Conference on Machine Learning",
        purpose: "training and evaluating the drums family",
        notes: &[
            "1,150 performances, 13.6 hours; info.csv has the split (897/124/129), style, tempo and metre",
            "Roland's pitches 22, 26 and 58 lie outside General MIDI's percussion and must be mapped",
        ],
        bytes: 5_478_732,
        sha256: "492a415d6e9feb1c91aab6dc3a071a0c94f03d04f58329510f22153843181776",
        list: include_str!("groove-drums.sha256"),
        sources: &[Source::Archive {
            url: "https://storage.googleapis.com/magentadata/datasets/groove/groove-v1.0.0-midionly.zip",
            bytes: 3_260_318,
            sha256: "651cbc524ffb891be1a3e46d89dc82a1cecb09a57c748c7b45b844c4841dcc1e",
            origins: &[Origin {
                place: "",
                path: "groove/",
            }],
        }],
    },
    Set {
        name: ASAP,
        title: "ASAP: human performances of classical piano music with beats, metres and keys, and the scores as MIDI",
        homepage: "https://github.com/fosfrancesco/asap-dataset",
        licence: "CC-BY-NC-SA-4.0",
        citation: "Foscarin, F., McLeod, A., Rigaux, P., Jacquemard, F., and Sakai, M. (2020). ASAP: a \
            dataset of aligned scores and performances for piano transcription. Proceedings of the \
            21st International Society for Music Information Retrieval Conference, 534-541",
        purpose: "training and evaluating the dynamics family",
        notes: &[
            "weights trained on it carry its licence: no commercial use, and shared alike",
            "1,067 performances, 94 hours, and 235 scores, all with annotations; 370 performances, 24.9 hours, are in 4/4 throughout; the MusicXML and the audio are left out",
            "the metres and tempos in the MIDI files mean nothing: use the *_annotations.txt",
            "captured velocities: 41 distinct ones at least in a performance, 95 in the median",
        ],
        bytes: 69_461_685,
        sha256: "b211564a7dc31f130bd981e8e81fdfa5989d87faddcfb932e84f190d1c663f5e",
        list: include_str!("piano-asap.sha256"),
        // LICENSE.md is not listed: nothing says that it stands in this commit. README.md has the licence.
        sources: &[Source::Files {
            url: "https://raw.githubusercontent.com/fosfrancesco/asap-dataset/afc815c75c42e83a79c03feb6da8a35e77d4c6b8/",
            bytes: 69_461_685,
            origins: &[Origin {
                place: "",
                path: "",
            }],
        }],
    },
    Set {
        name: ROLLS,
        title: "Piano rolls of 1905 to 1930 as MIDI, from the Pianolatron of Stanford University",
        homepage: "https://github.com/pianoroll/pianolatron-data",
        licence: "MIT",
        citation: "Data for the Pianolatron player, Stanford University, \
            https://github.com/pianoroll/pianolatron-data",
        purpose: "the jazz style of the dynamics family",
        notes: &[
            "rolls that are also in other collections are published there under CC BY-NC-SA",
            "650 rolls, 69 hours; output/catalog.json has the title, composer, performer and kind of 649 of them",
            "velocities are emulated from the track of the roll that drives its dynamics, so that whole chords share one; there are no beats",
            "89 rolls of the kind 88-note and one of 65-note have no dynamics",
        ],
        bytes: 26_685_647,
        sha256: "c0e484491c67ba78ce2cd7d1f9fe012d281a6e26d1934c45561b74f08c12a79c",
        list: include_str!("piano-rolls.sha256"),
        sources: &[
            Source::Files {
                url: "https://raw.githubusercontent.com/pianoroll/pianolatron-data/0ce5e187b3e6757411be3d9625ec46d7eefb6232/",
                bytes: 3_474,
                origins: &[Origin {
                    place: "README.md",
                    path: "README.md",
                }],
            },
            // The last rolls of the catalogue were asked for in this commit, whose script writes it in this form.
            Source::Files {
                url: "https://raw.githubusercontent.com/pianoroll/pianolatron-data/4c2ee52d2fb1fd0c360e47d7a099b5bdc50305ad/",
                bytes: 26_682_173,
                origins: &[Origin {
                    place: "",
                    path: "",
                }],
            },
        ],
    },
];
