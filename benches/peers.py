#!/usr/bin/env python3
"""What a pair costs in Python today, with OpenCV and with scikit-image, next to dermetric.

    cargo build --release && cargo run --release --example render_pair -- FOLDER
    pip install numpy scipy scikit-image opencv-python-headless
    python benches/peers.py --dermetric target/release/dermetric FOLDER [--runs 3] [--ops FILE]

Both peers start from the same two files and read the same quantities by the same formulas, each with the best that
its library has: densities from a table of 256 codes, weights of masks once for all planes, wide Gaussians and
medians on reduced planes. They do less: no search for skin, hair, highlights, charts or noise, no dense alignment, one
sharpness each, no interval, detectable change or verdict, no lesion followed. To them all of both photographs is
skin, so the pair must be the phantom's. They run in a process that has started; dermetric's start counts.

FILE is what `cargo bench --bench ops` printed: with it, the table of operators has dermetric's column.
Exit status 1: a peer's number lies farther from dermetric's than `AGREE` says, or there is none.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import scipy
import skimage
from scipy import fft, ndimage, signal
from skimage import color, feature, filters, io, measure, morphology, transform

MM_PER_PX = 0.05
PX = 1 / MM_PER_PX  # a millimeter in pixels
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
VISITS = ("before", "after")
# Linear light and optical density of every 8-bit code.
CODES = np.arange(256) / 255
LIGHT = np.where(CODES <= 0.04045, CODES / 12.92, ((CODES + 0.055) / 1.055) ** 2.4).astype(np.float32)
DENSITY = -np.log(np.maximum(LIGHT, 1 / 512)).astype(np.float32)
# Rows of melanin, hemoglobin and shading of density; of X, Y and Z of linear light.
UNMIX = np.float32([[-1.4577, -1.1191, 2.5768], [-1.257, 2.261, -1.004], [1.8712, -0.2021, -0.6691]])
XYZ = np.float32([[0.41239, 0.35758, 0.18048], [0.21264, 0.71517, 0.07219], [0.01933, 0.11919, 0.95053]])

# How near a peer's number must be, in both photographs: a share of dermetric's (of `least`, where that is more), or a
# distance, about twice what was found or more. dermetric alone leaves out highlights and hairs and blurs the sharper
# photograph, which moves the finest band most and relief less; a burden is what exceeds a threshold within the spots,
# and moves many times as much as contrast; lines are gathered here without an account of missing skin.
AGREE = {
    "scars.relief_contrast": {"share": 0.08},
    "texture.sq_fine": {"share": 0.10},
    "pigment.burden": {"share": 0.20, "least": 0.1},
    "redness.hemoglobin_mean": {"distance": 0.003},
    "tone.ita_deg": {"distance": 0.3},
    "pores.contrast": {"share": 0.10},
    "wrinkles.contrast": {"share": 0.15},
}
# Of the alignment. A twentieth of a degree moves the corner of 6 MP by 1.6 pixels.
AGREE_ALIGNMENT = {"rotation_deg": 0.05, "scale_ratio": 0.002}


class OpenCv:
    name = "OpenCV"
    threads = f"{CORES}"
    difference_variance = 1 / 6  # that second differences add to a Gaussian, in pixels²

    def __init__(self): cv2.setNumThreads(CORES)
    def decode(self, path): return np.stack(cv2.split(cv2.imread(str(path)))[::-1])
    def of_codes(self, rgb, table): return cv2.LUT(rgb.reshape(-1, rgb.shape[2]), table).reshape(rgb.shape)
    def lab(self, light): return cv2.split(cv2.cvtColor(cv2.merge(list(light)), cv2.COLOR_LRGB2LAB))
    def expand(self, plane, shape, factor): return cv2.resize(plane, shape[::-1], interpolation=cv2.INTER_LINEAR)
    def correlate(self, plane, kernel): return cv2.filter2D(plane, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    def label(self, binary): return cv2.connectedComponents(binary.view(np.uint8))[::-1]
    def dilate(self, binary, radius): return cv2.dilate(binary.view(np.uint8), disc(radius)).view(bool)
    def tops(self, plane, radius): return plane >= cv2.dilate(plane, disc(radius))

    def plain_gaussian(self, plane, sigma):
        return cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT)

    def close(self, binary, radius):
        return cv2.morphologyEx(binary.view(np.uint8), cv2.MORPH_CLOSE, disc(radius)).view(bool)

    def distance(self, binary):
        return cv2.distanceTransform(binary.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)

    def reduce(self, plane, factor):
        height, width = (-(-side // factor) for side in plane.shape)
        return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA)

    def second(self, plane):
        orders = [(2, 0, 1), (0, 2, 1), (1, 1, 0.25)]
        return [cv2.Sobel(plane, -1, x, y, ksize=1, scale=scale) for x, y, scale in orders]

    def curvatures(self, smooth):
        xx, yy, xy = self.second(smooth)
        mean = cv2.addWeighted(xx, 0.5, yy, 0.5, 0)
        spread = cv2.magnitude(cv2.addWeighted(xx, 0.5, yy, -0.5, 0), xy)
        return cv2.add(mean, spread), cv2.subtract(mean, spread)

    def local_median(self, plane, window):
        """Wide median filters take 8 bits: off by 1/512 of the range, of a surface that only starts the background."""
        low, high = np.percentile(plane, [0.1, 99.9])
        codes = np.clip((plane - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        return cv2.medianBlur(codes, window) * np.float32((high - low) / 255) + np.float32(low)

    def fill(self, binary):
        outlines, _ = cv2.findContours(binary.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        return cv2.drawContours(np.zeros(binary.shape, np.uint8), outlines, -1, 1, cv2.FILLED).view(bool)

    def warp(self, plane, matrix, shape):
        flags = cv2.WARP_INVERSE_MAP | (cv2.INTER_NEAREST if plane.dtype == bool else cv2.INTER_LINEAR)
        source = plane.view(np.uint8) if plane.dtype == bool else plane
        return cv2.warpPerspective(source, matrix, shape[::-1], flags=flags).astype(plane.dtype, copy=False)

    def register(self, views):
        finder, matcher = cv2.ORB_create(2000, nlevels=4), cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
        (at, one), (to, other) = (finder.detectAndCompute(view, None) for view in views)
        pairs = matcher.match(one, other)
        source, target = ([at[p.queryIdx].pt for p in pairs], [to[p.trainIdx].pt for p in pairs])
        return cv2.findHomography(np.float32(source), np.float32(target), cv2.USAC_MAGSAC, 1.5)[0]

    def cooccurrence(self, levels, distance):
        """OpenCV has none: numpy counts the pairs. Level 32 is outside."""
        contrast = []
        for dy, dx in [(0, distance), (distance, distance), (distance, 0), (distance, -distance)]:
            first = levels[: len(levels) - dy, max(-dx, 0) : levels.shape[1] - max(dx, 0)]
            other = levels[dy:, max(dx, 0) : levels.shape[1] + min(dx, 0)]
            pairs = np.bincount((first.astype(np.uint16) * 33 + other).ravel(), minlength=33 * 33)
            pairs = pairs.reshape(33, 33)[:32, :32]
            contrast.append((pairs * np.subtract.outer(range(32), range(32)) ** 2).sum() / pairs.sum())
        return float(np.mean(contrast))

    def products(self, plane, longest):
        shape = [cv2.getOptimalDFTSize(side + longest) for side in plane.shape]
        spectrum = cv2.dft(np.pad(plane, [(0, whole - side) for whole, side in zip(shape, plane.shape)]))
        return cv2.idft(cv2.mulSpectrums(spectrum, spectrum, 0, conjB=True), flags=cv2.DFT_SCALE)


class SkImage:
    name = "scikit-image"
    threads = f"1; Fourier transforms, matrix products {CORES}"
    difference_variance = 2 / 3  # feature.hessian_matrix takes differences of differences

    def decode(self, path): return np.ascontiguousarray(np.moveaxis(io.imread(path), 2, 0))
    def of_codes(self, rgb, table): return table[rgb]
    def lab(self, light): return color.xyz2lab(combine(XYZ, light), channel_axis=0)
    def plain_gaussian(self, plane, sigma): return filters.gaussian(plane, sigma, mode="constant", preserve_range=True)
    def reduce(self, plane, factor): return transform.downscale_local_mean(plane, (factor, factor))
    def correlate(self, plane, kernel): return signal.oaconvolve(plane, kernel[::-1, ::-1], mode="same")
    def label(self, binary): return measure.label(binary, connectivity=2, return_num=True)
    def dilate(self, binary, radius): return morphology.isotropic_dilation(binary, radius)
    def close(self, binary, radius): return morphology.isotropic_closing(binary, radius)
    def distance(self, binary): return ndimage.distance_transform_edt(binary)
    def fill(self, binary): return ndimage.binary_fill_holes(binary)
    def local_median(self, plane, window): return ndimage.median_filter(plane, window, mode="nearest")
    def tops(self, plane, radius): return plane >= ndimage.maximum_filter(plane, 2 * round(radius) + 1)

    def expand(self, plane, shape, factor):
        whole = [factor * side for side in plane.shape]
        out = transform.resize(plane, whole, order=1, mode="edge", anti_aliasing=False, preserve_range=True)
        return out[: shape[0], : shape[1]]

    def second(self, plane):
        yy, xy, xx = feature.hessian_matrix(plane, sigma=0, mode="nearest", use_gaussian_derivatives=False)
        return xx, yy, xy

    def curvatures(self, smooth):
        xx, yy, xy = self.second(smooth)
        return feature.hessian_matrix_eigvals([yy, xy, xx])

    def warp(self, plane, matrix, shape):
        """Of masks too bilinear, cut at one half: order 0 takes many times as long."""
        way, source = transform.ProjectiveTransform(matrix), plane.astype(np.float32, copy=False)
        out = transform.warp(source, way, output_shape=shape, order=1, preserve_range=True)
        return out >= 0.5 if plane.dtype == bool else out

    def register(self, views):
        finder, places, codes = feature.ORB(n_keypoints=1000, n_scales=4, fast_threshold=0.05), [], []
        for view in views:
            finder.detect_and_extract(view)
            places.append(finder.keypoints[:, ::-1])
            codes.append(finder.descriptors)
        pairs = feature.match_descriptors(*codes, cross_check=True, max_ratio=0.85).T
        matched = tuple(place[pair] for place, pair in zip(places, pairs))
        settings = dict(min_samples=4, residual_threshold=1.5, max_trials=1000, stop_probability=0.999, rng=1)
        return measure.ransac(matched, transform.ProjectiveTransform, **settings)[0].params

    def cooccurrence(self, levels, distance):
        angles = np.arange(4) * np.pi / 4
        pairs = feature.graycomatrix(levels, [distance], angles, levels=33, symmetric=True)[:32, :32]
        return float(feature.graycoprops(pairs, "contrast").mean())

    def products(self, plane, longest):
        shape = [fft.next_fast_len(side + longest, real=True) for side in plane.shape]
        spectrum = fft.rfft2(plane, shape, workers=CORES)
        return fft.irfft2(spectrum.real**2 + spectrum.imag**2, shape, workers=CORES)


# What both peers share: numpy, and formulas over the operators above.


def disc(radius):
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(radius) + 1,) * 2)


def combine(rows, planes):
    return (rows @ planes.reshape(3, -1)).reshape(planes.shape)


def gaussian(peer, plane, sigma):
    """Zero outside. A wide one runs on a reduced plane, less the variance that reduction and expansion add."""
    factor = 1
    while sigma / (2 * factor) >= 4:
        factor *= 2
    if factor == 1:
        return peer.plain_gaussian(plane, sigma)
    left = sigma**2 - (factor**2 - 1) / 12 - factor**2 / 6
    return peer.expand(peer.plain_gaussian(peer.reduce(plane, factor), left**0.5 / factor), plane.shape, factor)


class Masked:
    """Normalized convolution G(f·w)/G(w); the weight serves all planes."""

    def __init__(self, peer, mask, sigma):
        self.peer, self.mask, self.sigma = peer, mask, sigma
        self.weight = gaussian(peer, mask.astype(np.float32), sigma)

    def __call__(self, plane, least=0.5):
        return gaussian(self.peer, plane * self.mask, self.sigma) / np.maximum(self.weight, least)

    def support(self, least=0.5):
        return self.mask & (self.weight >= least)


def band(peer, plane, mask, fine_px, coarse_px):
    """Between two Gaussians, and where even the wide one finds enough skin."""
    coarse = Masked(peer, mask, coarse_px)
    inside = coarse.support()
    return (Masked(peer, mask, fine_px)(plane) - coarse(plane)) * inside, inside


def curvatures_at(peer, plane, sigma):
    return peer.curvatures(gaussian(peer, plane, max(sigma**2 - peer.difference_variance, 0.04) ** 0.5))


def hysteresis(peer, plane, weak, strong, mask):
    labels, count = peer.label((plane >= weak) & mask)
    keep = np.zeros(count + 1, bool)
    keep[labels[(plane >= strong) & mask]] = True
    keep[0] = False
    return keep[labels]


def select(peer, binary, plane, wanted):
    """The objects of which `wanted` says so, given their pixels and their sums of `plane`."""
    labels, count = peer.label(binary)
    found = labels[binary]
    keep = wanted(np.bincount(found, minlength=count + 1), np.bincount(found, plane[binary], count + 1))
    return keep[labels] & binary


def median(values):
    return float(np.partition(values, values.size // 2)[values.size // 2])


def robust_sd(values, center):
    return 1.4826 * median(np.abs(values - center))


def mean(values):
    return float(np.mean(values, dtype=np.float64))


def rms(values):
    return 1000 * mean(values * values) ** 0.5


# Measures: of a frame and what the first photograph has fixed, numbers.


@dataclass
class Frame:
    """One photograph, the skin that both show, and where in the first one a pixel of this one lies."""

    peer: OpenCv | SkImage
    light: np.ndarray
    density: np.ndarray
    chromophores: np.ndarray
    mask: np.ndarray
    before_from_this: np.ndarray
    fixed: dict

    @cached_property
    def relief(self):
        return band(self.peer, self.chromophores[2], self.mask, 0.08 * PX, 1.5 * PX)

    @cached_property
    def outside_scars(self):
        return self.mask & ~self.peer.warp(self.fixed["scars"], self.before_from_this, self.mask.shape)

    def smooth(self, plane):
        return Masked(self.peer, self.mask, 0.15 * PX)(plane)


def tone(peer, frame, fixed):
    relief, inside = frame.relief
    center = median(relief[inside])
    flat = inside & (np.abs(relief - center) <= 2 * robust_sd(relief[inside], center))
    smooth = Masked(peer, frame.mask, 0.15 * PX)
    lightness, _, yellow = (median(plane[flat]) for plane in peer.lab(np.stack([smooth(p) for p in frame.light])))
    return {"tone.ita_deg": float(np.degrees(np.arctan((lightness - 50) / yellow)))}


def redness(peer, frame, fixed):
    smooth = frame.smooth(frame.chromophores[1])[frame.mask]
    limit = fixed.setdefault("red", mean(smooth) + 2 * float(smooth.std(dtype=np.float64)))
    level = mean(frame.chromophores[1][frame.mask])
    return {"redness.hemoglobin_mean": level, "redness.area_percent": 100 * mean(smooth >= limit)}


def scars(peer, frame, fixed):
    specific, within = band(peer, frame.chromophores[2], frame.mask, 0.25 * PX, 1.5 * PX)
    relief, inside = frame.relief
    energy = np.sqrt(np.maximum(Masked(peer, inside, 0.25 * PX)(relief * relief), 0)) * inside
    if "scar" not in fixed:
        center = median(energy[inside])
        fixed["scar"] = [center + z * robust_sd(energy[inside], center) for z in (4, 8)]
    found = peer.close(hysteresis(peer, energy, *fixed["scar"], inside), 0.5 * PX)
    found = peer.fill(found) & inside
    found = select(peer, found, relief, lambda pixels, sums: (pixels >= 0.3 * PX**2) & (sums > 0))
    fixed.setdefault("scars", found)
    area = 100 * mean(found[inside])
    return {"scars.relief_contrast": rms(specific[within]), "scars.depressed_area_percent": area}


def texture(peer, frame, fixed):
    out = {}
    for name, plane, cutoffs in [
        ("fine", frame.density[1], (0.2, 0.8)),
        ("medium", frame.chromophores[2], (0.8, 2.0)),
        ("coarse", frame.chromophores[2], (2.0, 8.0)),
    ]:
        sigmas = [0.18739 * cutoff * PX for cutoff in cutoffs]
        found, inside = band(peer, plane, frame.outside_scars, *sigmas)
        out[f"texture.sq_{name}"] = rms(found[inside])
    return out


def patterns(peer, frame, fixed):
    """Co-occurrence of gray levels, and the distance at which the autocorrelation falls to 0.2."""
    relief, inside = band(peer, frame.chromophores[2], frame.outside_scars, 0.08 * PX, 1.5 * PX)
    if "levels" not in fixed:
        fixed["levels"] = 4 * robust_sd(relief[inside], median(relief[inside]))
    levels = np.clip((relief / fixed["levels"] + 1) * 16, 0, 31).astype(np.uint8)
    levels[~inside] = 32
    longest = round(4 * PX)
    lags = np.arange(-longest, longest + 1)
    sums, pairs = (peer.products(p, longest)[np.ix_(lags, lags)] for p in (relief, inside.astype(np.float32)))
    decay = sums / np.maximum(pairs, 1)
    fallen = np.hypot(*np.meshgrid(lags, lags))[decay <= 0.2 * decay[longest, longest]]
    length = float(fallen.min(initial=longest)) / PX
    contrast = peer.cooccurrence(levels, round(0.4 * PX))
    return {"texture.glcm_contrast": contrast, "texture.autocorrelation_mm": length}


def pigment(peer, frame, fixed):
    """Spots against skin without spots: a surface of medians first, then two rounds of a masked Gaussian."""
    smooth = frame.smooth(frame.chromophores[0])
    cell = round(0.8 * PX)
    start = peer.expand(peer.local_median(peer.reduce(smooth, cell), 21), smooth.shape, cell)
    contrast, plain = smooth - start, frame.mask
    for rounds_left in (2, 1, 0):
        threshold = fixed.get("spot") or max(2.5 * robust_sd(contrast[plain], 0), 0.04)
        if rounds_left > 0:
            plain = frame.mask & (contrast < 0.6 * threshold)
            around = Masked(peer, plain, 4 * PX)
            contrast = smooth - np.where(around.weight >= 0.1, around(smooth, 0.1), start)
    fixed["spot"] = threshold
    found = hysteresis(peer, contrast, 0.6 * threshold, threshold, frame.mask)
    found = select(peer, found, contrast, lambda pixels, _: (pixels >= 0.2 * PX**2) & (pixels <= 200 * PX**2))
    excess = np.maximum(contrast[found] - threshold, 0).sum(dtype=np.float64)
    skin = np.count_nonzero(frame.mask)
    return {"pigment.burden": 100 * excess / skin, "pigment.area_percent": 100 * np.count_nonzero(found) / skin}


def wrinkles(peer, frame, fixed):
    """Oriented lines, and ridges over six scales, of red density on half the grid: that shows lines of 0.3 mm."""
    px = PX / 2
    weight = peer.reduce(frame.outside_scars.astype(np.float32), 2)
    red = peer.reduce(frame.density[0] * frame.outside_scars, 2) / np.maximum(weight, 0.51)
    relief, whole = band(peer, red, weight >= 0.51, 0.08 * px, 1.5 * px)
    inside = Masked(peer, whole, 0.5 * px).support(0.9)
    left = (0.3 * px) ** 2 - (0.08 * px) ** 2 - peer.difference_variance
    response = lines(peer, Masked(peer, whole, left**0.5)(relief, 0.05), 0.3 * px, 0.5 * px, 1.2 * px)
    ridges = np.zeros_like(relief)
    for sigma in np.geomspace(0.10, 0.80, 6) * px:
        np.maximum(ridges, -(sigma**2) * curvatures_at(peer, relief, sigma)[1], out=ridges)
    if "ridge" not in fixed:
        fixed["ridge"] = robust_sd(ridges[inside], median(ridges[inside]))
    found = hysteresis(peer, np.minimum(ridges, response), 2 * fixed["ridge"], 3 * fixed["ridge"], inside)
    found = select(peer, found, relief, lambda pixels, _: pixels >= 3 * px)
    return {"wrinkles.contrast": rms(response[inside]), "wrinkles.area_percent": 100 * mean(found[inside])}


def lines(peer, smooth, across, along, apart):
    """The least bend of three stretches of a line, less that at right angles: the most over 12 directions."""
    xx, yy, xy = peer.second(smooth)
    height, width = smooth.shape
    rim, least = int(np.ceil(apart)), []
    for angle in np.arange(12) * np.pi / 12:
        sine, cosine = np.sin(angle), np.cos(angle)
        bent = np.float32(-(across**2)) * (sine**2 * xx + cosine**2 * yy - 2 * sine * cosine * xy)
        stretch = peer.correlate(bent.astype(np.float32), line_kernel(sine, cosine, along))
        padded = np.pad(stretch, rim, constant_values=np.inf)  # beyond the border nothing speaks against a line
        for y, x in [(rim + round(s * apart * sine), rim + round(s * apart * cosine)) for s in (-1, 1)]:
            stretch = np.minimum(stretch, padded[y : y + height, x : x + width])
        least.append(stretch)
    response = np.zeros_like(smooth)
    for one, turned in zip(least, least[6:] + least[:6]):
        np.maximum(response, one - np.maximum(turned, 0), out=response)
    return response


def line_kernel(sine, cosine, sigma):
    """A Gaussian along a line, each sample shared by the four pixels around it."""
    reach = int(np.ceil(3 * sigma)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for place in np.arange(-3 * sigma, 3 * sigma + 0.25, 0.5):
        (row, y), (column, x) = (divmod(reach + place * share, 1) for share in (sine, cosine))
        row, column = int(row), int(column)
        share = np.exp(-0.5 * (place / sigma) ** 2)
        kernel[row : row + 2, column : column + 2] += share * np.outer([1 - y, y], [1 - x, x])
    return kernel / kernel.sum()


def pores(peer, frame, fixed):
    """Dark dots of green density over nine scales; the weaker dark curvature over the middle four."""
    wide = Masked(peer, frame.outside_scars, 1.5 * PX)
    inside = wide.support()
    plane = (frame.density[1] - wide(frame.density[1])) * inside
    inside[[0, -1]] = inside[:, [0, -1]] = False
    inside = ~peer.dilate(~inside, 0.3 * PX)
    strength, weaker = np.full_like(plane, -np.inf), np.zeros_like(plane)
    round_ones = np.zeros(plane.shape, bool)
    sigmas = 0.25 * 3.2 ** ((np.arange(9) - 1) / 6) / 8**0.5 * PX
    for scale, sigma in enumerate(sigmas):
        larger, smaller = curvatures_at(peer, plane, sigma)
        blob = -(sigma**2) * (larger + smaller)
        np.copyto(round_ones, larger <= 0.5 * smaller, where=blob > strength)
        np.maximum(strength, blob, out=strength)
        if 2 <= scale <= 5:
            np.maximum(weaker, -(sigma**2) * larger, out=weaker)
    if "pore" not in fixed:
        center = median(strength[inside])
        fixed["pore"] = center + 6 * robust_sd(strength[inside], center)
    found = peer.tops(strength, 0.25 * PX) & (strength >= fixed["pore"]) & round_ones & inside
    area_cm2 = np.count_nonzero(frame.mask) / PX**2 / 100
    return {"pores.contrast": rms(weaker[inside]), "pores.count_per_cm2": np.count_nonzero(found) / area_cm2}


MEASURES = [tone, redness, scars, texture, patterns, pigment, wrinkles, pores]


# A pair.


def view_of(peer, green, factor):
    """Green density between 0.06 and 1 mm, as 8 bits."""
    small = peer.reduce(green, factor)
    relief = gaussian(peer, small, 0.06 * PX / factor) - gaussian(peer, small, PX / factor)
    return np.clip(relief * (40 / robust_sd(relief.ravel(), 0)) + 128, 0, 255).astype(np.uint8)


def scaled(matrix, factor):
    """A homography of reduced photographs on the whole ones; pixels have their centers at whole numbers."""
    rim = (factor - 1) / 2
    whole = np.array([[factor, 0, rim], [0, factor, rim], [0, 0, 1]])
    return whole @ matrix @ np.linalg.inv(whole)


def turn_and_scale(matrix, shape):
    """Of a homography, in the middle of the photograph."""
    u, v, w = matrix @ [shape[1] / 2, shape[0] / 2, 1]
    jacobian = (matrix[:2, :2] - np.outer([u / w, v / w], matrix[2, :2])) / w
    turn = np.arctan2(jacobian[1, 0] - jacobian[0, 1], jacobian[0, 0] + jacobian[1, 1])
    return {"rotation_deg": float(np.degrees(turn)), "scale_ratio": float(np.linalg.det(jacobian) ** 0.5)}


def color_offset(peer, densities, after_from_before, factor):
    """What the after photograph's density lacks: medians over the skin that both show, on the reduced photographs."""
    before, after = ([peer.reduce(plane, factor) for plane in density] for density in densities)
    way, shape = scaled(after_from_before, 1 / factor), before[0].shape
    there = peer.warp(np.ones(after[0].shape, bool), way, shape)
    return np.float32([median((b - peer.warp(a, way, shape))[there]) for b, a in zip(before, after)])


def compare(peer, folder):
    """All numbers of a pair, and the seconds of each step, both photographs together."""
    seconds, last = {}, time.perf_counter()

    def done(step):
        nonlocal last
        now = time.perf_counter()
        seconds[step], last = seconds.get(step, 0) + now - last, now

    photos = [peer.decode(folder / f"{visit}.jpg") for visit in VISITS]
    shapes = [photo.shape[1:] for photo in photos]
    done("decode")
    lights, densities = ([peer.of_codes(photo, table) for photo in photos] for table in (LIGHT, DENSITY))
    chromophores = [combine(UNMIX, density) for density in densities]
    done("density and chromophores")
    factor = max(round((photos[0][0].size / 1e6) ** 0.5), 1)  # views of about 1 MP
    views = [view_of(peer, density[1], factor) for density in densities]
    after_from_before = scaled(peer.register(views), factor)
    before_from_after = np.linalg.inv(after_from_before)
    ways = [after_from_before, before_from_after]
    masks = [peer.warp(np.ones(shapes[1 - i], bool), ways[i], shapes[i]) for i in range(2)]
    done("register")
    offset = color_offset(peer, densities, after_from_before, factor)
    lights[1] *= np.exp(-offset)[:, None, None]
    chromophores[1] += (UNMIX @ offset)[:, None, None]
    done("color match")
    numbers, fixed = turn_and_scale(after_from_before, shapes[0]), {}
    for i, visit in enumerate(VISITS):
        way = np.eye(3) if i == 0 else before_from_after
        frame = Frame(peer, lights[i], densities[i], chromophores[i], masks[i], way, fixed)
        _ = frame.relief  # several measures read it
        done("relief band")
        for take in MEASURES:
            numbers |= {f"{name}, {visit}": value for name, value in take(peer, frame, fixed).items()}
            done(take.__name__)
    return numbers, seconds


def run_dermetric(program, folder):
    """The report, and the seconds from start to end."""
    photos = [folder / f"{visit}.jpg" for visit in VISITS]
    begun = time.perf_counter()
    done = subprocess.run([program, "compare", *photos, "--mm-per-px", str(MM_PER_PX)], capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode != 0:
        sys.exit(f"dermetric ended with status {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout), seconds


def expected(report):
    """dermetric's numbers, and how near a peer's must be."""
    out = {name: (report["alignment"][name], by) for name, by in AGREE_ALIGNMENT.items()}
    for name, near in AGREE.items():
        group, metric = name.split(".")
        for visit in VISITS:
            value = report["measures"][group]["metrics"][metric][visit]
            if value is None:
                sys.exit(f"dermetric has no {name}, {visit}")
            out[f"{name}, {visit}"] = value, near.get("distance") or near["share"] * max(value, near.get("least", 0))
    return out


# Operators, on what `cargo bench --bench ops` works on: planes of 4 MP.

SIDE = 2048


def operators(peer):
    """Calls, by their name in that benchmark; what follows a comma is how else the same is done."""
    light = np.random.default_rng(1).random((3, SIDE, SIDE), np.float32) * np.float32(0.8) + np.float32(0.1)
    y, x = np.mgrid[:SIDE, :SIDE]
    spots, everywhere = (x % 32 < 9) & (y % 32 < 9), np.ones((SIDE, SIDE), bool)
    way = np.array([[0.99, 0.02, 0], [-0.02, 0.99, 30], [0, 0, 1]])
    out = {}
    for sigma in (1, 4, 15, 60):
        out[f"gaussian σ {sigma}"] = lambda sigma=sigma: peer.plain_gaussian(light[0], sigma)
    for sigma in (15, 60):
        out[f"gaussian σ {sigma}, on a reduced plane"] = lambda sigma=sigma: gaussian(peer, light[0], sigma)
    return out | {
        "hessian": lambda: peer.curvatures(light[0]),
        "lab": lambda: peer.lab(light),
        "components": lambda: peer.label(spots),
        "fill_holes": lambda: peer.fill(spots),
        "dilate 4 px": lambda: peer.dilate(spots, 4),
        "dilate 20 px": lambda: peer.dilate(spots, 20),
        "distance": lambda: peer.distance(spots),
        "warp_nearest": lambda: peer.warp(everywhere, way, spots.shape),
        "warp_linear": lambda: peer.warp(light[0], way, spots.shape),
    }


def milliseconds(call):
    """The median of five calls, after one that warms up."""
    times = []
    for _ in range(6):
        begun = time.perf_counter()
        call()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times[1:])


def read_ops(path):
    """Milliseconds by operator on the CPU: the middle one of criterion's three."""
    unit = {"ns": 1e-6, "µs": 1e-3, "ms": 1, "s": 1e3}
    found = re.findall(r"^cpu/(.+?)\s+time:\s+\[\S+ \S+ (\S+) (\S+) ", path.read_text("utf-8"), re.MULTILINE)
    if not found:
        sys.exit(f"{path} tells no operator's time on the CPU")
    return {name: float(value) * unit[scale] for name, value, scale in found}


def print_table(head, rows):
    for row in [head, ["---"] * len(head), *rows]:
        print("| " + " | ".join(row) + " |")
    print()


def print_operators(peers, ops):
    found = [{name: milliseconds(call) for name, call in operators(peer).items()} for peer in peers]
    head = ["operator on 4 MP, ms", *(peer.name for peer in peers)]
    head += ["dermetric", *(f"{peer.name} / dermetric" for peer in peers)] if ops else []
    rows = []
    for name in found[0]:
        times, own = [each[name] for each in found], ops.get(name.split(",")[0])
        ratios = [f"{own:.1f}", *(f"{took / own:.1f}" for took in times)] if own else ["–"] * (1 + len(times))
        rows.append([name, *(f"{took:.1f}" for took in times), *(ratios if ops else [])])
    print_table(head, rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="holds before.jpg and after.jpg of the phantom, 20 px/mm")
    parser.add_argument("--dermetric", required=True, help="the program")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--skip", choices=["opencv", "skimage"])
    parser.add_argument("--ops", type=Path, help="what `cargo bench --bench ops` printed")
    args = parser.parse_args()
    ops = read_ops(args.ops) if args.ops else {}
    peers = [kind() for name, kind in (("opencv", OpenCv), ("skimage", SkImage)) if name != args.skip]

    whole, steps, numbers = {"dermetric": []}, {peer.name: [] for peer in peers}, {}
    for _ in range(args.runs):
        report, seconds = run_dermetric(args.dermetric, args.folder)
        whole["dermetric"].append(seconds)
        for peer in peers:
            numbers[peer.name], seconds = compare(peer, args.folder)
            steps[peer.name].append(seconds)
            whole.setdefault(peer.name, []).append(sum(seconds.values()))

    photo, tool = report["photos"]["before"][0], report["tool"]
    print(f"Two photographs of {photo['width']} × {photo['height']}, {CORES} cores, medians of {args.runs} in turn. "
          f"dermetric {tool['version']} ({tool['engine']}), Python {sys.version.split()[0]}, numpy {np.__version__}, "
          f"scipy {scipy.__version__}, OpenCV {cv2.__version__}, scikit-image {skimage.__version__}.\n")  # fmt: skip
    own, threads = statistics.median(whole["dermetric"]), {peer.name: peer.threads for peer in peers}
    head = ["one pair", "threads", "s", "from – to", "times dermetric's"]
    print_table(head, [
        [name, threads.get(name, f"{CORES}"), f"{statistics.median(took):.2f}", f"{min(took):.2f} – {max(took):.2f}",
         f"{statistics.median(took) / own:.2f}"] for name, took in whole.items()])  # fmt: skip
    print_table(["step, s", *(peer.name for peer in peers)], [
        [step, *(f"{statistics.median(run[step] for run in steps[peer.name]):.3f}" for peer in peers)]
        for step in steps[peers[0].name][0]])  # fmt: skip
    wanted = expected(report)
    print_table(["number", "dermetric", *(peer.name for peer in peers), "within ±"],
                [[name, f"{value:.4g}", *(f"{numbers[peer.name][name]:.4g}" for peer in peers), f"{by:.2g}"]
                 for name, (value, by) in wanted.items()])  # fmt: skip
    print_operators(peers, ops)
    apart = [f"{peer.name} reads {numbers[peer.name][name]:.4g} for {name}, dermetric {value:.4g} ± {by:.2g}"
             for peer in peers for name, (value, by) in wanted.items()
             if not abs(numbers[peer.name][name] - value) <= by]  # fmt: skip
    if apart:
        sys.exit("the numbers do not agree: " + "; ".join(apart))


if __name__ == "__main__":
    main()
