"""`nerlink kb model`: a model of a base, without training."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from nerlink.cli.options import Device, Threshold, log_to_stderr, parse_options
from nerlink.cli.output import progress_bar, say
from nerlink.errors import ConfigError
from nerlink.words import number_of

__all__ = ["model"]


def model(
    base: Annotated[
        Path,
        Argument(metavar="KB", help="The knowledge base: a SQLite file, or a model's folder."),
    ],
    *,
    output: Annotated[
        Path, Option("--output", "-o", metavar="DIR", help="Folder of the model to write.")
    ],
    encoder: Annotated[
        str | None, Option(metavar="NAME", help="Encoder: a Hugging Face id or a folder.")
    ] = None,
    dictionary: Annotated[
        list[str] | None,
        Option(
            metavar="KEY=VALUE",
            help="Which names are looked for: min_length=3, case=ignore, 'stop=[\"may\"]', "
            "'labels={company=\"ORG\"}'; repeat it.",
        ),
    ] = None,
    threshold: Threshold = 0.0,
    device: Device = "auto",
) -> None:
    """Make a model of a base without training: the names of the base are its mentions.

    They are linked by the prior, and by how close the encoder holds the text and the description of
    an entity to be. All commands take the model, and so does training: --model.from DIR
    """
    options: dict[str, Any] = parse_options(dictionary, reserved=())
    from nerlink.models.storage.folder import check_target
    from nerlink.pipeline import Pipeline

    log_to_stderr()
    check_target(output)
    if base.resolve() == output.resolve():
        raise ConfigError(
            f"{output} is the model whose base is read, and would be replaced by one without "
            "training. Name another folder."
        )
    pipeline = Pipeline.from_kb(
        base, encoder=encoder, dictionary=options, threshold=threshold, device=device
    )
    with progress_bar("texts of entities") as on_progress:
        pipeline.refresh(on_progress=on_progress)
    pipeline.save(output)
    say(f"{output}: a model of {number_of(pipeline.info()['n_entities'], 'entities')}, untrained")
