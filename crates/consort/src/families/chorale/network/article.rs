//! The network of the article: residual convolutions over time and pitch.
//!
//! A 3x3 convolution from eight planes to the filters, ten blocks of two 5x5 convolutions, and a 3x3
//! convolution to four maps, one per voice, with a softmax over the 128 pitches of each step. Every
//! convolution but the last is followed by batch normalisation, so none of those has a bias.
//! (L. Griswold, *Reducing Negative Log-Likelihood of Convolutional Music Compositions*, 2019. The
//! code beside that article feeds a block's second convolution from before the ReLU; we follow the
//! article's figure, in which every normalisation is followed by one.)
//!
//! Between the input and the output everything is channels-last, `[window, step, pitch, filter]`, as
//! our operations have it.

use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Tensor, TensorData};
use consort_learn::Stream;
use consort_learn::convolution::{Convolution, ConvolutionShape, NormalizedConvolution};

use super::Logits;
use crate::families::chorale::config::ArticleArchitecture;
use crate::families::chorale::encoding::{ARTICLE_PITCHES, LOWEST, VOICES, Window, planes};

/// The network.
#[derive(Module, Debug)]
pub struct Article {
    stem: NormalizedConvolution,
    blocks: Vec<Block>,
    head: Convolution,
}

/// Two layers around which a connection skips.
#[derive(Module, Debug)]
struct Block {
    first: NormalizedConvolution,
    second: NormalizedConvolution,
}

impl Article {
    pub(super) fn new(architecture: &ArticleArchitecture, stream: &mut Stream) -> Article {
        let ArticleArchitecture {
            blocks,
            filters,
            kernel,
        } = *architecture;
        let mut layer = |input| {
            let side = if input == filters { kernel } else { 3 };
            NormalizedConvolution::new(ConvolutionShape::dense(input, filters, side), stream)
        };
        let stem = layer(2 * VOICES);
        let blocks = (0..blocks).map(|_| Block {
            first: layer(filters),
            second: layer(filters),
        });
        let blocks = blocks.collect();
        let head = ConvolutionShape::dense(filters, VOICES, 3);
        Article {
            stem,
            blocks,
            head: Convolution::new(head, true, stream),
        }
    }

    /// Outputs are all 128 pitches; the network cannot say silence.
    pub(super) fn forward(&self, windows: &[Window]) -> Logits {
        let (batch, steps) = (windows.len(), windows[0].steps());
        let device = self.head.device();
        let input: Vec<f32> = windows.iter().flat_map(planes).collect();
        let shape = [batch, 2 * VOICES, steps, ARTICLE_PITCHES];
        let input = Tensor::from_data(TensorData::new(input, shape), &device);
        let mut x = self.stem.forward(input.permute([0, 2, 3, 1]), None);
        for block in &self.blocks {
            let inner = block.first.forward(x.clone(), None);
            x = block.second.forward(inner, Some(x));
        }
        // [window, step, pitch, voice] to [window, step, voice, pitch]
        let maps = self.head.forward(x).permute([0, 1, 3, 2]);
        let pitches = log_softmax(maps, 3);
        Logits {
            outputs: pitches,
            lowest: vec![usize::from(LOWEST); batch],
            silence: None,
            strikes: None,
        }
    }
}
