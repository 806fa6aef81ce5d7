//! How images are cut into tiles.

use std::ops::Range;

use super::Convolution;
use super::transform::{Pixels, SIDE};

/// Channels are made a multiple of this many, so that the vectors of every machine fit.
pub(super) const CHANNELS: usize = 16;

/// Channels with those that are added, at least 16.
pub(super) fn padded(channels: usize) -> usize {
    channels.max(1).next_multiple_of(CHANNELS)
}

/// The outputs of a convolution, cut into bands of tiles: all tiles side by side that begin at the
/// same row.
#[derive(Clone, Copy)]
pub(super) struct Tiling {
    /// What is cut.
    pub(super) shape: Convolution,
    /// Output pixels on a side of a tile.
    pub(super) side: usize,
    /// Tiles of a band.
    pub(super) tiles: usize,
    bands_of_image: usize,
}

/// One of the bands.
#[derive(Clone, Copy)]
pub(super) struct Band {
    /// Which image it is of.
    pub(super) image: usize,
    /// Its first row of output pixels.
    pub(super) top: usize,
    /// How many rows it has.
    pub(super) height: usize,
}

impl Tiling {
    pub(super) fn new(shape: Convolution, side: usize) -> Tiling {
        let tiles = shape.width.div_ceil(side);
        let bands = shape.height.div_ceil(side);
        Tiling {
            shape,
            side,
            tiles,
            bands_of_image: if tiles == 0 { 0 } else { bands },
        }
    }

    /// All bands of all images.
    pub(super) fn bands(&self) -> Range<usize> {
        0..self.shape.batch * self.bands_of_image
    }

    /// How many bands have about `tiles` tiles, at least one.
    pub(super) fn bands_with(&self, tiles: usize) -> usize {
        (tiles / self.tiles.max(1)).max(1)
    }

    /// Every tile of some bands, with its band.
    pub(super) fn tiles_of(&self, bands: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let tiles = self.tiles;
        bands.flat_map(move |band| (0..tiles).map(move |tile| (band, tile)))
    }

    pub(super) fn band(&self, index: usize) -> Band {
        let top = index % self.bands_of_image * self.side;
        Band {
            image: index / self.bands_of_image,
            top,
            height: self.side.min(self.shape.height - top),
        }
    }

    /// The output pixels of a band.
    pub(super) fn pixels(&self, band: usize) -> usize {
        self.band(band).height * self.shape.width
    }

    /// The input pixels of a tile, 8x8 of [`padded`] channels, 0 outside of the image. Where they
    /// do not lie in the image as they are needed, they are copied into `patch`.
    pub(super) fn inputs<'a>(
        &self,
        images: &'a [f32],
        band: Band,
        tile: usize,
        patch: &'a mut [f32],
    ) -> Pixels<'a> {
        let margin = self.shape.kernel / 2;
        let corner = [band.top, tile * self.side];
        self.window(
            images,
            self.shape.inputs,
            band.image,
            (corner, margin),
            SIDE,
            patch,
        )
    }

    /// The output pixels of a tile, as [`Tiling::inputs`] gives the inputs.
    pub(super) fn outputs<'a>(
        &self,
        images: &'a [f32],
        band: Band,
        tile: usize,
        patch: &'a mut [f32],
    ) -> Pixels<'a> {
        let corner = [band.top, tile * self.side];
        self.window(
            images,
            self.shape.outputs,
            band.image,
            (corner, 0),
            self.side,
            patch,
        )
    }

    /// `side`x`side` pixels that begin `margin` above and to the left of `corner`.
    #[inline(always)]
    fn window<'a>(
        &self,
        images: &'a [f32],
        channels: usize,
        image: usize,
        ([top, left], margin): ([usize; 2], usize),
        side: usize,
        patch: &'a mut [f32],
    ) -> Pixels<'a> {
        let Convolution { height, width, .. } = self.shape;
        let all = padded(channels);
        let image = &images[image * height * width * channels..][..height * width * channels];
        let inside = top >= margin
            && left >= margin
            && top - margin + side <= height
            && left - margin + side <= width;
        if inside && all == channels {
            let first = (top - margin) * width + left - margin;
            return Pixels {
                numbers: &image[first * channels..],
                row: width * channels,
                pixel: channels,
            };
        }
        for (index, pixel) in patch[..side * side * all].chunks_exact_mut(all).enumerate() {
            let (y, x) = (top + index / side, left + index % side);
            let within =
                (margin..height + margin).contains(&y) && (margin..width + margin).contains(&x);
            let kept = if within { channels } else { 0 };
            let (kept, added) = pixel.split_at_mut(kept);
            if within {
                let from = ((y - margin) * width + x - margin) * channels;
                kept.copy_from_slice(&image[from..][..channels]);
            }
            added.fill(0.0);
        }
        Pixels {
            numbers: patch,
            row: side * all,
            pixel: all,
        }
    }
}
