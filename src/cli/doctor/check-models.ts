// The models that this machine would run: their weights, the file of further models, the commands that it names.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { catalogue as builtIn } from '../../../gpu-workers/models.ts';
import { checkGguf } from '../../../gpu-workers/servers/gguf-check.ts';
import { mergeCatalogues, parseCatalogue } from '../../core/registry/parse-catalogue.ts';
import type { Catalogue, ModelVersion } from '../../core/registry/model.ts';
import { checkSettings } from '../dev/preflight.ts';
import type { DevSettings } from '../dev/settings.ts';
import { fine, wrong, type Finding } from './finding.ts';

export function checkModels(settings: DevSettings): readonly Finding[] {
  const ours = checkWeights(builtIn, settings.root);
  if (settings.modelsFile === null) return [ours];
  return [ours, ...checkModelsFile(settings)];
}

/** All that would be served; the built-in ones alone where the file cannot be used, which `checkModels` tells. */
export function readVersions({ modelsFile }: Pick<DevSettings, 'modelsFile'>): readonly ModelVersion[] {
  const merged = modelsFile === null || !existsSync(modelsFile) ? null : mergeVersions(modelsFile);
  return merged ?? builtIn.versions;
}

/** The file's text, as the Worker gets it; empty where it cannot be used, which `checkModels` tells. */
export function readExtra({ modelsFile }: Pick<DevSettings, 'modelsFile'>): string {
  if (modelsFile === null || !existsSync(modelsFile) || mergeVersions(modelsFile) === null) return '';
  return readFileSync(modelsFile, 'utf8');
}

function mergeVersions(file: string): readonly ModelVersion[] | null {
  const extra = parseCatalogue(readFileSync(file, 'utf8'));
  const merged = extra.ok ? mergeCatalogues(builtIn, extra.value) : extra;
  return merged.ok ? merged.value.versions : null;
}

/** Every file of weights has a sound header and its whole length. */
function checkWeights({ versions }: Catalogue, root: string): Finding {
  const files = new Map(
    versions.flatMap(({ id, launch }) =>
      launch.kind === 'llama' ? [[resolve(root, launch.weights), id]] : [],
    ),
  );
  for (const [file, id] of files) {
    if (!existsSync(file)) {
      return wrong(
        'weights',
        `the weights of ${id} are missing: ${file}`,
        `restore the file ("git checkout -- gpu-workers/weights" for those of the project), or name another one in the model's "weights"`,
      );
    }
    const sound = checkGguf(file);
    if (!sound.ok) {
      return wrong(
        'weights',
        `the weights of ${id} cannot be used: ${file}: ${sound.error}`,
        'fetch the file again; it must be a whole GGUF file',
      );
    }
  }
  return fine('weights', `${files.size} files are whole`);
}

function checkModelsFile(settings: DevSettings): readonly Finding[] {
  const file = settings.modelsFile ?? '';
  let text: string;
  try {
    // The two ports are looked at elsewhere.
    text = checkSettings({ ...settings, port: 1, agentPort: 2 });
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    // A fault of the project's own weights has been told.
    if (what.startsWith('the weights of')) return [];
    return [
      wrong('models-file', what, `mend ${file} (docs/models.md has its form), or unset PILOTLIGHT_MODELS`),
    ];
  }
  const extra = parseCatalogue(text);
  if (!extra.ok) return [wrong('models-file', extra.error, `mend ${file}`)];
  const { versions } = extra.value;
  const found = fine('models-file', `${file} has ${versions.length} versions`);
  const weights = checkWeights(extra.value, settings.root);
  const commands = versions.flatMap(({ id, launch }) =>
    launch.kind === 'command' && !isCommand(launch.command[0] ?? '', settings.root)
      ? [
          wrong(
            'model-command',
            `${id} is started by "${launch.command[0]}", which is not there`,
            'install the program, or write its whole path in the model’s "command"',
          ),
        ]
      : [],
  );
  return [found, ...(weights.state === 'ok' ? [] : [weights]), ...commands];
}

function isCommand(command: string, root: string): boolean {
  const places = command.includes('/')
    ? [resolve(root, command)]
    : (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command));
  return places.some(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
