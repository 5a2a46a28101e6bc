// Sandboxes as Modal keeps them: made with a name and tags, found again by tags, ended by tags. Owns the calls; decides nothing about lives.
import {
  AlreadyExistsError,
  NotFoundError,
  type App,
  type Image,
  type ModalClient,
  type Sandbox,
} from 'modal';
import type { ModalSandboxLaunch, ModelVersion } from '../../../src/core/registry/model.ts';
import { err, ok } from '../../../src/core/base/result.ts';
import { classOf } from '../../../src/core/pool/failure-class.ts';
import { fillIn, fillInAll, protocolVariables, type Given } from '../fill-in.ts';
import type { AppMemory } from './app-memory.ts';
import { guardCommand, guardVariables } from './guard-vllm.ts';
import type { ModalAccount, ModalReply } from './modal-account.ts';
import { lifeTags, nameOf, ownerTag, readTags, tagsOf, type SandboxRow } from './sandbox-tags.ts';

export interface SandboxVersion extends ModelVersion {
  readonly launch: ModalSandboxLaunch;
}

export interface SandboxStoreOptions {
  readonly account: ModalAccount;
  /** Tells the sandboxes of this agent from those of another in the same workspace. */
  readonly owner: string;
  readonly versions: readonly SandboxVersion[];
  readonly apps: AppMemory;
  /** What the model server asks of its callers; null = nothing. */
  readonly key: string | null;
  /** A sandbox ends by itself after this long, whoever has forgotten it. */
  readonly lifeMsMax: number;
}

export interface FoundSandbox {
  readonly sandbox: Sandbox;
  /** Null: not one of ours, whatever its owner tag says. */
  readonly row: SandboxRow | null;
}

const lookWithinMs = 10_000;
/** More of one life than this cannot be: names are unique. */
const listMax = 10_000;
const capacityRetryMs = 5_000;

export class SandboxStore {
  readonly #options: SandboxStoreOptions;
  readonly #images = new Map<string, Image>();
  /** Tags do not change: each sandbox is asked once. */
  readonly #rows = new Map<string, SandboxRow | null>();

  constructor(options: SandboxStoreOptions) {
    this.#options = options;
    for (const name of this.#served) options.apps.keep(name, options.lifeMsMax);
  }

  /** A sandbox for this life: a new one, or the one that somebody has begun for it before. Ends within `withinMs` and a little. */
  async create(row: SandboxRow, version: SandboxVersion, withinMs: number): ModalReply<Sandbox> {
    const { account } = this.#options;
    const creation = Promise.withResolvers<Sandbox>();
    const created = await account.ask(withinMs, (client) => {
      this.#begin(client, row, version).then(creation.resolve, creation.reject);
      return creation.promise;
    });
    if (created.ok || classOf(created.error.kind) !== 'transient') return created;
    if (created.error.kind !== 'timeout') {
      // The answer may have been lost rather than the call.
      const found = await this.find(row);
      const [first] = found.ok ? found.value : [];
      return first === undefined ? created : ok(first);
    }
    // Whatever comes of it later is of no use any more.
    creation.promise.then((late) => late.terminate()).catch(() => undefined);
    await this.endAll(row);
    const message = `Modal found no machine for it within ${withinMs} ms`;
    return err({ kind: 'no-capacity', message, retryAfterMs: capacityRetryMs });
  }

  /** The running sandboxes of this life: one at most, unless something has gone wrong. */
  find(row: Pick<SandboxRow, 'id' | 'generation'>): ModalReply<readonly Sandbox[]> {
    const { account, owner } = this.#options;
    return account.ask(lookWithinMs, (client) => this.#list(client, lifeTags(owner, row)));
  }

  /** Ends every sandbox of this life; gives how many there were. */
  async endAll(row: Pick<SandboxRow, 'id' | 'generation'>): ModalReply<number> {
    const found = await this.find(row);
    if (!found.ok) return found;
    for (const sandbox of found.value) {
      const ended = await this.#options.account.ask(lookWithinMs, () => sandbox.terminate({ wait: true }));
      if (!ended.ok && ended.error.kind !== 'not-found') return ended;
    }
    return ok(found.value.length);
  }

  /** All that this owner has running. */
  async listAll(): ModalReply<readonly FoundSandbox[]> {
    const { account, owner } = this.#options;
    return account.ask(lookWithinMs, async (client) => {
      const sandboxes = await this.#list(client, { [ownerTag]: owner });
      const running = new Set(sandboxes.map(({ sandboxId }) => sandboxId));
      for (const id of this.#rows.keys()) if (!running.has(id)) this.#rows.delete(id);
      return Promise.all(sandboxes.map(async (sandbox) => ({ sandbox, row: await this.#rowOf(sandbox) })));
    });
  }

  async #rowOf(sandbox: Sandbox): Promise<SandboxRow | null> {
    const known = this.#rows.get(sandbox.sandboxId);
    if (known !== undefined) return known;
    const row = readTags(await sandbox.getTags());
    this.#rows.set(sandbox.sandboxId, row);
    return row;
  }

  async #list(client: ModalClient, tags: Record<string, string>): Promise<readonly Sandbox[]> {
    const found: Sandbox[] = [];
    for (const name of new Set([...this.#served, ...this.#options.apps.names()])) {
      const appId = await this.#appId(client, name);
      if (appId === null) continue;
      for await (const sandbox of client.sandboxes.list({ appId, tags })) {
        found.push(sandbox);
        if (found.length >= listMax) return found;
      }
    }
    return found;
  }

  async #begin(client: ModalClient, row: SandboxRow, version: SandboxVersion): Promise<Sandbox> {
    const { owner, lifeMsMax } = this.#options;
    const { launch } = version;
    this.#options.apps.keep(launch.app, lifeMsMax);
    const app = await this.#app(client, launch.app);
    const params = {
      gpu: launch.gpu,
      command: [...commandOf(version)],
      env: this.#environment(row, version),
      encryptedPorts: [launch.port],
      timeoutMs: lifeMsMax,
      name: nameOf(owner, row),
      tags: tagsOf(owner, row),
      ...(launch.regions.length > 0 && { regions: [...launch.regions] }),
    };
    try {
      return await client.sandboxes.create(app, this.#image(client, launch.image), params);
    } catch (cause) {
      if (!(cause instanceof AlreadyExistsError)) throw cause;
      const [first] = await this.#list(client, lifeTags(owner, row));
      if (first === undefined) throw new NotFoundError('its name is taken, and nothing is listed for it');
      return first;
    }
  }

  #environment(row: SandboxRow, version: SandboxVersion): Record<string, string> {
    const { key } = this.#options;
    const { id, slots, launch } = version;
    return {
      PORT: String(launch.port),
      PILOTLIGHT_SLOTS: String(slots),
      PILOTLIGHT_VERSION: id,
      PILOTLIGHT_REPLICA: `${row.id}:${row.generation}`,
      ...(key !== null && { PILOTLIGHT_KEY: key, VLLM_API_KEY: key }),
      ...(launch.protocol?.kind === 'vllm' && guardVariables()),
      ...protocolVariables(launch.protocol ?? null),
      ...fillInAll(launch.env, givenOf(version)),
    };
  }

  get #served(): ReadonlySet<string> {
    return new Set(this.#options.versions.map(({ launch }) => launch.app));
  }

  /** Null where the app of a version that is gone is gone, too. */
  async #appId(client: ModalClient, name: string): Promise<string | null> {
    if (this.#served.has(name)) return (await this.#app(client, name)).appId;
    try {
      return (await client.apps.fromName(name)).appId;
    } catch (cause) {
      if (cause instanceof NotFoundError) return null;
      throw cause;
    }
  }

  #app(client: ModalClient, name: string): Promise<App> {
    return client.apps.fromName(name, { createIfMissing: true });
  }

  /** Kept, so that it is built once. An entrypoint of the image's own (vLLM's has one) would be put before the command. */
  #image(client: ModalClient, tag: string): Image {
    const image =
      this.#images.get(tag) ?? client.images.fromRegistry(tag).dockerfileCommands(['ENTRYPOINT []']);
    this.#images.set(tag, image);
    return image;
  }
}

function commandOf(version: SandboxVersion): readonly string[] {
  const { command, protocol } = version.launch;
  const filled = command.map((part) => fillIn(part, givenOf(version)));
  return protocol?.kind === 'vllm' ? guardCommand(filled) : filled;
}

function givenOf({ id, slots, launch }: SandboxVersion): Given {
  return { port: launch.port, slots, version: id };
}
