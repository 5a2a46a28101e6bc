// A deployed Modal function as a place that scales by itself. Owns the calls to Modal and the look at its URL; what it is told is decided
// by who shares its floor (src/backends/managed).
import type { Function_ } from 'modal';
import { err, ok } from '../../../src/core/base/result.ts';
import type { ModalFunctionLaunch } from '../../../src/core/registry/model.ts';
import type { BackendReply } from '../../../src/backends/backend.ts';
import type { ManagedPlace, PlaceSight, PlaceTarget } from '../../../src/backends/managed/managed-place.ts';
import { callServer } from '../call-server.ts';
import type { ModalAccount, ModalReply } from './modal-account.ts';

export interface ModalFunctionOptions {
  readonly account: ModalAccount;
  readonly launch: ModalFunctionLaunch;
  /** Modal's proxy tokens, for functions that ask for them. */
  readonly headers: Readonly<Record<string, string>>;
}

const callWithinMs = 10_000;
const lookWithinMs = 3_000;

export class ModalFunction implements ManagedPlace {
  readonly #options: ModalFunctionOptions;
  #found: { readonly handle: Function_; readonly url: string | null } | null = null;

  constructor(options: ModalFunctionOptions) {
    this.#options = options;
  }

  async set({ floor, buffer, ceiling, idleMs }: PlaceTarget): BackendReply<null> {
    const found = await this.#find();
    if (!found.ok) return found;
    const { handle } = found.value;
    const set = await this.#options.account.ask(callWithinMs, () =>
      handle.updateAutoscaler({
        minContainers: floor,
        maxContainers: ceiling,
        bufferContainers: buffer,
        scaledownWindowMs: idleMs,
      }),
    );
    if (set.ok) return ok(null);
    // Deployed anew under another id, or not any more: looked up again next time.
    if (set.error.kind === 'not-found') this.#found = null;
    return set;
  }

  async look(): BackendReply<PlaceSight> {
    const found = await this.#find();
    if (!found.ok) return found;
    const { handle, url } = found.value;
    const stats = await this.#options.account.ask(callWithinMs, () => handle.getCurrentStats());
    if (!stats.ok) {
      if (stats.error.kind === 'not-found') this.#found = null;
      return stats;
    }
    return ok({ endpoint: url, containers: stats.value.numTotalRunners });
  }

  async answers(): Promise<boolean> {
    const url = this.#found?.url ?? null;
    if (url === null) return false;
    const { headers, launch } = this.#options;
    const reply = await callServer('GET', `${url}${launch.readyPath}`, {
      timeoutMs: lookWithinMs,
      headers,
    });
    return reply?.status === 200;
  }

  async #find(): ModalReply<{ readonly handle: Function_; readonly url: string | null }> {
    if (this.#found !== null) return ok(this.#found);
    const { app, function: name } = this.#options.launch;
    const [first = '', method] = name.split('.');
    const found = await this.#options.account.ask(callWithinMs, async (client) => {
      const handle =
        method === undefined
          ? await client.functions.fromName(app, first)
          : (await (await client.cls.fromName(app, first)).instance()).method(method);
      return { handle, url: (await handle.getWebUrl()) ?? null };
    });
    if (found.ok) {
      const { handle, url } = found.value;
      this.#found = { handle, url: url === null ? null : url.replace(/\/$/, '') };
      return ok(this.#found);
    }
    if (found.error.kind !== 'not-found') return found;
    return err({
      kind: 'cannot-start',
      message: `Modal has no function ${name} in the app ${app}: deploy it`,
    });
  }
}
