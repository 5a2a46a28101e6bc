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
        replace: `${living}\nclass ${name} extends makeKillable(Living${name}) {}`,
      },
      {
        file: 'src/index.ts',
        find: `${living}\n`,
        replace: `${living}\n${name === classes[0] ? helper : ''}`,
      },
    ];
  });
}

/** What is called from outside is a shell; the living object is in it, so that its calls of itself stay its own. */
const helper = `import { DurableObject as Shell } from 'cloudflare:workers';
function makeKillable(Living: any): any {
  class Killable extends Shell {
    living: any;
    constructor(ctx: any, env: any) {
      super(ctx, env);
      this.living = new Living(ctx, env);
    }
  }
  for (const method of Object.getOwnPropertyNames(Living.prototype)) {
    if (method === 'constructor' || typeof Living.prototype[method] !== 'function') continue;
    (Killable.prototype as any)[method] = async function (this: any, ...args: any[]) {
      const reply = await fetch(this.env.RIG_DEATH_URL);
      if ((await reply.text()) === 'dead') {
        this.ctx.abort('killed by the rig');
        throw new Error('killed by the rig');
      }
      return await this.living[method](...args);
    };
  }
  return Killable;
}
`;

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
