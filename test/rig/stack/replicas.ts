// The model servers of a stack as the agent reports them: where they are, which process, what they have counted; and the orders to their
// fault ports.
import type { Faults } from '../../../gpu-workers/servers/faults.ts';

export interface RigReplica {
  readonly id: string;
  readonly version: string;
  readonly endpoint: string;
  readonly pid: number;
}

export interface ReplicaCounters {
  readonly requests: number;
  readonly inFlight: number;
  readonly inFlightMax: number;
  readonly aborted: number;
  readonly tokensSent: number;
  readonly attempts: Readonly<Record<string, number>>;
}

interface Report {
  readonly id: string;
  readonly version: string;
  readonly condition: string;
  readonly endpoint: string | null;
  readonly pid: number | null;
}

/** A control port that does not answer within this belongs to a process that is stopped or dead. */
const CONTROL_MS_MAX = 2_000;

export class Replicas {
  readonly #agentUrl: string;
  readonly #token: string;

  constructor(agentUrl: string, token: string) {
    this.#agentUrl = agentUrl;
    this.#token = token;
  }

  /** Those that are ready, of one version or of all. */
  async list(version?: string): Promise<readonly RigReplica[]> {
    const headers = { authorization: `Bearer ${this.#token}` };
    const reply = await fetch(`${this.#agentUrl}/v1/replicas`, { headers });
    const { replicas } = (await reply.json()) as { replicas: readonly Report[] };
    return replicas.flatMap(({ id, version: of, condition, endpoint, pid }) => {
      if (condition !== 'ready' || endpoint === null || pid === null) return [];
      return version === undefined || version === of ? [{ id, version: of, endpoint, pid }] : [];
    });
  }

  /** Requests that the processes of this version that are there now have got. */
  async countRequests(version?: string): Promise<number> {
    const counters = await Promise.all((await this.list(version)).map(readCounters));
    return counters.reduce((sum, each) => sum + (each?.requests ?? 0), 0);
  }

  /** Replaces the faults of every replica of this version; `{}` clears them. */
  async setFaults(version: string, faults: Faults): Promise<void> {
    for (const replica of await this.list(version)) await setFaults(replica, faults);
  }
}

export async function setFaults({ endpoint }: RigReplica, faults: Faults): Promise<void> {
  const reply = await fetch(`${endpoint}/control/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(faults),
    signal: AbortSignal.timeout(CONTROL_MS_MAX),
  });
  if (reply.status !== 200) throw new Error(`a model server takes no faults: ${await reply.text()}`);
}

/** Null when the server does not answer. */
export async function readCounters({ endpoint }: RigReplica): Promise<ReplicaCounters | null> {
  try {
    const reply = await fetch(`${endpoint}/control/counters`, {
      signal: AbortSignal.timeout(CONTROL_MS_MAX),
    });
    return (await reply.json()) as ReplicaCounters;
  } catch {
    return null;
  }
}
