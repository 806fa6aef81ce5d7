//! Arrays in the format of NumPy: `.npy` of version 1.0, and `.npz`, which is an archive of them.
//! (NumPy Enhancement Proposal 1.)

use std::io::{Cursor, Write};

use zip::write::{SimpleFileOptions, ZipWriter};
use zip::{CompressionMethod, DateTime};

/// A named array, row by row.
pub(super) struct Array {
    name: &'static str,
    shape: Vec<usize>,
    kind: &'static str,
    bytes: Vec<u8>,
}

/// A number that an array can hold.
pub(super) trait Number: Copy {
    /// Its kind in the words of NumPy, little-endian.
    const KIND: &'static str;
    /// Appends its bytes.
    fn append(self, bytes: &mut Vec<u8>);
}

macro_rules! number {
    ($($type:ty: $kind:literal),*) => {$(
        impl Number for $type {
            const KIND: &'static str = $kind;
            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

number!(u8: "|u1", i16: "<i2", i64: "<i8", f32: "<f4", f64: "<f8");

impl Number for bool {
    const KIND: &'static str = "|b1";
    fn append(self, bytes: &mut Vec<u8>) {
        bytes.push(self.into());
    }
}

impl Array {
    /// An array of `shape` of all `numbers`, in which the last index runs fastest.
    pub(super) fn new<N: Number>(
        name: &'static str,
        shape: &[usize],
        numbers: impl IntoIterator<Item = N>,
    ) -> Array {
        let mut bytes = Vec::new();
        for number in numbers {
            number.append(&mut bytes);
        }
        let shape = shape.to_vec();
        debug_assert_eq!(
            bytes.len(),
            shape.iter().product::<usize>() * size_of::<N>()
        );
        Array {
            name,
            shape,
            kind: N::KIND,
            bytes,
        }
    }

    /// The array as an `.npy` file.
    fn npy(&self) -> Vec<u8> {
        let lengths: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        let shape = match lengths.as_slice() {
            [length] => format!("{length},"),
            lengths => lengths.join(", "),
        };
        let kind = self.kind;
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
        // The numbers begin at a multiple of 64 bytes; the header ends with a line feed.
        let length = (10 + header.len() + 1).next_multiple_of(64) - 10;
        let length = u16::try_from(length).expect("a header of a few words");
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        file.extend_from_slice(&length.to_le_bytes());
        file.extend_from_slice(
            format!("{header:<width$}\n", width = usize::from(length) - 1).as_bytes(),
        );
        file.extend_from_slice(&self.bytes);
        file
    }
}

/// The arrays as an `.npz` file; the same arrays give the same bytes.
pub(super) fn npz(arrays: &[Array]) -> Vec<u8> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for array in arrays {
        archive
            .start_file(format!("{}.npy", array.name), options)
            .and_then(|()| Ok(archive.write_all(&array.npy())?))
            .expect("an archive in memory takes what it is given");
    }
    let bytes = archive.finish().expect("an archive in memory is finished");
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_what_numpy_writes() {
        // numpy.save of numpy.arange(3, dtype="<i2").
        let file = Array::new("a", &[3], [0_i16, 1, 2]).npy();
        let header =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }";
        assert!(file.starts_with(header));
        assert!(file.ends_with(&[b' ', b'\n', 0, 0, 1, 0, 2, 0]));
        assert_eq!(file.len(), 128 + 6);
        // Tables without rows, and single numbers.
        let shape = |array: Array| {
            let text = String::from_utf8_lossy(&array.npy()).into_owned();
            let (from, to) = (text.find("'shape'").unwrap(), text.find('}').unwrap());
            text[from..to].to_owned()
        };
        let (table, number) = (
            Array::new("b", &[0, 4], [0_u8; 0]),
            Array::new("c", &[], [7_i64]),
        );
        assert_eq!(shape(table), "'shape': (0, 4), ");
        assert_eq!(shape(number), "'shape': (), ");
    }
}
