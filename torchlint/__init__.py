"""torchlint: finds, fixes and proves tensors that an `nn.Module` does not register."""

__version__ = "0.1.0"
