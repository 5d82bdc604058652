"""What pictures and clips say of themselves: their recipe, and their signed manifest; and signing those made before."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from curate.errors import MissingExtra, UserError
from curate.files import writing
from infer.config_credentials import ShowCredentialsOptions, SignOptions
from infer.credentials import FORMATS, BadCredentials, Manifest, check_signing, read_manifest, seal
from infer.recipe import NoRecipe, Recipe, read_recipe

FILMS = (".mp4", ".mkv")
WORDS = {"valid": "not changed since", "trusted": "not changed since, and trusted", "invalid": "**not to be believed**"}


@dataclass(frozen=True)
class Marks:
    """What a file says. recipe: its kind, None without one; manifest: None where there is none."""

    file: Path
    recipe: str | None
    source: str | None
    manifest: Manifest | None

    def text(self) -> str:
        """A line for people."""
        kind = f"made by swipegan ({self.recipe}), {self.source}" if self.recipe else "no recipe of swipegan"
        if self.manifest is None:
            return f"{self.file}: {kind}; no content credentials"
        why = f" ({', '.join(self.manifest.reasons)})" if self.manifest.state == "invalid" else ""
        state = WORDS.get(self.manifest.state, self.manifest.state)
        return f"{self.file}: {kind}; signed by {self.manifest.signed_by}, {state}{why}"


@dataclass(frozen=True)
class MarksSummary:
    """What files say, in the order in which they were named."""

    files: list[Marks]

    def text(self) -> str:
        """A line for each."""
        return "\n".join(marks.text() for marks in self.files)


@dataclass(frozen=True)
class SignSummary:
    """Which files were signed."""

    signed: list[Path]

    def text(self) -> str:
        """For people."""
        return f"{len(self.signed)} signed"


def show(options: ShowCredentialsOptions) -> MarksSummary:
    """Look into files."""
    return MarksSummary([marks_of(path, options.root) for path in options.files])


def marks_of(path: Path, root: Path | None = None) -> Marks:
    """What a file says of itself; without the extra c2pa, a file without a recipe cannot be looked into."""
    if not path.is_file():
        raise UserError(f"{path} is no file")
    try:
        recipe = recipe_of(path)
    except NoRecipe:
        recipe = None
    try:
        manifest = read_manifest(path, root)
    except MissingExtra:
        if recipe is None:
            raise
        manifest = None
    source = recipe.source.rpartition("/")[2] if recipe else None
    return Marks(path, str(recipe.request.get("kind", "picture")) if recipe else None, source, manifest)


def recipe_of(path: Path) -> Recipe:
    """The recipe of a picture or clip."""
    if path.suffix.lower() in FILMS:
        from infer.film import read_film_recipe

        return read_film_recipe(path)
    return read_recipe(path)


def sign(options: SignOptions) -> SignSummary:
    """Sign files that were made before; those that hold no recipe are refused, and nothing is signed then."""
    check_signing()
    recipes = {path: recipe_of(path) for path in options.files}
    if others := [path for path in recipes if path.suffix.lower() not in FORMATS]:
        raise BadCredentials(f"{others[0]}: this kind of file holds no content credentials; {', '.join(FORMATS)} do")
    for path, recipe in recipes.items():
        with writing(path) as file, path.open("rb") as old:
            shutil.copyfileobj(old, file, 1 << 20)
            seal(file, path.suffix, recipe)
    return SignSummary(list(recipes))
