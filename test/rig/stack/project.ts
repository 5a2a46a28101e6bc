// The project as a scenario wants it: a copy with the rig's tenants and, to test a check, with a bug in it, bundled as a deployment would.
// Owns the copy; a text to be changed that is no longer there is an error.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plantEdits, type Plant } from '../../chaos/plants.ts';
import { bundleWorker } from '../../support/raw-workerd.ts';

export interface RigTenant {
  readonly id: string;
  /** As written in a tenant's file. */
  readonly rules: readonly object[];
  /** Further fields of the file. */
  readonly more?: object;
}

export interface Project {
  readonly modulePath: string;
  /** What was bundled is here, and goes with it. */
  readonly directory: string;
  dispose(): void;
}

/** The tenant that most scenarios ask as. */
export const MAIN_TENANT = 'demo';

export function keyOf(tenant: string): string {
  return tenant === MAIN_TENANT ? 'sk-pilotlight-dev' : `sk-pilotlight-rig-${tenant}`;
}

/** The first tenant takes the place of the development tenant, whose key is known to all tools. */
export function prepareProject(tenants: readonly RigTenant[], edits: readonly Plant[]): Project {
  const copy = plantEdits('rig', edits);
  const outDir = mkdtempSync(join(tmpdir(), 'pilotlight-rig-bundle-'));
  const remove = (): void => rmSync(outDir, { recursive: true, force: true });
  const dispose = (): void => {
    process.off('exit', remove);
    remove();
  };
  process.on('exit', remove);
  try {
    for (const tenant of tenants)
      writeFileSync(join(copy, `tenants/${tenant.id}.json`), renderTenant(tenant));
    enlist(
      copy,
      tenants.map(({ id }) => id),
    );
    const modulePath = bundleWorker(outDir, copy);
    return { modulePath, directory: outDir, dispose };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function renderTenant({ id, rules, more }: RigTenant): string {
  const sha256 = createHash('sha256').update(keyOf(id)).digest('hex');
  const keys = [{ id: 'dev', sha256, environments: ['dev'] }];
  return JSON.stringify({ id, name: `rig ${id}`, keys, rules, ...more });
}

/** Tenants are named in a list that the bundle reads. */
function enlist(copy: string, ids: readonly string[]): void {
  const path = join(copy, 'tenants/tenants.ts');
  const source = readFileSync(path, 'utf8');
  const further = ids.filter((id) => id !== MAIN_TENANT && id !== 'acme');
  const list = '[demo, acme';
  if (!source.includes(list)) throw new Error(`tenants/tenants.ts lists its tenants in another way`);
  const imports = further.map((id) => `import rig_${id} from './${id}.json' with { type: 'json' };\n`);
  const names = further.map((id) => `, rig_${id}`);
  writeFileSync(path, imports.join('') + source.replace(list, () => list + names.join('')));
}
