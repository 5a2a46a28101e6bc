"""What Modal is asked for by each app: image, GPU, volumes, figures of the autoscaler, snapshots."""

import modal
from vllm_server import COMPILED, MINUTES, START_SECONDS, VLLM_IMAGE, WEIGHTS, Serving


def class_options(serving: Serving) -> dict:
    """The parameters of `app.cls`.

    The figures of the autoscaler hold until the agent sets its own: no floor, and one container at most.
    """
    return {
        "image": image_of(serving),
        "gpu": serving.gpu,
        # Weights and compiled kernels are read from here instead of being fetched and made again.
        "volumes": {
            WEIGHTS: modal.Volume.from_name("pilotlight-weights", create_if_missing=True),
            COMPILED: modal.Volume.from_name("pilotlight-compiled", create_if_missing=True),
        },
        "min_containers": 0,
        "max_containers": 1,
        "buffer_containers": 0,
        "scaledown_window": 1 * MINUTES,
        "timeout": 15 * MINUTES,
        "startup_timeout": START_SECONDS + 5 * MINUTES,
        "enable_memory_snapshot": True,
        "experimental_options": {"enable_gpu_snapshot": True},
    }


def image_of(serving: Serving) -> modal.Image:
    return (
        modal.Image.from_registry(VLLM_IMAGE)
        # vLLM's image starts its own server, and has no `python`.
        .entrypoint([])
        .run_commands("ln -sf $(which python3) /usr/bin/python")
        .env(serving.environment())
        .add_local_python_source("vllm_options", "vllm_server", "pilotlight_guard")
    )
