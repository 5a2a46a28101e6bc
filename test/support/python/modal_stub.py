"""A stand-in for the `modal` package at import time: takes what its published reference takes, refuses anything else, and remembers it.

Written from https://modal.com/docs/sdk/py/latest (1.4): names of parameters and where decorators may stand. It deploys nothing.
"""

import inspect
import sys
import types

CLS_PARAMETERS = frozenset(
    "image env secrets gpu serialized network_file_systems volumes cpu memory ephemeral_disk min_containers max_containers "
    "buffer_containers scaledown_window proxy retries timeout startup_timeout cloud region routing_region nonpreemptible "
    "enable_memory_snapshot block_network restrict_modal_access single_use_containers i6pn include_source "
    "experimental_options".split()
)
EXPERIMENTAL = frozenset({"enable_gpu_snapshot"})

apps = []


def refuse_unknown(what, given, known):
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise TypeError(f"{what} has no parameter {', '.join(unknown)}")


class Image:
    def __init__(self, steps):
        self.steps = steps

    @staticmethod
    def from_registry(tag, *, secret=None, setup_dockerfile_commands=(), force_build=False, add_python=None):
        return Image([("from_registry", tag)])

    def then(self, *step):
        # Files of this machine are added when a container starts: no build step may come behind them.
        if self.steps[-1][0] == "add_local_python_source" and step[0] != "add_local_python_source":
            raise ValueError(f"{step[0]} comes behind add_local_python_source")
        return Image([*self.steps, step])

    def entrypoint(self, commands):
        return self.then("entrypoint", list(commands))

    def run_commands(self, *commands):
        return self.then("run_commands", *commands)

    def env(self, variables):
        for name, value in variables.items():
            if not isinstance(name, str) or not isinstance(value, str):
                raise TypeError(f"env takes texts, not {value!r} for {name}")
        return self.then("env", variables)

    def add_local_python_source(self, *modules, copy=False, ignore=None):
        for module in modules:
            if inspect.getmodulename(module) is not None or sys.modules.get(module, None) is None:
                __import__(module)
        return self.then("add_local_python_source", *modules)


class Volume:
    def __init__(self, name):
        self.name = name

    @staticmethod
    def from_name(name, *, environment_name=None, create_if_missing=False, version=None):
        return Volume(name)


class App:
    def __init__(self, name=None, *, image=None, secrets=(), volumes=None, include_source=None, tags=None):
        self.name = name
        self.classes = {}
        apps.append(self)

    def cls(self, **options):
        refuse_unknown("App.cls", options, CLS_PARAMETERS)
        refuse_unknown("experimental_options", options.get("experimental_options", {}), EXPERIMENTAL)

        def register(user_class):
            if not inspect.isclass(user_class):
                raise TypeError("App.cls decorates a class")
            concurrent = getattr(user_class, "_concurrent", None)
            hooks = {
                name: member._modal
                for name, member in vars(user_class).items()
                if hasattr(member, "_modal")
            }
            snapshots = [name for name, (kind, given) in hooks.items() if kind == "enter" and given["snap"]]
            if snapshots and not options.get("enable_memory_snapshot", False):
                raise ValueError("enter(snap=True) needs enable_memory_snapshot")
            self.classes[user_class.__name__] = {"options": options, "concurrent": concurrent, "hooks": hooks}
            return user_class

        return register


def marked(kind, **given):
    def mark(member):
        if inspect.isclass(member):
            raise TypeError(f"{kind} decorates a method")
        member._modal = (kind, given)
        return member

    return mark


def enter(*, snap=False):
    return marked("enter", snap=snap)


def exit():  # noqa: A001
    return marked("exit")


def web_server(port, *, startup_timeout=5.0, label=None, custom_domains=None, requires_proxy_auth=False):
    if not isinstance(port, int) or port < 1 or port > 65535:
        raise ValueError("web_server takes a port")
    return marked("web_server", port=port, requires_proxy_auth=requires_proxy_auth, startup_timeout=startup_timeout)


def concurrent(*, max_inputs, target_inputs=None):
    if not isinstance(max_inputs, int) or max_inputs < 1:
        raise ValueError("concurrent takes a number of inputs")

    def mark(user_class):
        user_class._concurrent = {"max_inputs": max_inputs, "target_inputs": target_inputs}
        return user_class

    return mark


def install():
    """Makes `import modal` give this."""
    module = types.ModuleType("modal")
    for name in ("App", "Image", "Volume", "enter", "exit", "web_server", "concurrent"):
        setattr(module, name, globals()[name])
    sys.modules["modal"] = module
