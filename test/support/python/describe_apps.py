"""Imports every app of gpu-workers/modal and prints as JSON what each asks Modal for.

    python3 describe_apps.py stub|sdk FOLDER FILE...

`stub` imports against a stand-in for the `modal` package, `sdk` against the package itself, of which only this much is then said: that it
took every decorator, and what it registered.
"""

import importlib
import json
import sys
from pathlib import Path

how, folder, *files = sys.argv[1:]
sys.path.insert(0, folder)
sys.path.insert(0, str(Path(__file__).parent))

if how == "stub":
    import modal_stub

    modal_stub.install()

described = {}
for file in files:
    module = importlib.import_module(Path(file).stem)
    app = module.app
    if how == "sdk":
        described[file] = {"name": app.name, "classes": sorted(app.registered_classes)}
        continue
    [(name, registered)] = app.classes.items()
    options = registered["options"]
    described[file] = {
        "name": app.name,
        "class": name,
        "gpu": options["gpu"],
        "image": options["image"].steps,
        "volumes": {path: volume.name for path, volume in options["volumes"].items()},
        "options": {key: value for key, value in options.items() if key not in ("image", "volumes", "gpu")},
        "concurrent": registered["concurrent"],
        "hooks": {hook: [kind, given] for hook, (kind, given) in registered["hooks"].items()},
        "command": module.serving.command(),
    }
print(json.dumps(described))
