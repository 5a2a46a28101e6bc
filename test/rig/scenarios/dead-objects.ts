// Control plane objects that can be killed: in the copy of the project that is bundled, every method of these classes first asks the rig
// whether its object is dead, and is aborted when it is. Owns the change to the entry and the server that is asked.
import { createServer, type Server } from 'node:http';
import type { Plant } from '../../chaos/plants.ts';

/** The classes that the data plane must not need; those that are not there yet are left out. */
export const CONTROL_CLASSES = ['PlannerObject', 'TenantObject'] as const;

/** The entry with killable classes in place of these. */
export function killable(entry: string, classes: readonly string[]): readonly Plant[] {
  return classes.flatMap((name): readonly Plant[] => {
    const line = new RegExp(`^import \\{ ${name} \\} from .*;$`, 'm').exec(entry)?.[0];
    if (line === undefined) return [];
    const living = line.replace(`{ ${name} }`, `{ ${name} as Living${name} }`);
    return [
      {
        file: 'src/index.ts',
        find: line,
        replace: `${living}\nclass ${name} extends Living${name} {}\nmakeKillable(${name}, Living${name});\n${helperOnce(name, classes)}`,
      },
    ];
  });
}

function helperOnce(name: string, classes: readonly string[]): string {
  if (name !== classes[0]) return '';
  return `
function makeKillable(killed: any, living: any): void {
  for (const method of Object.getOwnPropertyNames(living.prototype)) {
    if (method === 'constructor' || typeof living.prototype[method] !== 'function') continue;
    killed.prototype[method] = async function (this: any, ...args: any[]) {
      const reply = await fetch(this.env.RIG_DEATH_URL);
      if ((await reply.text()) === 'dead') {
        this.ctx.abort('killed by the rig');
        throw new Error('killed by the rig');
      }
      return await living.prototype[method].apply(this, args);
    };
  }
}
`;
}

export class DeathServer {
  readonly #server: Server;
  isDead = false;
  /** Calls that met a dead object. */
  refused = 0;
  /** Calls of living ones. */
  passed = 0;

  constructor() {
    this.#server = createServer((_, response) => {
      if (this.isDead) this.refused += 1;
      else this.passed += 1;
      response.end(this.isDead ? 'dead' : 'alive');
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}/`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
