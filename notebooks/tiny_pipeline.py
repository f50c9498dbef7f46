"""A Stable Diffusion pipeline with random weights, built in a blink and without a network.

Every part is the real class of diffusers or transformers (5 or newer), so it is called, reports its steps and is
cancelled exactly as one with trained weights. Only its pictures are not of this world.
"""

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

TEXT_WIDTH = 16


def tiny_pipeline(seed: int = 0) -> StableDiffusionPipeline:
    """Build the pipeline: the same seed, the same weights. Its pictures are 128 x 128 pixels unless asked otherwise."""
    tokenizer = byte_tokenizer()
    text_config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT_WIDTH,
        intermediate_size=2 * TEXT_WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    # Modules draw their weights from torch's global generator; the fork leaves it as it was.
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        text_encoder = CLIPTextModel(text_config).eval()
        unet = UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(8, 16),
            down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
            layers_per_block=1,
            cross_attention_dim=TEXT_WIDTH,
            attention_head_dim=4,
            norm_num_groups=4,
        )
        vae = AutoencoderKL(
            block_out_channels=(8, 8, 16, 16),  # four levels, as in a real one: a latent is 8 pixels wide
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            norm_num_groups=4,
        )
        for name, weights in unet.named_parameters():
            if "attn2.to_" in name:
                weights *= 3  # or nobody could tell by the picture what the prompt was
    parts = {"vae": vae, "text_encoder": text_encoder, "tokenizer": tokenizer, "unet": unet}
    betas = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
    scheduler = DDIMScheduler(**betas, clip_sample=False, steps_offset=1)
    no_checker = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    return StableDiffusionPipeline(**parts, scheduler=scheduler, **no_checker)


def byte_tokenizer() -> CLIPTokenizer:
    """Make a tokenizer that spells every text byte by byte, so that there is no vocabulary to download."""
    letters = sorted(ByteLevel.alphabet())
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    return CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[], model_max_length=77)
