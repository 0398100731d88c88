"""Shapes that stand in many repositories."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class RotaryEmbedding(nn.Module):
    def __init__(self, dim=4, base=10000, device=None):
        super().__init__()
        inv_freq = 1.0 / (base ** (torch.arange(0, dim, 2).float() / dim))
        self.inv_freq = inv_freq.to(device)  # expect: TL101
        self.max_seq_len_cached = 8
        t = torch.arange(self.max_seq_len_cached, device=self.inv_freq.device, dtype=self.inv_freq.dtype)
        freqs = torch.einsum("i,j->ij", t, self.inv_freq)
        emb = torch.cat((freqs, freqs), dim=-1)
        self.register_buffer("cos_cached", emb.cos()[None, None, :, :], persistent=False)
        self.sin_cached = emb.sin()[None, None, :, :]  # expect: TL101


class GaussianBlur(nn.Module):
    def __init__(self, channels=3, kernel_size=3, sigma=1.0):
        super().__init__()
        x = torch.arange(kernel_size) - kernel_size // 2
        kernel = torch.exp(-(x**2) / (2 * sigma**2))
        kernel = kernel / kernel.sum()
        kernel = kernel[:, None] * kernel[None, :]
        self.weight = kernel.expand(channels, 1, kernel_size, kernel_size)  # expect: TL101
        self.groups = channels

    def forward(self, x):
        return F.conv2d(x, self.weight, groups=self.groups)


class Normalize(nn.Module):
    def __init__(self, mean=(0.5, 0.5), std=(0.2, 0.2)):
        super().__init__()
        self.mean = torch.tensor(mean).view(1, -1, 1, 1)  # expect: TL101
        self.std = torch.Tensor(std).view(1, -1, 1, 1)  # expect: TL101


class NormalizeBuffers(nn.Module):
    def __init__(self, mean=(0.5, 0.5), std=(0.2, 0.2)):
        super().__init__()
        for name, value in (("mean", mean), ("std", std)):
            self.register_buffer(name, torch.tensor(value))


class WeightedLoss(nn.Module):
    def __init__(self, weight=None, classes=3):
        super().__init__()
        if weight is None:
            weight = torch.ones(classes)
        self.weight = weight  # the loss below registers the same tensor
        self.loss = nn.CrossEntropyLoss(weight=weight)


class CausalAttention(nn.Module):
    def __init__(self, dim=4, size=8):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.mask = torch.tril(torch.ones(size, size)).view(1, 1, size, size)  # expect: TL101
        self.scale = dim**-0.5
        self.register_buffer("bias", torch.tril(torch.ones(size, size)).bool())


class VectorQuantizer(nn.Module):
    def __init__(self, codes=4, dim=2):
        super().__init__()
        self.embedding = nn.Embedding(codes, dim)
        self.embedding.weight.data.uniform_(-1 / codes, 1 / codes)
        self.usage = torch.zeros(codes, dtype=torch.long)  # expect: TL101


class EMA(nn.Module):
    def __init__(self):
        super().__init__()
        self.model = nn.Linear(2, 2)
        self.shadow = {}  # expect: TL103
        for name, parameter in self.model.named_parameters():
            self.shadow[name] = parameter.data.clone()


class Anchors(nn.Module):
    def __init__(self, sizes=(1, 2)):
        super().__init__()
        self.cell_anchors = [self.generate(size) for size in sizes]  # expect: TL103
        self.num_anchors = [len(anchor) for anchor in self.cell_anchors]

    @staticmethod
    def generate(size):
        return torch.tensor([-size, -size, size, size])


class DiffusionSchedule(nn.Module):
    def __init__(self, steps=4):
        super().__init__()
        betas = torch.linspace(1e-4, 0.02, steps)
        alphas = 1.0 - betas
        self.alphas_cumprod = torch.cumprod(alphas, dim=0)  # expect: TL101
        self.register_buffer("betas", betas)
        self.sqrt_one_minus = torch.sqrt(1.0 - self.alphas_cumprod)  # expect: TL101
        self.num_timesteps = int(betas.shape[0])


class ScheduleByPartial(nn.Module):
    """`to_buffer` is a name for `register_buffer`."""

    def __init__(self, steps=4):
        super().__init__()
        betas = torch.linspace(1e-4, 0.02, steps)

        def register(name, value):
            self.register_buffer(name, value.float())

        register("betas", betas)
        self.betas = betas * 2
        to_buffer = lambda name, value: self.register_buffer(name, value)
        to_buffer("alphas", 1 - betas)
        self.alphas = 1 - self.betas


class MoE(nn.Module):
    def __init__(self, experts=2):
        super().__init__()
        self.experts = []  # expect: TL105
        for index in range(experts):
            expert = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            self.experts.append(expert)
        self.gate = nn.Linear(2, experts)
        self.count = torch.tensor(0)  # expect: TL101


class ResNetLike(nn.Module):
    def __init__(self):
        super().__init__()
        self.in_planes = 2
        self.layer1 = self._make_layer(2)
        self.layers = [self.layer1]
        self.head = self._make_head()

    def _make_layer(self, blocks):
        layers = []
        for _ in range(blocks):
            layers.append(nn.Linear(self.in_planes, 2))
            self.in_planes = 2
        return nn.Sequential(*layers)

    def _make_head(self):
        return nn.Linear(2, 1)


class ScalarState(nn.Module):
    def __init__(self):
        super().__init__()
        self.temperature = torch.tensor(math.log(1 / 0.07)).exp()  # expect: TL101
        self.eps = torch.finfo(torch.float32).eps
        self.neg_inf = float("-inf")
        self.dtype = torch.get_default_dtype()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.generator = torch.Generator().manual_seed(0)


class HiddenState(nn.Module):
    def __init__(self, layers=1, size=2):
        super().__init__()
        self.rnn = nn.LSTM(size, size, layers)
        self.hidden = self.init_hidden(layers, size)  # expect: TL103

    def init_hidden(self, layers, size):
        return (torch.zeros(layers, 1, size), torch.zeros(layers, 1, size))


class OptimizerInside(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 2)
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1)
        self.parameter_groups = [{"params": list(self.net.parameters())}]
        self.names = [name for name, _ in self.net.named_parameters()]
        self.trainable = [p for p in self.parameters() if p.requires_grad]


class Hooks(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 2)
        self.handles = [self.net.register_forward_hook(self.hook)]
        self.features = {}
        self.function = torch.sigmoid
        self.activation = getattr(F, "relu")

    def hook(self, module, inputs, output):
        self.features["out"] = output


class TrainedLater(nn.Module):
    """The optimizer is given what torch does not know."""

    def __init__(self):
        super().__init__()
        self.delta = torch.zeros(2)  # expect: TL102
        self.optimizer = torch.optim.SGD([self.delta], lr=0.1)


class TiedWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(3, 2)
        self.decoder = nn.Linear(2, 3, bias=False)
        self.decoder.weight = self.embedding.weight
        self.tied = self.embedding.weight


class ConditionalBuffer(nn.Module):
    def __init__(self, learn=False):
        super().__init__()
        init = torch.ones(2)
        if learn:
            self.gamma = nn.Parameter(init)
        else:
            self.register_buffer("gamma", init)


class Cloned(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.Linear(2, 2)
        self.layers = nn.ModuleList([layer for _ in range(2)])
        self.initial = layer.weight.detach().clone()  # expect: TL101
        self.state = layer.state_dict()  # unreported: shares its memory with the layer


class TrainFlag(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("step", torch.tensor(0))
        self.is_first = self.step == 0  # expect: TL101
        self.total = self.step.item() + 1


class CacheNone(nn.Module):
    """Filled by forward: not during construction."""

    def __init__(self):
        super().__init__()
        self.cache = None
        self.steps = []

    def forward(self, x):
        if self.cache is None:
            self.cache = torch.zeros_like(x)
        self.steps.append(self.cache)
        return x + self.cache


EXAMPLES = {"ConditionalBuffer": [{}, {"learn": True}]}
