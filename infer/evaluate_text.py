"""Scores in words, each beside what it is to be compared with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def words(scores: dict[str, Any]) -> Iterator[str]:
    """Lines for people."""
    if "tiles" in scores:
        yield from _upres(scores)
    if "swd" in scores:
        yield from _crowds(scores)
    if "pairs" in scores:
        yield f"beside the true picture, {scores['pairs']['pictures']} pictures"
        yield from _pairs(scores["pairs"], scores.get("bicubic", {}))
    if "inception" in scores:
        one = scores["inception"]
        yield f"  FID {one['fid']:.2f}, KID {1000 * one['kid']:.2f} (spread {1000 * one['kid_std']:.2f}) thousandths"


def _upres(scores: dict[str, Any]) -> Iterator[str]:
    tiles = scores["tiles"]
    yield f"{tiles['score_tiles']} tiles of {scores['scored_on']} faces, after {scores['images']} images of training"
    beside = f"bicubic {tiles['lr_psnr_bicubic']:.1f}, truth {tiles['lr_psnr_truth']:.1f}"
    yield f"  LR-PSNR {tiles['lr_psnr']:.1f} dB ({beside})"
    yield f"  high-frequency energy {tiles['hf_ratio']:.2f} of real (bicubic {tiles['hf_ratio_bicubic']:.2f})"
    yield (
        f"  pattern locked to the place in the tile {tiles['locked_pattern']:.3f} (truth "
        f"{tiles['locked_pattern_truth']:.3f}, floor {tiles['locked_floor']:.3f})"
    )
    yield (
        f"  whole portraits agree with the small face by {scores['lr_psnr_before_projection']:.1f} dB, "
        f"{scores['lr_psnr_after_projection']:.1f} after projection"
    )


def _crowds(scores: dict[str, Any]) -> Iterator[str]:
    yield f"{scores['pictures']} pictures against {scores['real_pictures']} real ones, at {scores['size']} px"
    floor = scores["swd_floor"]
    yield f"  texture apart (SWD): {_levels(scores['swd'])}"
    if floor:
        yield f"    real against real: {_levels(floor)}"
    yield f"  high-frequency energy {scores['hf_ratio']:.2f} of real"
    if "faces_found" in scores:
        yield f"  a face is found in {scores['faces_found']:.0%} (real {scores['faces_found_real']:.0%})"
    for name, title in (("frechet", "Frechet distance of people"), ("kernel", "kernel distance of people")):
        if name in scores:
            one = scores[name]
            yield (
                f"  {title} {one['value']:.4g} [{one['low']:.4g}, {one['high']:.4g}], "
                f"real against real {one['floor']:.4g}"
            )
    if "precision" in scores:
        yield f"  {scores['precision']:.0%} lie among real people, {scores['recall']:.0%} of real people among them"


def _pairs(pairs: dict[str, Any], bicubic: dict[str, Any]) -> Iterator[str]:
    def beside(name: str, form: str) -> str:
        return f" (bicubic {format(bicubic[name], form)})" if name in bicubic else ""

    yield f"  pooled 8x8 {pairs['lr_psnr']:.1f} dB{beside('lr_psnr', '.1f')}"
    yield f"  high-frequency energy {pairs['hf_ratio']:.2f} of real{beside('hf_ratio', '.2f')}"
    yield f"  texture apart (SWD): {_levels(pairs['swd'])}"
    if bicubic:
        yield f"    bicubic: {_levels(bicubic['swd'])}"
    if "swd_regions" in pairs:
        yield "  finest texture by region: " + _regions(pairs["swd_regions"])
    if "landmark_error" in pairs:
        truth = pairs.get("landmark_error_truth")
        floor = "" if truth is None else f", {truth:.3f} in the true picture"
        error = f"{pairs['landmark_error']:.3f} eye distances{floor}{beside('landmark_error', '.3f')}"
        yield f"  features are off by {error}"
    if "region_agreement" in pairs:
        yield "  regions agree: " + _regions(pairs["region_agreement"])
    if "faces_found" in pairs:
        yield f"  a face is found in {pairs['faces_found']:.0%}{beside('faces_found', '.0%')}"


def _levels(levels: dict[str, float]) -> str:
    return ", ".join(f"{extent}{' px' if extent.isdigit() else ''} {value:.1f}" for extent, value in levels.items())


def _regions(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in found.items())
