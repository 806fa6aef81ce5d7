//! Where networks compute.

use std::fmt;
use std::str::FromStr;

use burn::module::Module;
use burn::tensor::{Device as Backend, Tensor};
use thiserror::Error;

/// Where a network computes. The devices round differently, so results are the same from run to run
/// on one of them, and close between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The processor, with operations of our own.
    #[default]
    Cpu,
    /// The graphics card that the system prefers, through Vulkan or Metal; in programs built with the
    /// feature `gpu`.
    Gpu,
}

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// There is none called so.
    #[error("there is no device {0:?}; there are cpu and gpu")]
    Unknown(String),
    /// The program has no code for graphics cards.
    #[error(
        "this program was built without support for graphics cards; build it with `--features gpu`, or use the device cpu"
    )]
    NotBuilt,
    /// No graphics card answers.
    #[error(
        "no graphics card can be used ({0}); install the Vulkan driver of yours, or use the device cpu"
    )]
    NotFound(String),
}

impl Device {
    /// The name in commands and reports.
    pub fn name(self) -> &'static str {
        match self {
            Device::Cpu => "cpu",
            Device::Gpu => "gpu",
        }
    }

    /// Moves `network` there; what it computes from then on, it computes there.
    ///
    /// # Errors
    /// If the device cannot be used.
    pub fn place<M: Module>(self, network: M) -> Result<M, DeviceError> {
        let backend = match self {
            Device::Cpu => Backend::flex(),
            Device::Gpu => gpu()?,
        };
        Ok(network.fork(&backend))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Device, DeviceError> {
        [Device::Cpu, Device::Gpu]
            .into_iter()
            .find(|device| device.name() == name)
            .ok_or_else(|| DeviceError::Unknown(name.to_owned()))
    }
}

/// The preferred graphics card. It is asked for once: burn refuses to set it up twice.
#[cfg(feature = "gpu")]
fn gpu() -> Result<Backend, DeviceError> {
    use std::sync::OnceLock;

    use burn::tensor::wgpu::WgpuInitError;

    static GPU: OnceLock<Result<Backend, DeviceError>> = OnceLock::new();
    GPU.get_or_init(|| {
        // Asked for by a tensor, a card that is not there is a panic.
        let found = Backend::wgpu_options().init();
        found.map_err(|error| {
            DeviceError::NotFound(match error {
                WgpuInitError::AdapterUnavailable { message, .. } => message,
                other => other.to_string(),
            })
        })
    })
    .clone()
}

#[cfg(not(feature = "gpu"))]
fn gpu() -> Result<Backend, DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// Whether `tensor` lies where our own operations can work on it: on burn's CPU backend, with or
/// without a record of gradients.
pub(crate) fn on_cpu<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.device() == Backend::flex()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        for device in [Device::Cpu, Device::Gpu] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        let error = "abacus".parse::<Device>().unwrap_err().to_string();
        assert!(error.contains("abacus") && error.contains("gpu"), "{error}");
    }

    #[test]
    fn the_cpu_is_known_through_the_record_of_gradients() {
        let device = Backend::flex();
        assert!(on_cpu(&Tensor::<1>::zeros([1], &device)));
        assert!(on_cpu(&Tensor::<1>::zeros([1], &device.autodiff())));
    }

    #[cfg(not(feature = "gpu"))]
    #[test]
    fn a_program_without_it_says_how_to_get_it() {
        let layer = burn::nn::LinearConfig::new(1, 1).init(&Backend::flex());
        let error = Device::Gpu.place(layer).unwrap_err();
        assert!(error.to_string().contains("--features gpu"));
    }
}
