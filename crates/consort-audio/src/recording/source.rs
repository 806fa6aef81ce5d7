//! Files of sound, packet by packet.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ADPCM_IMA_WAV, CODEC_ID_ADPCM_MS, CODEC_ID_MP1, CODEC_ID_MP2, CODEC_ID_OPUS,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::{Hint, Probe, ProbeOptions};
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::default::formats::{FlacReader, MpaReader, OggReader, WavReader};

use super::{RecordingError, check_channels, check_rate};

/// How far into a file the first frame of an mp3 may be, in bytes after its tags.
const MP3_SEARCH: u32 = 64 * 1024;

/// How much of the start of a file is looked at: a page of Ogg up to the name of its codec.
const HEAD: usize = 320;

/// The most tags before the sound.
const TAGS: usize = 8;

/// The longest silence that stands in for a damaged packet, in frames: no packet is longer.
const LONGEST_PACKET: u64 = 65_536;

/// The shortest and the longest gap in the time of the packets, in frames and in seconds, that
/// silence fills: shorter ones are rounding, and longer ones mistakes in the time.
const GAP_FRAMES: i64 = 64;
const GAP_SECONDS: i64 = 60;

/// After how many failures in a row the rest of the file is given up.
const PATIENCE: u64 = 64;

/// The containers that are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Wav,
    Flac,
    Ogg,
    Mp3,
}

/// An open file, its sample rate and what is wrong with it.
pub(super) struct Source {
    path: PathBuf,
    form: Form,
    reader: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    /// Frames in a second.
    pub(super) rate_hz: u32,
    /// How many frames the header tells.
    pub(super) told_frames: Option<u64>,
    /// How many frames were read, or replaced by silence.
    pub(super) frames: u64,
    /// The value from which on a sample counts as full scale.
    pub(super) full_scale: f32,
    /// Packets that could not be decoded.
    pub(super) damaged: u64,
    /// Whether the file ended in the middle of something.
    cut: bool,
    decoded: bool,
    samples: Vec<f32>,
    /// Silence that is still to come before the packet that follows.
    gap: u64,
    following: Option<Packet>,
    /// When the packet after the last one should begin, in frames.
    expected: Option<i64>,
}

/// Some frames as they are in the file.
pub(super) struct Frames<'a> {
    /// The samples, frame after frame.
    pub(super) samples: &'a [f32],
    /// How many samples make a frame.
    pub(super) channels: usize,
}

impl Source {
    /// Opens the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Source, RecordingError> {
        let failed = |error| RecordingError::unreadable(path, error);
        // Opening a folder fails on some systems and not on others.
        if path.is_dir() {
            return Err(RecordingError::Folder { path: path.into() });
        }
        let mut file = File::open(path).map_err(failed)?;
        let (start, head) = start_of_sound(&mut file).map_err(failed)?;
        if head.is_empty() {
            return Err(RecordingError::Empty { path: path.into() });
        }
        let form = form_of(path, &head)?;
        let end = match form {
            Form::Ogg if start == 0 => last_position(&mut file, &head).map_err(failed)?,
            _ => None,
        };
        // A source that cannot seek keeps the reader of mp3 from guessing a length, at which it
        // would then cut the sound. Only Ogg has its length at the end.
        let source: Box<dyn MediaSource> = if form == Form::Ogg && start == 0 {
            Box::new(file)
        } else {
            Box::new(ReadOnlySource::new(file))
        };
        let stream = MediaSourceStream::new(source, Default::default());
        let reader = guarded(|| read_container(form, stream)).map_err(|error| match error {
            // Whatever is not one of the others might be mp3; this was not.
            Error::IoError(_) | Error::Unsupported(_) | Error::DecodeError(_)
                if form == Form::Mp3 =>
            {
                RecordingError::NotAudio { path: path.into() }
            }
            error => container_error(path, error),
        })?;
        let track = reader.default_track(TrackType::Audio);
        let Some(track) = track.or(reader.first_track(TrackType::Audio)) else {
            return Err(match reader.tracks().is_empty() {
                true => RecordingError::Empty { path: path.into() },
                false => unknown_codec(path, "an unknown codec"),
            });
        };
        // The reader of Ogg takes a damaged page near the end for the end.
        let end = end.and_then(|end| end.checked_sub_signed(track.start_ts.get().max(0)));
        let (id, told_frames) = (track.id, track.num_frames.max(end));
        let (decoder, rate_hz, full_scale) = decoder_for(path, &*reader, id)?;
        Ok(Source {
            path: path.into(),
            form,
            reader,
            decoder,
            track: id,
            rate_hz,
            told_frames,
            frames: 0,
            full_scale,
            damaged: 0,
            cut: false,
            decoded: false,
            samples: Vec::new(),
            gap: 0,
            following: None,
            expected: None,
        })
    }

    /// Whether anything could be decoded so far.
    pub(super) fn decoded(&self) -> bool {
        self.decoded
    }

    /// Whether so much is damaged, before anything could be decoded, that it is no sound.
    pub(super) fn hopeless(&self) -> bool {
        !self.decoded && self.damaged >= PATIENCE
    }

    /// Why nothing in the file could be decoded.
    pub(super) fn nothing(&self) -> RecordingError {
        let path = self.path.clone();
        match (self.form, self.damaged) {
            (_, 0) => RecordingError::Empty { path },
            (Form::Mp3, _) => RecordingError::NotAudio { path },
            _ => RecordingError::Damaged {
                path,
                reason: "none of its first packets can be decoded".to_owned(),
            },
        }
    }

    /// Whether the file has less than its header tells.
    pub(super) fn is_truncated(&self) -> bool {
        // Encoders of mp3 disagree on whether the first frame counts, and Vorbis begins with a
        // packet that gives nothing.
        let slack = match self.form {
            Form::Mp3 => 2 * 1152,
            Form::Ogg => 8192,
            Form::Wav | Form::Flac => 0,
        };
        let told = self.told_frames.unwrap_or(0);
        let short = self.frames.saturating_add(slack) < told;
        // A last page of Ogg says that it is the last, and a WAV without a length just ends.
        short || (self.cut && self.form != Form::Wav)
    }

    /// The next frames, at most some thousands, or nothing at the end.
    pub(super) fn next(&mut self) -> Result<Option<Frames<'_>>, RecordingError> {
        let mut failures = 0;
        loop {
            if self.gap > 0 {
                let frames = self.gap.min(LONGEST_PACKET);
                self.gap -= frames;
                return Ok(Some(self.silence(frames)));
            }
            let packet = match self.following.take() {
                Some(packet) => packet,
                None => match self.packet(&mut failures)? {
                    Some(packet) if packet.track_id != self.track => continue,
                    Some(packet) => {
                        self.gap = self.gap_before(&packet);
                        if self.gap > 0 {
                            self.damaged += 1;
                            self.following = Some(packet);
                            continue;
                        }
                        packet
                    }
                    None => return Ok(None),
                },
            };
            let Some(channels) = self.decode(&packet) else {
                // Silence as long as the packet, so that what follows keeps its time.
                self.damaged += 1;
                return Ok(Some(self.silence(packet.dur.get().min(LONGEST_PACKET))));
            };
            if self.samples.is_empty() {
                continue;
            }
            self.frames += (self.samples.len() / channels) as u64;
            return Ok(Some(Frames {
                samples: &self.samples,
                channels,
            }));
        }
    }

    fn silence(&mut self, frames: u64) -> Frames<'_> {
        self.frames += frames;
        self.samples.clear();
        self.samples
            .resize(usize::try_from(frames).unwrap_or_default(), 0.0);
        Frames {
            samples: &self.samples,
            channels: 1,
        }
    }

    /// How many frames are missing before `packet`: the readers of Ogg and flac leave out what is
    /// damaged, but the packets after it say when they begin.
    fn gap_before(&mut self, packet: &Packet) -> u64 {
        // The length of a packet leaves out what is trimmed from its start, and the time does not.
        let length = packet.dur.get().saturating_add(packet.trim_start.get());
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let begin = packet.pts.get();
        let expected = self.expected.replace(begin.saturating_add(length));
        let gap = begin.saturating_sub(expected.unwrap_or(begin));
        let fillable = GAP_FRAMES..=GAP_SECONDS * i64::from(self.rate_hz);
        let told = matches!(self.form, Form::Ogg | Form::Flac) && fillable.contains(&gap);
        if told { gap.unsigned_abs() } else { 0 }
    }

    /// The next packet of any track, or nothing at the end.
    fn packet(&mut self, failures: &mut u64) -> Result<Option<Packet>, RecordingError> {
        loop {
            let reader = &mut self.reader;
            let error = match guarded(|| reader.next_packet()) {
                // A file without a length ends thus.
                Ok(Some(packet)) if packet.data.is_empty() && self.form == Form::Wav => {
                    return Ok(None);
                }
                Ok(packet) => return Ok(packet),
                Err(error) => error,
            };
            match error {
                Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    self.cut = true;
                    return Ok(None);
                }
                Error::IoError(error) => return Err(RecordingError::unreadable(&self.path, error)),
                // Another piece begins, as in Ogg files that were joined.
                Error::ResetRequired => self.next_piece()?,
                _ => {
                    self.damaged += 1;
                    *failures += 1;
                    if *failures >= PATIENCE {
                        self.cut = true;
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn next_piece(&mut self) -> Result<(), RecordingError> {
        let tracks = &*self.reader;
        let track = tracks
            .first_track_known_codec(TrackType::Audio)
            .map(|track| track.id);
        let id = track.ok_or_else(|| unknown_codec(&self.path, "an unknown codec"))?;
        let (decoder, rate_hz, full_scale) = decoder_for(&self.path, &*self.reader, id)?;
        if rate_hz != self.rate_hz {
            return Err(RecordingError::Damaged {
                path: self.path.clone(),
                reason: format!(
                    "its sample rate changes from {} to {rate_hz} Hz",
                    self.rate_hz
                ),
            });
        }
        (self.decoder, self.track, self.full_scale) = (decoder, id, full_scale);
        // The header told the length of the first piece only, and the next has a time of its own.
        (self.told_frames, self.expected) = (None, None);
        Ok(())
    }

    /// Decodes a packet and returns the number of channels, or nothing if it is damaged or at
    /// another sample rate, as where the reader takes something else for a frame.
    fn decode(&mut self, packet: &Packet) -> Option<usize> {
        let (decoder, samples, rate_hz) = (&mut self.decoder, &mut self.samples, self.rate_hz);
        samples.clear();
        let decoded = guarded(|| {
            let buffer = decoder.decode(packet)?;
            let channels = buffer.spec().channels().count();
            if buffer.is_empty() {
                return Ok(channels.max(1));
            }
            if buffer.spec().rate() != rate_hz || check_channels(&self.path, channels).is_err() {
                return Err(Error::DecodeError("another sample rate"));
            }
            buffer.copy_to_vec_interleaved(samples);
            Ok(channels)
        });
        self.decoded |= !self.samples.is_empty();
        decoded.ok()
    }
}

/// Does `work`, in which a panic counts as damage: the decoders are made for speed, and a file
/// that nobody thought of must not end the program.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Error::DecodeError("the decoder gave up")))
}

/// Skips the tags before the sound, and returns where it starts and its first bytes.
fn start_of_sound(file: &mut File) -> io::Result<(u64, Vec<u8>)> {
    let (mut start, mut head) = (0, Vec::new());
    for _ in 0..TAGS {
        file.seek(SeekFrom::Start(start))?;
        head.clear();
        file.take(HEAD as u64).read_to_end(&mut head)?;
        let tag = head.starts_with(b"ID3").then(|| head.get(..10)).flatten();
        let Some(tag) = tag else { break };
        // Seven bits a byte, and as much again as the header if there is a footer.
        let length = tag[6..10]
            .iter()
            .fold(0, |sum, &byte| (sum << 7) | u64::from(byte & 0x7f));
        start += 10 + length + if tag[5] & 0x10 > 0 { 10 } else { 0 };
    }
    file.seek(SeekFrom::Start(start))?;
    Ok((start, head))
}

/// The position in frames that the last page of an Ogg file tells, if it belongs to the stream of
/// the first page, which `head` begins.
fn last_position(file: &mut File, head: &[u8]) -> io::Result<Option<u64>> {
    /// The longest page, in bytes.
    const PAGE: u64 = 65_307;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(PAGE)))?;
    let mut tail = Vec::new();
    file.take(PAGE).read_to_end(&mut tail)?;
    file.seek(SeekFrom::Start(0))?;
    let mut pages = tail.windows(18).filter(|page| page.starts_with(b"OggS"));
    let last = pages.next_back();
    let last = last.filter(|page| head.get(14..18) == Some(&page[14..18]));
    let position = last.and_then(|page| page[6..14].try_into().ok());
    // A page in which no packet ends tells -1.
    Ok(position.map(u64::from_le_bytes).filter(|&p| p < 1 << 48))
}

/// The container that starts with `head`.
fn form_of(path: &Path, head: &[u8]) -> Result<Form, RecordingError> {
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    if at(0, b"RIFF") && at(8, b"WAVE") {
        check_wav(path, head)?;
        return Ok(Form::Wav);
    }
    if at(0, b"fLaC") {
        return Ok(Form::Flac);
    }
    if at(0, b"OggS") {
        let body = 27 + usize::from(head.get(26).copied().unwrap_or(0));
        for (magic, name) in [
            (&b"OpusHead"[..], "Opus"),
            (b"Speex   ", "Speex"),
            (b"\x80theora", "Theora"),
        ] {
            if at(body, magic) {
                return Err(unknown_codec(path, name));
            }
        }
        return Ok(Form::Ogg);
    }
    for (offset, magic, name) in [
        (0, &b"RF64"[..], "RF64, a WAV of more than 4 GiB"),
        (0, b"BW64", "BW64, a WAV of more than 4 GiB"),
        (4, b"ftyp", "MP4 with AAC or ALAC"),
        (0, b"FORM", "AIFF"),
        (0, b"caff", "Core Audio"),
        (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM"),
        (0, b"\x30\x26\xb2\x75", "Windows Media"),
        (0, b"wvpk", "WavPack"),
        (0, b"MAC ", "Monkey's Audio"),
        (0, b"#!AMR", "AMR"),
    ] {
        if at(offset, magic) {
            return Err(unknown_codec(path, name));
        }
    }
    Ok(Form::Mp3)
}

/// Refuses a WAV by its rate and channels, if its format comes first, as it should: the reader
/// would name a less helpful reason.
fn check_wav(path: &Path, head: &[u8]) -> Result<(), RecordingError> {
    let format = head.get(12..28).filter(|head| head.starts_with(b"fmt "));
    let Some(format) = format else { return Ok(()) };
    check_channels(path, u16::from_le_bytes([format[10], format[11]]).into())?;
    let rate = [format[12], format[13], format[14], format[15]];
    check_rate(path, u32::from_le_bytes(rate))
}

fn read_container(
    form: Form,
    stream: MediaSourceStream<'static>,
) -> Result<Box<dyn FormatReader>, Error> {
    let options = FormatOptions::default();
    Ok(match form {
        Form::Wav => Box::new(WavReader::try_new(stream, options)?),
        Form::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Form::Ogg => Box::new(OggReader::try_new(stream, options)?),
        Form::Mp3 => {
            let mut probe = Probe::new_with_options(&ProbeOptions {
                max_probe_depth: MP3_SEARCH,
                ..ProbeOptions::default()
            });
            probe.register_format::<MpaReader<'_>>();
            probe.probe(&Hint::new(), stream, options, MetadataOptions::default())?
        }
    })
}

/// The decoder of a track, its sample rate, and the value that is full scale.
fn decoder_for(
    path: &Path,
    reader: &dyn FormatReader,
    id: u32,
) -> Result<(Box<dyn AudioDecoder>, u32, f32), RecordingError> {
    let mut tracks = reader.tracks().iter().filter(|track| track.id == id);
    let parameters = tracks.next().and_then(|track| track.codec_params.as_ref());
    let Some(CodecParameters::Audio(parameters)) = parameters else {
        return Err(unknown_codec(path, "an unknown codec"));
    };
    let codecs = symphonia::default::get_codecs();
    if codecs.get_audio_decoder(parameters.codec).is_none() {
        return Err(unknown_codec(path, codec_name(parameters.codec)));
    }
    let rate_hz = parameters.sample_rate.unwrap_or(0);
    check_rate(path, rate_hz)?;
    if let Some(channels) = &parameters.channels {
        check_channels(path, channels.count())?;
    }
    let options = AudioDecoderOptions::default();
    let decoder = guarded(|| codecs.make_audio_decoder(parameters, &options))
        .map_err(|error| container_error(path, error))?;
    // Whole numbers end one step before 1.
    let full_scale = match parameters.bits_per_sample {
        Some(bits @ 2..=24) => 1.0 - 0.5f32.powi(bits as i32 - 1),
        _ => 1.0,
    };
    Ok((decoder, rate_hz, full_scale))
}

fn codec_name(codec: AudioCodecId) -> &'static str {
    match codec {
        CODEC_ID_OPUS => "Opus",
        CODEC_ID_MP1 => "MPEG layer I",
        CODEC_ID_MP2 => "MPEG layer II",
        CODEC_ID_ADPCM_MS | CODEC_ID_ADPCM_IMA_WAV => "ADPCM",
        _ => "an unknown codec",
    }
}

fn unknown_codec(path: &Path, codec: &str) -> RecordingError {
    RecordingError::Codec {
        path: path.into(),
        codec: codec.to_owned(),
    }
}

fn container_error(path: &Path, error: Error) -> RecordingError {
    let damaged = |reason: &str| RecordingError::Damaged {
        path: path.into(),
        reason: reason.to_owned(),
    };
    match error {
        Error::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            damaged("it ends before the sound begins")
        }
        Error::IoError(error) => RecordingError::unreadable(path, error),
        Error::Unsupported(what) => unknown_codec(path, what),
        error => damaged(&error.to_string()),
    }
}
