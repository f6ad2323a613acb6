"""MobileViT-v2 has timm's names, and attends as the paper says."""

import pytest

torch = pytest.importorskip("torch")

from baselines.networks.build import build_network  # noqa: E402
from baselines.networks.mobilevitv2 import MobileVitBlock, SeparableAttention  # noqa: E402
from baselines.networks.table import MOBILEVITV2_150  # noqa: E402
from tests.baselines.networks.filling import filled, images  # noqa: E402

# As timm's mobilevitv2_150 has them.
TIMM = {
    "stem.conv.weight": (48, 3, 3, 3),
    "stem.bn.running_var": (48,),
    "stages.0.0.conv1_1x1.conv.weight": (96, 48, 1, 1),
    "stages.1.1.conv2_kxk.conv.weight": (384, 1, 3, 3),
    "stages.1.1.conv3_1x1.bn.bias": (192,),
    "stages.2.1.conv_kxk.bn.weight": (384,),
    "stages.2.1.conv_1x1.weight": (192, 384, 1, 1),
    "stages.2.1.transformer.0.norm1.weight": (192,),
    "stages.2.1.transformer.1.attn.qkv_proj.weight": (385, 192, 1, 1),
    "stages.2.1.transformer.1.attn.out_proj.bias": (192,),
    "stages.3.1.transformer.3.mlp.fc1.weight": (576, 288, 1, 1),
    "stages.3.1.transformer.3.mlp.fc2.bias": (288,),
    "stages.4.1.transformer.2.norm2.bias": (384,),
    "stages.4.1.norm.weight": (384,),
    "stages.4.1.conv_proj.conv.weight": (768, 384, 1, 1),
    "head.fc.weight": (8, 768),
    "head.fc.bias": (8,),
}


def maps(channels, size):
    return images(channels, size)[:, 0][None]


def test_parameters_have_timms_names():
    with torch.device("meta"):
        state = build_network(MOBILEVITV2_150, 8).state_dict()
    assert {name: tuple(state[name].shape) for name in TIMM} == TIMM
    assert len(state) == 269


def test_attention_is_that_of_the_paper_written_with_loops():
    layer, x = filled(SeparableAttention(3)), maps(3, 4)
    expected = torch.empty_like(x)
    for place in range(4):
        projected = layer.qkv_proj.weight[:, :, 0, 0] @ x[0, :, place]
        projected += layer.qkv_proj.bias[:, None]
        query, key, value = projected[0], projected[1:4], projected[4:]
        weights = query.exp() / query.exp().sum()
        context = sum(weights[patch] * key[:, patch] for patch in range(4))
        expected[0, :, place] = value.clamp(min=0) * context[:, None]
    torch.testing.assert_close(layer(x), layer.out_proj(expected))


def test_the_pixels_of_a_patch_go_back_to_their_places(monkeypatch):
    block, x = filled(MobileVitBlock(6, 1)), maps(6, 8)
    for layer in ("transformer", "norm"):
        monkeypatch.setattr(block, layer, torch.nn.Identity())
    local = block.conv_1x1(torch.nn.functional.silu(block.conv_kxk(x)))
    torch.testing.assert_close(block(x), block.conv_proj(local))


def test_a_pixel_attends_to_its_place_in_every_patch():
    block, x, seen = filled(MobileVitBlock(6, 1)), maps(6, 4), []
    block.transformer.register_forward_pre_hook(lambda *call: seen.append(call[1][0]))
    block(x)
    local = block.conv_1x1(torch.nn.functional.silu(block.conv_kxk(x)))
    for place, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        expected = local[:, :, row::2, column::2].flatten(2)
        torch.testing.assert_close(seen[0][:, :, place], expected)


def test_maps_of_odd_size_are_enlarged_to_whole_patches():
    block, x = filled(MobileVitBlock(6, 1)), maps(6, 5)
    # Linear from corner to corner: pixel i of 6 lies at 4 i / 5.
    ends = torch.arange(6).double() * 4 / 5
    distance = (ends[:, None] - torch.arange(5)).abs()
    weights = (1 - distance).clamp(min=0)
    torch.testing.assert_close(block(x), block(weights @ x @ weights.T))


def test_an_exported_block_takes_any_number_of_images():
    block = filled(MobileVitBlock(6, 1))
    batch = torch.cat([maps(6, 5), -maps(6, 5), maps(6, 5) ** 2])
    sizes = ({0: torch.export.Dim("n", min=1)},)
    exported = torch.export.export(block, (batch[:2],), dynamic_shapes=sizes).module()
    for n in (1, 3):
        torch.testing.assert_close(exported(batch[:n]), block(batch[:n]))
