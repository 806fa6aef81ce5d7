//! The distance between two clouds of points, as if each were Gaussian.

use super::log_mel::means;

/// What is added to the diagonal of a covariance, by its mean: it keeps the square root defined
/// where there are fewer rows than numbers in them.
const SHRINKAGE: f64 = 1e-6;

/// Sweeps after which Jacobi's method stops in any case; it needs six to ten.
const SWEEPS_MAX: usize = 60;

/// The Fréchet distance (squared, as is the custom) of the Gaussians that fit two sets of rows best,
/// from 0 for equal ones but for rounding; in the unit of the numbers, squared.
///
/// It is |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) with the means m and the covariances C (by one
/// row less than there are), as Dowson and Landau give it ("The Fréchet distance between multivariate
/// normal distributions", 1982). To the diagonal of each covariance a millionth of its mean is
/// added. With few rows it is too large: compare sets of equal and large size.
///
/// Both sets need two rows or more, and all rows as many numbers, which are finite; else there is no
/// distance.
pub fn frechet_distance(a: &[Vec<f64>], b: &[Vec<f64>]) -> Option<f64> {
    let size = a.first()?.len();
    let fits = |row: &Vec<f64>| row.len() == size && row.iter().all(|number| number.is_finite());
    if a.len() < 2 || b.len() < 2 || size == 0 || !a.iter().chain(b).all(fits) {
        return None;
    }
    let (mean_a, mean_b) = (means(a)?, means(b)?);
    let between = mean_a.iter().zip(&mean_b).map(|(a, b)| (a - b).powi(2));
    let (a, b) = (covariance(a, &mean_a), covariance(b, &mean_b));
    let root = square_root(&a);
    let inner = product(&product(&root, &b), &root);
    let (roots, _) = eigen(inner);
    let shared: f64 = roots.iter().map(|value| value.max(0.0).sqrt()).sum();
    let distance = between.sum::<f64>() + trace(&a) + trace(&b) - 2.0 * shared;
    // Rounding may leave less than nothing.
    Some(distance.max(0.0))
}

/// A square matrix, by rows.
type Matrix = Vec<Vec<f64>>;

fn trace(matrix: &Matrix) -> f64 {
    (0..matrix.len()).map(|index| matrix[index][index]).sum()
}

fn covariance(rows: &[Vec<f64>], mean: &[f64]) -> Matrix {
    let size = mean.len();
    let mut sums = vec![vec![0.0; size]; size];
    for row in rows {
        let off: Vec<f64> = row
            .iter()
            .zip(mean)
            .map(|(number, mean)| number - mean)
            .collect();
        for (sums, left) in sums.iter_mut().zip(&off) {
            for (sum, right) in sums.iter_mut().zip(&off) {
                *sum += left * right;
            }
        }
    }
    let degrees = (rows.len() - 1) as f64;
    sums.iter_mut().flatten().for_each(|sum| *sum /= degrees);
    let added = SHRINKAGE * trace(&sums) / size as f64;
    for (index, row) in sums.iter_mut().enumerate() {
        row[index] += added;
    }
    sums
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let row = |left: &Vec<f64>| {
        let mut sums = vec![0.0; left.len()];
        for (factor, right) in left.iter().zip(b) {
            for (sum, number) in sums.iter_mut().zip(right) {
                *sum += factor * number;
            }
        }
        sums
    };
    a.iter().map(row).collect()
}

/// The symmetric square root of a symmetric matrix without negative eigenvalues.
fn square_root(matrix: &Matrix) -> Matrix {
    let (values, vectors) = eigen(matrix.clone());
    let size = values.len();
    let mut root = vec![vec![0.0; size]; size];
    for (value, vector) in values.iter().zip(&vectors) {
        let value = value.max(0.0).sqrt();
        for (row, left) in root.iter_mut().zip(vector) {
            for (number, right) in row.iter_mut().zip(vector) {
                *number += value * left * right;
            }
        }
    }
    root
}

/// The eigenvalues of a symmetric matrix, in no order, and for each its eigenvector of length 1, by
/// Jacobi's method: rotations in each plane in turn, until nothing is left beside the diagonal.
fn eigen(mut matrix: Matrix) -> (Vec<f64>, Matrix) {
    let size = matrix.len();
    let unit = |row: usize| (0..size).map(move |column| f64::from(u8::from(row == column)));
    let mut vectors: Matrix = (0..size).map(|row| unit(row).collect()).collect();
    let total: f64 = matrix.iter().flatten().map(|number| number * number).sum();
    for _ in 0..SWEEPS_MAX {
        let beside: f64 = (0..size)
            .flat_map(|row| matrix[row][row + 1..].iter())
            .map(|number| number * number)
            .sum();
        if beside <= total * f64::EPSILON * f64::EPSILON {
            break;
        }
        for first in 0..size {
            for second in first + 1..size {
                rotate(&mut matrix, &mut vectors, first, second);
            }
        }
    }
    let values = (0..size).map(|index| matrix[index][index]).collect();
    (values, vectors)
}

/// Turns the plane of two axes so that nothing is left between them (Golub and Van Loan, "Matrix
/// Computations", 8.5).
fn rotate(matrix: &mut Matrix, vectors: &mut Matrix, first: usize, second: usize) {
    let between = matrix[first][second];
    if between == 0.0 {
        return;
    }
    let ratio = (matrix[second][second] - matrix[first][first]) / (2.0 * between);
    // `hypot` bears the largest ratios; their square would not be finite.
    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for row in matrix.iter_mut() {
        let (a, b) = (row[first], row[second]);
        row[first] = cosine * a - sine * b;
        row[second] = sine * a + cosine * b;
    }
    for rows in [matrix, vectors] {
        let (above, below) = rows.split_at_mut(second);
        for (a, b) in above[first].iter_mut().zip(&mut below[0]) {
            (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::signals::Uniform;
    use super::*;

    /// Rows of numbers that are sums of twelve of equal chances, so nearly Gaussian, and correlated.
    fn rows(count: usize, size: usize, seed: u64) -> Vec<Vec<f64>> {
        let mut uniform = Uniform(seed);
        let mut normal = || uniform.by_ref().take(12).sum::<f64>() - 6.0;
        (0..count)
            .map(|_| {
                let shared = normal();
                (0..size).map(|_| normal() + 0.7 * shared).collect()
            })
            .collect()
    }

    fn mapped(rows: &[Vec<f64>], change: impl Fn(usize, f64) -> f64) -> Vec<Vec<f64>> {
        let row = |row: &Vec<f64>| {
            let numbers = row.iter().enumerate();
            numbers
                .map(|(index, &number)| change(index, number))
                .collect()
        };
        rows.iter().map(row).collect()
    }

    #[test]
    fn a_set_has_no_distance_from_itself() {
        for count in [2, 20, 300] {
            let set = rows(count, 72, 1);
            let distance = frechet_distance(&set, &set).unwrap();
            let spread = trace(&covariance(&set, &means(&set).unwrap()));
            assert!(distance < 1e-7 * spread, "{distance} with {count} rows");
        }
    }

    #[test]
    fn a_shift_has_its_square_as_distance() {
        let set = rows(200, 10, 2);
        let shifted = mapped(&set, |index, number| number + index as f64);
        let distance = frechet_distance(&set, &shifted).unwrap();
        assert!((distance - 285.0).abs() < 1e-6, "{distance}");
    }

    /// Of a Gaussian with covariance C and one with s^2 C, the distance is (s - 1)^2 tr C.
    #[test]
    fn a_scale_has_a_known_distance() {
        let set = rows(200, 10, 3);
        let centre = means(&set).unwrap();
        let wide = mapped(&set, |index, number| {
            centre[index] + 3.0 * (number - centre[index])
        });
        let distance = frechet_distance(&set, &wide).unwrap();
        let expected = 4.0 * trace(&covariance(&set, &centre));
        assert!((distance - expected).abs() < 1e-6 * expected, "{distance}");
    }

    /// The trace of the root of a two by two matrix is the root of tr + 2 sqrt(det).
    #[test]
    fn covariances_need_not_commute() {
        let (a, b) = (rows(50, 2, 4), rows(50, 2, 5));
        let b = mapped(&b, |index, number| number * [5.0, 0.2][index]);
        let (mean_a, mean_b) = (means(&a).unwrap(), means(&b).unwrap());
        let (c, d) = (covariance(&a, &mean_a), covariance(&b, &mean_b));
        let both = product(&c, &d);
        let determinant = both[0][0] * both[1][1] - both[0][1] * both[1][0];
        let shared = (trace(&both) + 2.0 * determinant.sqrt()).sqrt();
        let between = (mean_a[0] - mean_b[0]).powi(2) + (mean_a[1] - mean_b[1]).powi(2);
        let expected = between + trace(&c) + trace(&d) - 2.0 * shared;
        let distance = frechet_distance(&a, &b).unwrap();
        assert!(
            (distance - expected).abs() < 1e-9,
            "{distance}, not {expected}"
        );
        let back = frechet_distance(&b, &a).unwrap();
        assert!((distance - back).abs() < 1e-9);
    }

    #[test]
    fn eigenvalues_are_those_of_the_matrix() {
        let (mut values, _) = eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        values.sort_by(f64::total_cmp);
        assert!((values[0] - 1.0).abs() < 1e-12 && (values[1] - 3.0).abs() < 1e-12);
        let set = rows(100, 20, 6);
        let matrix = covariance(&set, &means(&set).unwrap());
        let (values, vectors) = eigen(matrix.clone());
        for (value, vector) in values.iter().zip(&vectors) {
            for (row, coordinate) in matrix.iter().zip(vector) {
                let image: f64 = row.iter().zip(vector).map(|(a, b)| a * b).sum();
                assert!((image - value * coordinate).abs() < 1e-10);
            }
        }
        let root = square_root(&matrix);
        let squared = product(&root, &root);
        let pairs = squared.iter().flatten().zip(matrix.iter().flatten());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-10));
    }

    #[test]
    fn odd_sets_have_none() {
        let set = rows(5, 3, 7);
        assert_eq!(frechet_distance(&set, &[]), None);
        assert_eq!(frechet_distance(&set[..1], &set), None);
        assert_eq!(frechet_distance(&set, &rows(5, 4, 7)), None);
        assert_eq!(frechet_distance(&[vec![], vec![]], &[vec![], vec![]]), None);
        assert_eq!(
            frechet_distance(&set, &[vec![f64::NAN; 3], vec![0.0; 3]]),
            None
        );
        let still = vec![vec![1.0; 3]; 4];
        assert_eq!(frechet_distance(&still, &still), Some(0.0));
    }
}
