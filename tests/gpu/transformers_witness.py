#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Records what Hugging Face transformers takes of a card's memory, as a measurements CSV.

usage: transformers_witness.py OUT.csv [--seconds N]

Models have the shapes of well-known ones and random weights, so nothing is downloaded. Every point runs in a process
of its own, which builds the model on the card, empties the allocator's cache, resets its peaks, and then generates a
few tokens greedily after a random prompt. Rows per point:

  allocated  torch.cuda.max_memory_allocated: the peak of live tensors, as the caching allocator rounds them
  reserved   torch.cuda.max_memory_reserved: the peak of what that allocator held
  device     nvidia-smi's used memory after generating, less that before the process touched the card; so context,
             kernels and libraries are in it. In whole MiB; no such row where nvidia-smi does not answer

The column driver is the difference of cudaMemGetInfo between a bare context and the end. Needs torch, transformers
and nothing else.
"""
import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
import time

# As in src/model/catalogue: family, hidden size, layers, heads, KV heads, MLP width, vocabulary, tied, positions,
# rope theta. The size of a head is the hidden size over the heads.
MODELS = {
    "qwen2-7b": ("qwen2", 3584, 28, 28, 4, 18944, 152064, False, 32768, 1e6),
    "llama-3.2-1b": ("llama", 2048, 16, 32, 8, 8192, 128256, True, 131072, 5e5),
    "qwen2-0.5b": ("qwen2", 896, 24, 14, 2, 4864, 151936, True, 32768, 1e6),
    "llama-3.2-3b": ("llama", 3072, 28, 24, 8, 8192, 128256, True, 131072, 5e5),
    "qwen2-1.5b": ("qwen2", 1536, 28, 12, 2, 8960, 151936, True, 32768, 1e6),
}

# Attention, batch and context. Eager attention holds scores that grow with the square of the context.
SETTINGS = [
    ("sdpa", 1, 4096), ("eager", 1, 2048), ("sdpa", 4, 2048), ("eager", 4, 512), ("sdpa", 1, 16384),
    ("eager", 1, 4096), ("sdpa", 4, 8192), ("sdpa", 1, 512), ("eager", 1, 512),
]
FLASH_SETTINGS = [("flash", 1, 8192), ("flash", 4, 4096)]
IMPLEMENTATIONS = {"sdpa": "sdpa", "eager": "eager", "flash": "flash_attention_2"}

GENERATED = 4  # tokens: one by the prompt's step, three by steps of their own
FORMAT = "bf16"
POINT_SECONDS = 120

COLUMNS = ("model runtime weights kv batch prompt generate context devices split options metric value resolution "
           "device source requested driver outcome reason").split()


def points():
    """Every setting for all models before the next setting: a run that is cut short has seen them all."""
    settings = SETTINGS + (FLASH_SETTINGS if importlib.util.find_spec("flash_attn") else [])
    return [(model, *setting) for setting in settings for model in MODELS]


def smi_used_mib():
    """What all processes use of the first visible card, without touching CUDA; None where nvidia-smi fails."""
    card = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0] or "0"
    command = ["nvidia-smi", "-i", card, "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        return int(subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def make_model(torch, transformers, name, attention):
    family, hidden, layers, heads, kv_heads, mlp, vocabulary, tied, positions, theta = MODELS[name]
    config = transformers.AutoConfig.for_model(
        family, hidden_size=hidden, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=kv_heads, intermediate_size=mlp, vocab_size=vocabulary, tie_word_embeddings=tied,
        max_position_embeddings=positions, rope_theta=theta, bos_token_id=None, eos_token_id=None)
    torch.set_default_dtype(torch.bfloat16)  # the keyword for it differs between versions
    with torch.device("cuda"):
        model = transformers.AutoModelForCausalLM.from_config(
            config, attn_implementation=IMPLEMENTATIONS[attention])
    return model.eval()


def report(**values):
    print(json.dumps(values), flush=True)


def used_now(torch):
    free, total = torch.cuda.mem_get_info()
    return total - free


def run_point(name, attention, batch, context):
    """In the child: one point, reported as lines of JSON."""
    smi_before = smi_used_mib()
    import torch
    import transformers
    report(torch=torch.__version__, transformers=transformers.__version__)
    report(device=torch.cuda.get_device_name(0))
    bare = used_now(torch)
    try:
        model = make_model(torch, transformers, name, attention)
        prompt = torch.randint(MODELS[name][6], (batch, context - GENERATED), device="cuda")
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        with torch.no_grad():
            model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=GENERATED, do_sample=False)
        torch.cuda.synchronize()
    except torch.cuda.OutOfMemoryError as full:
        report(outcome="out_of_memory", reason=str(full).splitlines()[0])
        return
    smi_after = smi_used_mib()
    report(allocated=torch.cuda.max_memory_allocated(), reserved=torch.cuda.max_memory_reserved(),
           requested=torch.cuda.memory_stats().get("requested_bytes.all.peak"), driver=used_now(torch) - bare)
    if smi_before is not None and smi_after is not None:
        report(smi_mib=smi_after - smi_before)


def measure(point):
    """In the parent: runs a child and gathers what it reported, whatever became of it."""
    command = [sys.executable, os.path.abspath(__file__), "--point", json.dumps(point)]
    environment = dict(os.environ, CUDA_DEVICE_ORDER="PCI_BUS_ID")  # nvidia-smi's
    environment.pop("PYTORCH_CUDA_ALLOC_CONF", None)  # the allocator as it comes
    found = {}
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=POINT_SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        return {"outcome": "failed", "reason": f"longer than {POINT_SECONDS} s"}
    for line in child.stdout.splitlines():
        if line.startswith("{"):
            found.update(json.loads(line))
    if child.returncode < 0:
        found.update(outcome="killed", reason=f"by signal {-child.returncode}")
    elif child.returncode > 0:
        words = child.stderr.strip().splitlines() or ["nothing was said"]
        found.update(outcome="failed", reason=words[-1][:500])
    return found


def rows(point, found):
    """The point's rows of the CSV: one a metric, or one with its outcome."""
    name, attention, batch, context = point
    version = re.match(r"[0-9.]*[0-9]", found.get("transformers", "")) or [""]
    row = dict.fromkeys(COLUMNS, "")
    row.update(model=name, runtime=f"transformers@{version[0]}", weights=FORMAT, kv=FORMAT, batch=batch,
               prompt=context - GENERATED, generate=GENERATED, devices=1, options=f"attention={attention}",
               metric="allocated", device=found.get("device", ""),
               source=f"random weights, torch {found.get('torch', '?')}")
    if "outcome" in found:
        yield {**row, "outcome": found["outcome"], "reason": found["reason"]}
        return
    row.update(driver=found["driver"], requested="" if found["requested"] is None else found["requested"])
    yield {**row, "value": found["allocated"]}
    yield {**row, "metric": "reserved", "value": found["reserved"]}
    if "smi_mib" in found:
        yield {**row, "metric": "device", "value": found["smi_mib"] << 20, "resolution": 1 << 20}


def main(path, seconds):
    deadline = time.monotonic() + seconds
    measured = 0
    plan = points()
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for index, point in enumerate(plan):
            if time.monotonic() > deadline:
                print(f"{len(plan) - index} of {len(plan)} points are left out: {seconds} s are over")
                break
            found = measure(point)
            writer.writerows(rows(point, found))
            file.flush()
            measured += "outcome" not in found
            print(*point, found.get("allocated", found.get("reason")), flush=True)
    return 0 if measured > 0 else 1


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--point":
        run_point(*json.loads(sys.argv[2]))
    elif len(sys.argv) == 2 or (len(sys.argv) == 4 and sys.argv[2] == "--seconds"):
        sys.exit(main(sys.argv[1], int(sys.argv[3]) if len(sys.argv) == 4 else 400))
    else:
        sys.exit(__doc__)
