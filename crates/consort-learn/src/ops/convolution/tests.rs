//! Convolutions beside those of burn and of PyTorch.

use burn::tensor::{Device, Tensor, TensorData};

use crate::ops::{convolution, convolution_relu, fallback};
use crate::parameters::values;
use crate::{Seed, initial};

/// Inputs, outputs, kernel, dilation and groups: each algorithm.
const LAYERS: [[usize; 5]; 6] = [
    [3, 7, 3, 1, 1],
    [3, 7, 5, 1, 1],
    [3, 7, 1, 1, 1],
    [3, 7, 5, 2, 1],
    [4, 6, 7, 1, 2],
    [5, 5, 3, 1, 5],
];

/// Outputs, the gradients of a weighted sum of them, and the same by burn; alone, and with a sum and a
/// ReLU after them.
#[test]
fn agrees_with_burn() {
    for [inputs, outputs, kernel, dilation, groups] in LAYERS {
        for after in [false, true] {
            let device = Device::flex().autodiff();
            let mut stream = Seed(1).stream("test", kernel as u64);
            let mut normal = |shape| initial::normal::<4>(shape, 1.0, &mut stream, &device).val();
            let arguments = [
                [2, 9, 14, inputs],
                [outputs, inputs / groups, kernel, kernel],
                [1, 1, 1, outputs],
                [2, 9, 14, outputs],
            ]
            .map(&mut normal);
            let above = normal([2, 9, 14, outputs]).detach();
            let results = |ours: bool| {
                let [x, weights, offsets, skip] = arguments
                    .each_ref()
                    .map(|tensor| tensor.clone().detach().require_grad());
                let (images, kernels) = (x.clone(), weights.clone());
                // Without anything after it, and without a bias.
                let bias = Some(offsets.clone().reshape([outputs]));
                let y = match (after, ours) {
                    (false, true) => convolution(images, kernels, None, dilation),
                    (false, false) => fallback::convolution(images, kernels, None, dilation),
                    (true, true) => {
                        convolution_relu(images, kernels, bias, Some(skip.clone()), dilation)
                    }
                    (true, false) => {
                        let skip = Some(skip.clone());
                        fallback::convolution_relu(images, kernels, bias, skip, dilation)
                    }
                };
                let gradients = (y.clone() * above.clone()).sum().backward();
                let of = |tensor: Tensor<4>| tensor.grad(&gradients).map(values);
                [
                    Some(values(y.inner())),
                    of(x),
                    of(weights),
                    of(offsets),
                    of(skip),
                ]
            };
            for (ours, burns) in results(true).into_iter().zip(results(false)) {
                let (Some(ours), Some(burns)) = (&ours, &burns) else {
                    assert!(!after && ours.is_none() && burns.is_none());
                    continue;
                };
                assert_eq!(ours.shape, burns.shape);
                for (ours, burns) in ours.data.iter().zip(&burns.data) {
                    // Sums of up to 252 products of normal numbers, some by Winograd's algorithm. A sum
                    // so near 0 that the ReLU decides otherwise does not occur.
                    assert!((ours - burns).abs() < 1e-3, "{ours} {burns}");
                }
            }
        }
    }
}

/// In one pass or as a chain of operations.
#[test]
fn predicts_what_it_learns() {
    for [inputs, outputs, kernel, dilation, groups] in LAYERS {
        let device = Device::flex();
        let mut stream = Seed(2).stream("test", kernel as u64);
        let mut normal = |shape| initial::normal::<4>(shape, 1.0, &mut stream, &device).val();
        let arguments = [
            [2, 9, 14, inputs],
            [outputs, inputs / groups, kernel, kernel],
            [1, 1, 1, outputs],
            [2, 9, 14, outputs],
        ]
        .map(&mut normal);
        let layer = |device: &Device| {
            let [x, weights, bias, skip] = arguments
                .each_ref()
                .map(|tensor| tensor.clone().to_device(device));
            let bias = Some(bias.reshape([outputs]));
            convolution_relu(x, weights, bias, Some(skip), dilation)
        };
        let predicted = values(layer(&device));
        let learnt = values(layer(&device.clone().autodiff()).inner());
        assert_eq!(predicted, learnt);
    }
}

/// What `fixtures/learn/convolution.py` prints.
struct Case {
    /// Inputs, outputs and kernel.
    shape: [usize; 3],
    dilation: usize,
    groups: usize,
    /// Of the outputs and the gradients of the inputs, the weights and the biases: five numbers, from
    /// the first to the last at equal distances, and the largest without its sign.
    results: [[f32; 6]; 4],
}

const PYTORCH: [Case; 6] = [
    Case {
        shape: [6, 9, 3],
        dilation: 1,
        groups: 1,
        results: [
            [
                -0.1553819, 1.861979, 3.327691, 5.730468, -1.169271, 8.669704,
            ],
            [
                -0.9266493, -1.284288, -1.217014, -1.03125, 2.881076, 10.07335,
            ],
            [-1.596788, 26.13281, -1.732638, 11.26822, 6.223524, 26.13281],
            [
                -1.291668, -1.41667, -2.479168, -0.4375021, 0.6666645, 2.479168,
            ],
        ],
    },
    Case {
        shape: [6, 9, 5],
        dilation: 1,
        groups: 1,
        results: [
            [
                -0.05729186,
                0.07769102,
                -2.378038,
                -4.489585,
                1.261285,
                15.77517,
            ],
            [
                9.308597, -1.230469, 1.352865, -6.199651, 0.1206598, 16.04991,
            ],
            [4.576823, 26.13281, 5.279079, 11.26822, 2.976996, 26.13281],
            [
                -1.291668, -1.41667, -2.479168, -0.4375021, 0.6666645, 2.479168,
            ],
        ],
    },
    Case {
        shape: [6, 9, 1],
        dilation: 1,
        groups: 1,
        results: [
            [
                -0.5234375,
                -0.7539062,
                -0.06553829,
                1.329861,
                1.327257,
                3.742621,
            ],
            [
                0.4144966,
                -0.002604119,
                -1.221354,
                -0.04991317,
                -0.782552,
                3.842014,
            ],
            [
                -5.148437, 26.13282, -5.695312, -2.381511, 23.74827, 26.13282,
            ],
            [
                -1.291668, -1.416667, -2.479168, -0.437502, 0.6666673, 2.479168,
            ],
        ],
    },
    Case {
        shape: [6, 9, 3],
        dilation: 2,
        groups: 1,
        results: [
            [1.00217, 3.447483, 3.94401, 2.239149, -0.7543403, 8.35243],
            [2.296441, 3.773438, -3.553386, 2.701823, -1.640625, 10.80773],
            [4.576823, 26.13281, 5.279079, -6.137588, 2.976996, 26.13281],
            [
                -1.291668, -1.41667, -2.479168, -0.4375021, 0.6666645, 2.479168,
            ],
        ],
    },
    Case {
        shape: [6, 9, 7],
        dilation: 1,
        groups: 3,
        results: [
            [-3.223091, -1.601997, 3.478299, 2.734376, 4.793403, 11.17057],
            [
                -1.826823, -4.326822, 1.275173, 0.985677, 0.3754343, 10.54514,
            ],
            [
                -4.236546, -1.17014, -1.435331, 7.441407, -1.227865, 26.13281,
            ],
            [
                -1.291668, -1.41667, -2.479168, -0.4375021, 0.6666645, 2.479168,
            ],
        ],
    },
    Case {
        shape: [6, 6, 3],
        dilation: 1,
        groups: 6,
        results: [
            [
                -1.145833, 0.3719617, 1.504774, -0.0720486, 1.483941, 4.017795,
            ],
            [
                0.02994793, 0.3194445, 0.5664062, -0.9027778, 0.2790798, 3.489583,
            ],
            [12.83897, 5.389759, 15.96701, -1.039064, 15.95616, 16.36719],
            [
                -0.8125024, -7.208336, -1.208337, 3.041664, 4.270831, 7.208336,
            ],
        ],
    },
];

/// The largest error, beside the largest number.
#[test]
fn agrees_with_pytorch() {
    let device = Device::flex().autodiff();
    for case in PYTORCH {
        let [inputs, outputs, kernel] = case.shape;
        let tensor = |shape: [usize; 4], step: usize| {
            let count = shape.iter().product::<usize>();
            let number = |index: usize| (index * index * step % 97) as f32 / 48.0 - 1.0;
            let numbers: Vec<f32> = (1..=count).map(number).collect();
            Tensor::<4>::from_data(TensorData::new(numbers, shape), &device)
        };
        let x = tensor([2, 10, 13, inputs], 7).require_grad();
        let of_group = inputs / case.groups;
        let weights = tensor([outputs, of_group, kernel, kernel], 11).require_grad();
        let bias = tensor([1, 1, 1, outputs], 13).require_grad();
        let above = tensor([2, 10, 13, outputs], 17);
        let offsets = Some(bias.clone().reshape([outputs]));
        let y = convolution(x.clone(), weights.clone(), offsets, case.dilation);
        let gradients = (y.clone() * above).sum().backward();
        let gradient = |tensor: Tensor<4>| values(tensor.grad(&gradients).unwrap()).data;
        let ours = [
            values(y.inner()).data,
            gradient(x),
            gradient(weights),
            gradient(bias),
        ];
        for (which, (ours, theirs)) in ours.iter().zip(case.results).enumerate() {
            let [five @ .., largest] = theirs;
            let bound = largest * if which == 0 { 1e-5 } else { 1e-4 };
            let ours_largest = ours.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
            assert!(
                (ours_largest - largest).abs() < bound,
                "{ours_largest} {largest}"
            );
            for (quarter, theirs) in five.into_iter().enumerate() {
                let ours = ours[(ours.len() - 1) * quarter / 4];
                assert!(
                    (ours - theirs).abs() < bound,
                    "{ours} {theirs} of {largest}"
                );
            }
        }
    }
}
