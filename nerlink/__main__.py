"""`python -m nerlink`, for launchers that start a module: `torchrun -m nerlink train …`."""

from nerlink.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
