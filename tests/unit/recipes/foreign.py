"""Files as other programs write them, made by hand from what is public of their formats."""

from __future__ import annotations

import json
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image

SIZE = (16, 24)


def _save(name: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.new("RGB", SIZE, (90, 40, 20)).save(file, name, **options)
    return file.getvalue()


def png(texts: dict[str, str], *, packed: bool = False) -> bytes:
    """Give a PNG with texts: tEXt where Latin-1 holds them, else iTXt; or all of them compressed."""
    chunks = []
    for key, text in texts.items():
        try:
            data = text.encode("latin-1")
            body = (b"zTXt", b"\0\0" + zlib.compress(data)) if packed else (b"tEXt", b"\0" + data)
        except UnicodeEncodeError:
            data = text.encode()
            body = (b"iTXt", b"\0" + (b"\1\0\0\0" + zlib.compress(data) if packed else b"\0\0\0\0" + data))
        kind, content = body[0], key.encode() + body[1]
        chunks.append(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))
    plain = _save("PNG")
    return plain[:33] + b"".join(chunks) + plain[33:]


def with_user_comment(name: str, text: str, order: str = "utf-16-be") -> bytes:
    """Give an image with a user comment in its EXIF data."""
    exif = Image.Exif()
    exif[0x0131] = "A program"
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode(order)
    return _save(name, exif=exif)


def comfy_webp(prompt: object, workflow: object) -> bytes:
    exif = Image.Exif()
    exif[0x0110] = f"prompt:{json.dumps(prompt)}"
    exif[0x010F] = f"workflow:{json.dumps(workflow)}"
    return _save("WEBP", exif=exif)


A1111 = """a lighthouse at dawn, (waves:1.2), <lora:sea:0.8>
second line: Steps: many
Negative prompt: blurry, lowres
watermark
Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 3735928559, Size: 512x768, \
Model hash: 6ce0161689, Model: landscapes-v2, Denoising strength: 0.45, Clip skip: 2, \
Lora hashes: "sea: 0a1b2c, tide: 3d4e5f", Hires upscale: 2, Version: v1.10.1"""

A1111_PARAMS = {
    "prompt": "a lighthouse at dawn, (waves:1.2), <lora:sea:0.8>\nsecond line: Steps: many",
    "negative_prompt": "blurry, lowres\nwatermark",
    "steps": 28,
    "sampler": "DPM++ 2M",
    "scheduler": "Karras",
    "cfg_scale": 6.5,
    "seed": 3735928559,
    "width": 512,
    "height": 768,
    "model": "landscapes-v2",
    "denoise": 0.45,
}

COMFY: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208700286,
            "steps": 20,
            "cfg": 8,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1,
            "model": ["4", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 512, "height": 640, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a glass bottle 狐", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, watermark", "clip": ["4", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
}

COMFY_PARAMS = {
    "prompt": "a glass bottle 狐",
    "negative_prompt": "text, watermark",
    "seed": 156680208700286,
    "steps": 20,
    "cfg_scale": 8,
    "sampler": "euler",
    "scheduler": "normal",
    "denoise": 1,
    "model": "v1-5-pruned.safetensors",
    "width": 512,
    "height": 640,
}

COMFY_WORKFLOW: dict[str, Any] = {
    "last_node_id": 9,
    "nodes": [
        {
            "id": 3,
            "type": "KSampler",
            "inputs": [
                {"name": "model", "type": "MODEL", "link": 1},
                {"name": "positive", "type": "CONDITIONING", "link": 4},
                {"name": "negative", "type": "CONDITIONING", "link": 6},
                {"name": "latent_image", "type": "LATENT", "link": 2},
            ],
            "widgets_values": [156680208700286, "randomize", 20, 8, "euler", "normal", 1],
        },
        {"id": 4, "type": "CheckpointLoaderSimple", "widgets_values": ["v1-5-pruned.safetensors"]},
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [512, 640, 1]},
        {
            "id": 6,
            "type": "CLIPTextEncode",
            "inputs": [{"name": "clip", "type": "CLIP", "link": 3}],
            "widgets_values": ["a glass bottle 狐"],
        },
        {
            "id": 7,
            "type": "CLIPTextEncode",
            "inputs": [{"name": "clip", "type": "CLIP", "link": 5}],
            "widgets_values": ["text, watermark"],
        },
        {"id": 11, "type": "Note", "widgets_values": ["a note"]},
    ],
    "links": [
        [1, 4, 0, 3, 0, "MODEL"],
        [2, 5, 0, 3, 3, "LATENT"],
        [3, 4, 1, 6, 0, "CLIP"],
        [4, 6, 0, 3, 1, "CONDITIONING"],
        [5, 4, 1, 7, 0, "CLIP"],
        [6, 7, 0, 3, 2, "CONDITIONING"],
    ],
}

FLUX: dict[str, Any] = {
    "5": {"class_type": "EmptySD3LatentImage", "inputs": {"width": ["34", 0], "height": ["35", 0], "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["40", 0], "clip": ["11", 0]}},
    "10": {"class_type": "VAELoader", "inputs": {"vae_name": "ae.safetensors"}},
    "11": {"class_type": "DualCLIPLoader", "inputs": {"clip_name1": "t5xxl.safetensors", "type": "flux"}},
    "12": {"class_type": "UNETLoader", "inputs": {"unet_name": "flux1-dev.safetensors", "weight_dtype": "default"}},
    "13": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {
            "noise": ["25", 0],
            "guider": ["22", 0],
            "sampler": ["16", 0],
            "sigmas": ["17", 0],
            "latent_image": ["5", 0],
        },
    },
    "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "dpmpp_2m"}},
    "17": {
        "class_type": "BasicScheduler",
        "inputs": {"scheduler": "simple", "steps": 28, "denoise": 0.75, "model": ["30", 0]},
    },
    "22": {"class_type": "BasicGuider", "inputs": {"model": ["30", 0], "conditioning": ["26", 0]}},
    "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 219670278747233}},
    "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
    "30": {
        "class_type": "ModelSamplingFlux",
        "inputs": {"max_shift": 1.15, "width": 1024, "height": 999, "model": ["12", 0]},
    },
    "34": {"class_type": "PrimitiveInt", "inputs": {"value": 1024}},
    "35": {"class_type": "PrimitiveInt", "inputs": {"value": 832}},
    "40": {"class_type": "PrimitiveStringMultiline", "inputs": {"value": "a fennec fox"}},
}

FLUX_PARAMS = {
    "prompt": "a fennec fox",
    "seed": 219670278747233,
    "steps": 28,
    "cfg_scale": 3.5,
    "sampler": "dpmpp_2m",
    "scheduler": "simple",
    "denoise": 0.75,
    "model": "flux1-dev.safetensors",
    "width": 1024,
    "height": 832,
}

# Painted small, then once more larger: the first one has the seed and the size.
TWICE: dict[str, Any] = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl.safetensors"}},
    "2": {
        "class_type": "CLIPTextEncodeSDXL",
        "inputs": {"width": 4096, "text_g": "a fox", "text_l": "", "clip": ["1", 1]},
    },
    "3": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["2", 0]}},
    "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 480, "batch_size": 4}},
    "8": {
        "class_type": "KSamplerAdvanced",
        "inputs": {
            "add_noise": "disable",
            "noise_seed": 0,
            "steps": 12,
            "cfg": 5,
            "sampler_name": "ddim",
            "scheduler": "karras",
            "model": ["1", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["7", 0],
        },
    },
    "7": {"class_type": "LatentUpscaleBy", "inputs": {"samples": ["5", 0], "scale_by": 2}},
    "6": {"class_type": "LoraLoader", "inputs": {"lora_name": "sea.safetensors", "model": ["1", 0], "clip": ["1", 1]}},
    "5": {
        "class_type": "KSamplerAdvanced",
        "inputs": {
            "add_noise": "enable",
            "noise_seed": 77,
            "steps": 30,
            "cfg": 6.5,
            "sampler_name": "euler_ancestral",
            "scheduler": "normal",
            "model": ["6", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
        },
    },
}

TWICE_PARAMS = {
    "prompt": "a fox",
    "seed": 77,
    "steps": 30,
    "cfg_scale": 6.5,
    "sampler": "euler_ancestral",
    "scheduler": "normal",
    "model": "sdxl.safetensors",
    "width": 640,
    "height": 480,
}

INVOKE = {
    "app_version": "5.4.2",
    "generation_mode": "txt2img",
    "positive_prompt": "a fox in snow",
    "negative_prompt": "blurry",
    "width": 1024,
    "height": 768,
    "seed": 2254557128,
    "rand_device": "cpu",
    "cfg_scale": 7.5,
    "steps": 30,
    "scheduler": "euler",
    "model": {"key": "4dc8", "hash": "blake3:1", "name": "dreamshaper-xl", "base": "sdxl", "type": "main"},
}

INVOKE_PARAMS = {
    "prompt": "a fox in snow",
    "negative_prompt": "blurry",
    "seed": 2254557128,
    "steps": 30,
    "cfg_scale": 7.5,
    "sampler": "euler",
    "width": 1024,
    "height": 768,
    "model": "dreamshaper-xl",
}

OLD_INVOKE = {
    "model": "stable diffusion",
    "model_weights": "stable-diffusion-1.5",
    "app_id": "invoke-ai/InvokeAI",
    "image": {
        "prompt": [{"prompt": "a fox [blurry] in snow", "weight": 1.0}],
        "steps": 50,
        "cfg_scale": 7.5,
        "threshold": 0,
        "height": 512,
        "width": 640,
        "seed": 42,
        "type": "txt2img",
        "sampler": "k_lms",
    },
}

OLD_INVOKE_PARAMS = {
    "prompt": "a fox in snow",
    "negative_prompt": "blurry",
    "seed": 42,
    "steps": 50,
    "cfg_scale": 7.5,
    "sampler": "k_lms",
    "width": 640,
    "height": 512,
    "model": "stable-diffusion-1.5",
}

DREAM = '"a fox -s in snow" -s 50 -S42 -W640 -H 512 -C7.5 -A k_lms'
DREAM_PARAMS = {
    "prompt": "a fox -s in snow",
    "seed": 42,
    "steps": 50,
    "cfg_scale": 7.5,
    "sampler": "k_lms",
    "width": 640,
    "height": 512,
}
