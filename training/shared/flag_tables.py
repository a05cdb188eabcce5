"""Which flags of TRL and transformers are refused, with the reason, and which values numbers may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

ONE_PROCESS = "one process trains on one device"
OWN_MODEL = "models are loaded by this project, in float32 on CPU and bfloat16 on CUDA"
OWN_PROMPTS = "prompts are rendered from the task, the same in training as afterwards"
OWN_LOSS = "the loss is that of the answer's tokens, computed at their places only"
OWN_FIGURES = "validation measures macro-F1 and accuracy as a comparison does"
#: Flags that no script passes on, and why.
REFUSED = {
    **dict.fromkeys(("deepspeed", "fsdp", "fsdp_config", "parallelism_config", "accelerator_config", "local_rank",
                     "ddp_find_unused_parameters", "ddp_bucket_cap_mb", "ddp_broadcast_buffers", "ddp_static_graph",
                     "ddp_backend", "ddp_timeout"), ONE_PROCESS),
    **dict.fromkeys(("load_in_8bit", "bnb_4bit_quant_type", "use_bnb_nested_quant", "bnb_4bit_quant_storage"),
                    "--load_in_4bit is NF4 with double quantization, as in QLoRA"),
    **dict.fromkeys(("dtype", "attn_implementation", "use_liger_kernel", "liger_kernel_config"),
                    OWN_MODEL),
    "lora_task_type": "it follows from the script",
    **dict.fromkeys(("prediction_loss_only", "include_for_metrics", "batch_eval_metrics", "eval_do_concat_batches",
                     "eval_use_gather_object", "label_names"), OWN_FIGURES),
    **dict.fromkeys(("bf16_full_eval", "fp16_full_eval"), "validation has the precision of the training"),
    "use_cache": "nothing is generated in a training",
    "do_predict": "the test rows are for python -m comparison run",
    **dict.fromkeys(("hub_strategy", "hub_always_push"), "a run is published once, when it is whole"),
    "enable_jit_checkpoint": "checkpoints are written whole, and a stopped training goes on from the last one",
    "restore_callback_states_from_checkpoint": "patience and time are carried over in any case",
}  # fmt: skip
#: And those that a chat model's training does not pass on.
REFUSED_CHAT = {
    **dict.fromkeys(("model_init_kwargs", "trust_remote_code"), OWN_MODEL),
    **dict.fromkeys(("chat_template_path", "dataset_text_field", "dataset_kwargs", "dataset_num_proc", "eos_token",
                     "pad_token", "truncation_mode"), OWN_PROMPTS),
    **dict.fromkeys(("packing", "packing_strategy", "padding_free", "eval_packing"),
                    "a batch is laid out as one tree, which has no padding already"),
    **dict.fromkeys(("assistant_only_loss", "loss_type", "label_smoothing_factor", "router_aux_loss_coef"), OWN_LOSS),
    "shuffle_dataset": "rows are shuffled at every epoch in any case",
    **dict.fromkeys(("eval_accumulation_steps", "include_num_input_tokens_seen"),
                    "validation scores labels and counts no tokens"),
    "activation_offloading": "activations stay where they are computed; --gradient_checkpointing saves memory",
}  # fmt: skip
#: Flags that have no effect on the training of a decoder with a classification head.
REFUSED_DECODER = {
    "lora_target_parameters": "LoRA is put on layers; name those with --lora_target_modules",
    "use_peft": "--method lora says it",
}
#: And those that have none on that of an encoder.
REFUSED_ENCODER = REFUSED_DECODER | {
    "load_in_4bit": "it is for decoders and encoder-decoders; the weights of an encoder are small",
}
#: And those that have none where labels are scored, which is how validation is done there.
REFUSED_SCORED = REFUSED_DECODER | {"eval_accumulation_steps": "validation keeps no logits"}
#: And those that have none on filling gaps.
REFUSED_CLOZE = REFUSED_SCORED | {
    "load_in_4bit": "the head that fills gaps shares its weights with the vocabulary, so they are held in full",
    "train_sampling_strategy": "rows are shuffled at every epoch, whatever their length",
}


@dataclass(frozen=True)
class Range:
    """What a number may be.

    Attributes:
        fits: whether it is that.
        words: how a sentence says what is allowed.
    """

    fits: Callable[[float], bool]
    words: str


POSITIVE = Range(lambda value: value > 0, "more than 0")
AT_LEAST_0 = Range(lambda value: value >= 0, "0 or more")
AT_LEAST_1 = Range(lambda value: value >= 1, "1 or more")
SHARE = Range(lambda value: 0 <= value < 1, "at least 0 and less than 1")
STEPS = Range(
    lambda value: 0 < value < 1 or (value >= 1 and float(value).is_integer()),
    "a whole number of steps, or a share of all steps between 0 and 1",
)
SEED = Range(lambda value: 0 <= value < 2**32, "between 0 and 4294967295")
#: Allowed values of numbers that the libraries themselves do not check.
RANGES = {
    **dict.fromkeys(("per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps",
                     "eval_accumulation_steps", "save_total_limit", "train_limit", "eval_limit", "max_length", "lora_r",
                     "early_stopping_patience", "lora_layers", "pad_to_multiple_of", "torch_empty_cache_steps"),
                    AT_LEAST_1),
    **dict.fromkeys(("learning_rate", "head_learning_rate", "num_train_epochs", "lora_alpha", "adam_epsilon",
                     "neftune_noise_alpha"), POSITIVE),
    **dict.fromkeys(("weight_decay", "warmup_steps", "max_grad_norm", "eval_delay", "dataloader_num_workers"),
                    AT_LEAST_0),
    **dict.fromkeys(("adam_beta1", "adam_beta2", "lora_dropout", "label_smoothing_factor"), SHARE),
    **dict.fromkeys(("logging_steps", "eval_steps", "save_steps"), STEPS),
    **dict.fromkeys(("seed", "data_seed"), SEED),
    "max_steps": Range(lambda value: value == -1 or value >= 1, "1 or more, or -1 for whole epochs"),
    **dict.fromkeys(("batch_size", "max_epochs", "hidden_dim", "pca_dims", "rows_per_class", "num_epochs",
                     "num_iterations"), AT_LEAST_1),
    **dict.fromkeys(("n_layers", "l2_weight"), AT_LEAST_0),
    **dict.fromkeys(("token_dropout", "warmup_proportion"), SHARE),
    "body_learning_rate": POSITIVE,
    "sif_coefficient": Range(lambda value: 0 < value < 1, "more than 0 and less than 1"),
}  # fmt: skip
