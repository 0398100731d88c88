"""Classes of widely used libraries that are `nn.Module`s, for when the library is not installed beside torchlint."""

KNOWN_MODULES = frozenset(
    """
    lightning.LightningModule lightning.pytorch.LightningModule lightning.pytorch.core.LightningModule
    pytorch_lightning.LightningModule pytorch_lightning.core.LightningModule
    pytorch_lightning.core.lightning.LightningModule lightning.pytorch.core.module.LightningModule
    transformers.PreTrainedModel transformers.modeling_utils.PreTrainedModel
    diffusers.ModelMixin diffusers.models.modeling_utils.ModelMixin
    torchmetrics.Metric torchmetrics.metric.Metric torchmetrics.MetricCollection
    gpytorch.Module gpytorch.module.Module gpytorch.kernels.Kernel gpytorch.means.Mean
    gpytorch.likelihoods.Likelihood gpytorch.models.ExactGP gpytorch.models.ApproximateGP
    pyro.nn.PyroModule pyro.nn.module.PyroModule
    torch_geometric.nn.MessagePassing torch_geometric.nn.conv.MessagePassing
    timm.models.vision_transformer.VisionTransformer
    mmcv.runner.BaseModule mmengine.model.BaseModule mmengine.model.BaseModel
    fairseq.models.FairseqEncoder fairseq.models.FairseqDecoder fairseq.models.BaseFairseqModel
    allennlp.models.Model allennlp.models.model.Model allennlp.nn.Module
    snntorch.SpikingNeuron kornia.core.Module kornia.core.module.Module
    e3nn.nn.Gate fastai.torch_core.Module fvcore.nn.Module
    torchvision.models.ResNet torchvision.models.resnet.ResNet torchvision.ops.MLP
    """.split()
)
