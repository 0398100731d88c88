from .layers import *
from .layers import Layer as PublicLayer
