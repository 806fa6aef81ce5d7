//! Weights files: safetensors that say what they are.
//!
//! The header stands in the file's `__metadata__` under [`KEY`] as JSON, so any safetensors reader
//! opens the file, and ours refuses one that is not what it needs before a tensor is touched.

use std::collections::BTreeMap;

use burn::module::Module;
use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, SafeTensorError, TensorView};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::parameters::{self, Parameters, Values};
use crate::seed::Seed;

/// Where the header stands in the metadata of a safetensors file.
pub const KEY: &str = "consort";

/// The tensor of the fingerprints.
const FINGERPRINTS: &str = "fingerprints";

/// The version of the header.
pub const FORMAT: &str = "consort-weights/1";

/// What a weights file says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// The name of these weights, such as `chorale-1`.
    pub name: String,
    /// The family that made them and can use them.
    pub family: String,
    /// The encoding of the music, its vocabulary included, such as `chorale-grid/1`.
    pub encoding: String,
    /// What shapes the network; its form is the family's.
    pub architecture: serde_json::Value,
    /// What it was trained on.
    pub corpora: Vec<CorpusStamp>,
    /// How the corpus was split, such as `jsb-fold/1`.
    pub split: String,
    /// The seed of the run.
    pub seed: Seed,
    /// The commit of the code that trained it, or `unknown`.
    pub commit: String,
    /// Steps of training, all runs that led here together.
    pub steps: u64,
    /// Measures taken at the end of training, by name.
    pub measures: BTreeMap<String, f64>,
    /// The licence of these weights, as an SPDX expression or in words.
    pub licence: String,
}

/// A data set at the moment it was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusStamp {
    /// Its name.
    pub name: String,
    /// SHA-256 over its pieces in order, in hexadecimal.
    pub sha256: String,
    /// Its licence, or `unknown`.
    pub licence: String,
}

/// Numbers and what they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// What they are.
    pub header: Header,
    /// The numbers.
    pub parameters: Parameters,
    /// Marks of what was learnt from, in a form of the family's, by which it can tell a copy; none if
    /// it cannot.
    pub fingerprints: Vec<u32>,
}

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Half precision: half the bytes, three digits.
    F16,
    /// Single precision: as they were trained.
    F32,
}

/// Why a weights file cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The file is cut or is no safetensors file.
    #[error("this is not a whole safetensors file ({0}); copy or download it again")]
    Damaged(#[from] SafeTensorError),
    /// The file has no header of ours.
    #[error(
        "the file holds tensors but no Consort header ({0}); only weights that Consort wrote can be used"
    )]
    NoHeader(String),
    /// The header is of another version.
    #[error(
        "the file's format is {found:?}, this program reads {FORMAT:?}; use a matching version"
    )]
    Format {
        /// What the file says.
        found: String,
    },
    /// A family was asked to use the weights of another, or of another version of its encoding.
    #[error(
        "these weights are for {found_family:?} with encoding {found_encoding:?}, but {family:?} with encoding {encoding:?} was asked for; choose others with --weights"
    )]
    Family {
        /// The family of the file.
        found_family: String,
        /// The encoding of the file.
        found_encoding: String,
        /// The family that was to use it.
        family: String,
        /// The encoding that it uses.
        encoding: String,
    },
    /// The architecture in the header is not one that the family knows.
    #[error(
        "the architecture in the header is not understood ({0}); use the version that wrote the file"
    )]
    Architecture(String),
    /// The tensors are not those of the network.
    #[error(
        "the tensors do not fit the network; {0}; the file was changed or made by another version"
    )]
    Misfit(String),
}

impl Weights {
    /// The weights of `network`.
    pub fn of<M: Module>(network: &M, header: Header) -> Weights {
        Weights {
            header,
            parameters: parameters::collect(network),
            fingerprints: Vec::new(),
        }
    }

    /// Puts the numbers into `network`, which must have exactly these tensors in these shapes.
    ///
    /// # Errors
    /// [`WeightsError::Misfit`] lists every tensor that is missing, superfluous, of another shape or
    /// not finite.
    pub fn into_network<M: Module>(self, network: M) -> Result<M, WeightsError> {
        let expected = parameters::collect(&network);
        let mut faults = Vec::new();
        for (name, values) in &expected {
            match self.parameters.get(name) {
                None => faults.push(format!("{name} is missing")),
                Some(found) if found.shape != values.shape => faults.push(format!(
                    "{name} has shape {:?} instead of {:?}",
                    found.shape, values.shape
                )),
                Some(found) if !found.data.iter().all(|x| x.is_finite()) => {
                    faults.push(format!("{name} has numbers that are not finite"));
                }
                Some(_) => {}
            }
        }
        let extra = self
            .parameters
            .keys()
            .filter(|name| !expected.contains_key(*name));
        faults.extend(extra.map(|name| format!("{name} is not in the network")));
        if faults.is_empty() {
            Ok(parameters::replace(&network, self.parameters))
        } else {
            Err(WeightsError::Misfit(faults.join("; ")))
        }
    }

    /// Checks that these weights are meant for `family` with `encoding`.
    ///
    /// # Errors
    /// [`WeightsError::Family`] if not.
    pub fn require(&self, family: &str, encoding: &str) -> Result<(), WeightsError> {
        if self.header.family == family && self.header.encoding == encoding {
            return Ok(());
        }
        Err(WeightsError::Family {
            found_family: self.header.family.clone(),
            found_encoding: self.header.encoding.clone(),
            family: family.to_owned(),
            encoding: encoding.to_owned(),
        })
    }

    /// The bytes of the file; the same weights always give the same bytes.
    pub fn to_bytes(&self, precision: Precision) -> Vec<u8> {
        let header = serde_json::to_string(&self.header).expect("a header is plain data");
        write_tensors(&self.parameters, &self.fingerprints, precision, header)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// If they are cut, not safetensors, or without a header of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Weights, WeightsError> {
        let (parameters, fingerprints, header) = read_tensors(bytes)?;
        let value: serde_json::Value = serde_json::from_str(&header)
            .map_err(|error| WeightsError::NoHeader(error.to_string()))?;
        // The version decides how the rest is read, so it is looked at first.
        let found = value
            .get("format")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        if found != FORMAT {
            return Err(WeightsError::Format {
                found: found.to_owned(),
            });
        }
        let header: Header = serde_json::from_value(value)
            .map_err(|error| WeightsError::NoHeader(error.to_string()))?;
        Ok(Weights {
            header,
            parameters,
            fingerprints,
        })
    }
}

/// Safetensors bytes of `parameters` and, if there are any, `fingerprints`, with `header` under
/// [`KEY`].
pub(crate) fn write_tensors(
    parameters: &Parameters,
    fingerprints: &[u32],
    precision: Precision,
    header: String,
) -> Vec<u8> {
    let encoded: Vec<(&String, &Vec<usize>, Vec<u8>)> = parameters
        .iter()
        .map(|(name, values)| (name, &values.shape, encode(&values.data, precision)))
        .collect();
    let dtype = match precision {
        Precision::F16 => Dtype::F16,
        Precision::F32 => Dtype::F32,
    };
    const FITS: &str = "the bytes were made for the shape";
    let numbers = encoded.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(dtype, (*shape).clone(), bytes);
        (name.as_str(), view.expect(FITS))
    });
    let marks: Vec<u8> = fingerprints
        .iter()
        .flat_map(|mark| mark.to_le_bytes())
        .collect();
    let marks = (!marks.is_empty()).then(|| {
        let view = TensorView::new(Dtype::U32, vec![fingerprints.len()], &marks);
        (FINGERPRINTS, view.expect(FITS))
    });
    // The library takes a hash map, whose order changes; a single key keeps the bytes the same.
    let metadata = [(KEY.to_owned(), header)].into_iter().collect();
    safetensors::serialize(numbers.chain(marks), Some(metadata))
        .expect("names are unique and sizes agree")
}

/// The tensors of safetensors bytes, in single precision, the fingerprints, and the header under
/// [`KEY`].
pub(crate) fn read_tensors(bytes: &[u8]) -> Result<(Parameters, Vec<u32>, String), WeightsError> {
    let (_, metadata) = SafeTensors::read_metadata(bytes)?;
    let header = metadata
        .metadata()
        .as_ref()
        .and_then(|metadata| metadata.get(KEY))
        .cloned();
    let header =
        header.ok_or_else(|| WeightsError::NoHeader(format!("no {KEY:?} among its metadata")))?;
    let tensors = SafeTensors::deserialize(bytes)?;
    let mut parameters = Parameters::new();
    let mut fingerprints = Vec::new();
    for (name, view) in tensors.iter() {
        if name == FINGERPRINTS && view.dtype() == Dtype::U32 {
            let (fours, _) = view.data().as_chunks::<4>();
            fingerprints = fours.iter().map(|&four| u32::from_le_bytes(four)).collect();
            continue;
        }
        let data = decode(&view).ok_or_else(|| {
            WeightsError::Misfit(format!(
                "{name} is stored as {:?}, not F16 or F32",
                view.dtype()
            ))
        })?;
        parameters.insert(
            name.to_owned(),
            Values {
                shape: view.shape().to_vec(),
                data,
            },
        );
    }
    Ok((parameters, fingerprints, header))
}

fn encode(data: &[f32], precision: Precision) -> Vec<u8> {
    match precision {
        Precision::F16 => data
            .iter()
            .flat_map(|&x| f16::from_f32(x).to_le_bytes())
            .collect(),
        Precision::F32 => data.iter().flat_map(|x| x.to_le_bytes()).collect(),
    }
}

fn decode(view: &TensorView<'_>) -> Option<Vec<f32>> {
    match view.dtype() {
        Dtype::F16 => {
            let (pairs, _) = view.data().as_chunks::<2>();
            Some(
                pairs
                    .iter()
                    .map(|&pair| f16::from_le_bytes(pair).to_f32())
                    .collect(),
            )
        }
        Dtype::F32 => {
            let (fours, _) = view.data().as_chunks::<4>();
            Some(fours.iter().map(|&four| f32::from_le_bytes(four)).collect())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::Linear;
    use burn::tensor::Device;

    use super::*;
    use crate::initial;

    fn network(output: usize) -> Linear {
        let mut stream = Seed(1).stream("test", 0);
        initial::linear(3, output, 1.0, &mut stream, &Device::flex())
    }

    fn header() -> Header {
        Header {
            format: FORMAT.to_owned(),
            name: "test-1".to_owned(),
            family: "test".to_owned(),
            encoding: "test/1".to_owned(),
            architecture: serde_json::json!({ "width": 3 }),
            corpora: Vec::new(),
            split: "none".to_owned(),
            seed: Seed(1),
            commit: "unknown".to_owned(),
            steps: 0,
            measures: BTreeMap::from([("loss".to_owned(), 0.5)]),
            licence: "unknown".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut weights = Weights::of(&network(2), header());
        weights.fingerprints = vec![1, u32::MAX, 0];
        let bytes = weights.to_bytes(Precision::F32);
        assert_eq!(Weights::from_bytes(&bytes).unwrap(), weights);
        assert_eq!(weights.to_bytes(Precision::F32), bytes);
        let half = Weights::from_bytes(&weights.to_bytes(Precision::F16)).unwrap();
        for (name, values) in &weights.parameters {
            for (a, b) in values.data.iter().zip(&half.parameters[name].data) {
                assert!((a - b).abs() <= a.abs() / 1024.0, "{a} became {b}");
            }
        }
    }

    #[test]
    fn every_cut_is_an_error() {
        let bytes = Weights::of(&network(2), header()).to_bytes(Precision::F16);
        for length in 0..bytes.len() {
            assert!(
                Weights::from_bytes(&bytes[..length]).is_err(),
                "cut at {length}"
            );
        }
    }

    #[test]
    fn misfits_are_listed_together() {
        let mut weights = Weights::of(&network(2), header());
        weights.parameters.remove("bias");
        weights.parameters.insert(
            "more".into(),
            Values {
                shape: vec![1],
                data: vec![0.0],
            },
        );
        let error = weights.into_network(network(4)).unwrap_err().to_string();
        for part in [
            "bias is missing",
            "weight has shape [3, 2] instead of [3, 4]",
            "more is not in",
        ] {
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn other_families_and_versions_are_refused() {
        let mut weights = Weights::of(&network(2), header());
        assert!(weights.require("test", "test/1").is_ok());
        assert!(
            weights
                .require("test", "test/2")
                .unwrap_err()
                .to_string()
                .contains("test/1")
        );
        weights.header.format = "consort-weights/99".into();
        let error = Weights::from_bytes(&weights.to_bytes(Precision::F16)).unwrap_err();
        assert!(matches!(error, WeightsError::Format { .. }));
    }
}
