//! The numbers inside a module, by name: what weights files, checkpoints and optimisers work on.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

/// The values of one parameter in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// The length of each axis.
    pub shape: Vec<usize>,
    /// The numbers.
    pub data: Vec<f32>,
}

/// Parameters by their path in the module, such as `blocks.0.norm.gamma`.
pub type Parameters = BTreeMap<String, Values>;

/// All numbers of `module`, running statistics included.
pub fn collect<M: Module>(module: &M) -> Parameters {
    collect_if(module, |_| true)
}

/// Those numbers of `module` whose names are `wanted`: reading others would copy them.
pub(crate) fn collect_if<M: Module>(module: &M, wanted: impl Fn(&str) -> bool) -> Parameters {
    let mut collector = Collector {
        path: Vec::new(),
        wanted,
        parameters: Parameters::new(),
    };
    module.visit(&mut collector);
    collector.parameters
}

/// A copy of `module` with the values of `parameters`; parameters that are not named keep theirs.
///
/// # Panics
/// If a shape differs.
pub fn replace<M: Module>(module: &M, parameters: Parameters) -> M {
    // A clone of a module shares its running statistics with the original, so that mapping the one
    // would change the other; leaving training mode makes a copy of its own.
    module.valid().map(&mut Replacer {
        path: Vec::new(),
        parameters,
    })
}

/// Reads a tensor back as plain numbers.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Values {
    let shape = tensor.dims().to_vec();
    let data = tensor.into_data().convert::<f32>();
    Values {
        shape,
        data: data.try_into_vec().expect("just converted to f32"),
    }
}

struct Collector<W> {
    path: Vec<String>,
    wanted: W,
    parameters: Parameters,
}

impl<W: Fn(&str) -> bool> ModuleVisitor for Collector<W> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        if (self.wanted)(&name) {
            self.parameters.insert(name, values(param.val()));
        }
    }
}

struct Replacer {
    path: Vec<String>,
    parameters: Parameters,
}

impl ModuleMapper for Replacer {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.parameters.remove(&self.path.join(".")) else {
            return param;
        };
        assert_eq!(
            param.lazy_shape().to_vec(),
            values.shape,
            "{}",
            self.path.join(".")
        );
        param.map(|old| {
            let trained = old.is_require_grad();
            let new = Tensor::from_data(TensorData::new(values.data, values.shape), &old.device());
            new.set_require_grad(trained)
        })
    }
}
