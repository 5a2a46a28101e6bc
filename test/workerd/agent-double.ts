// The agent's protocol in memory, for tests inside the runtime: replicas that are ready after a moment. The real agent has its own
// conformance suite; here only the Durable Object is under test.
import { vi } from 'vitest';

export interface DoubleReplica {
  readonly id: string;
  readonly generation: number;
  readonly pool: string;
  readonly version: string;
  condition: 'ready' | 'parked' | 'failed';
}

export class AgentDouble {
  readonly replicas = new Map<string, DoubleReplica>();
  readonly calls: string[] = [];
  /** What places were told to hold. */
  readonly holds: Record<string, unknown>[] = [];
  down = false;
  broken = false;

  /** Answers every fetch to the test's agent address; returns the double. */
  static install(): AgentDouble {
    const agent = new AgentDouble();
    vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) =>
      agent.answer(new Request(input).url, init),
    );
    return agent;
  }

  async answer(url: string, init: RequestInit | undefined): Promise<Response> {
    if (this.down) throw new TypeError('connection refused');
    const { pathname, searchParams } = new URL(url);
    const method = init?.method ?? 'GET';
    const [, , , id = '', verb = ''] = pathname.split('/');
    this.calls.push(`${method} ${verb === '' ? 'replica' : verb}`);
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    if (pathname === '/v1/holds') {
      this.holds.push(body);
      return new Response(null, { status: 204 });
    }
    if (method === 'PUT') return this.#start(id, body);
    if (method === 'DELETE') {
      return this.replicas.delete(id) ? new Response(null, { status: 204 }) : refuse(404, 'not-found');
    }
    if (method === 'GET') {
      const found = [...this.replicas.values()].filter((each) => each.pool === searchParams.get('pool'));
      return Response.json({ replicas: found.map(report) });
    }
    return this.#turn(id, verb);
  }

  #start(id: string, body: Record<string, unknown>): Response {
    const known = this.replicas.get(id);
    if (known !== undefined) return Response.json(report(known));
    const condition = this.broken ? 'failed' : 'ready';
    const replica = { id, condition, ...body } as unknown as DoubleReplica;
    this.replicas.set(id, replica);
    return Response.json(report(replica));
  }

  #turn(id: string, verb: string): Response {
    const replica = this.replicas.get(id);
    if (replica === undefined) return refuse(404, 'not-found');
    replica.condition = verb === 'park' ? 'parked' : 'ready';
    return Response.json(report(replica));
  }
}

function refuse(status: number, code: string): Response {
  return Response.json({ error: { code, message: code } }, { status });
}

function report(replica: DoubleReplica): object {
  const { id, generation, pool, version, condition } = replica;
  return {
    id,
    generation,
    pool,
    version,
    condition,
    endpoint: `http://${id}.test`,
    spawnMs: 1,
    loadMs: 2,
    readyMs: 3,
    wakeMs: 1,
    pid: 1,
    reason: condition === 'failed' ? 'no weights' : null,
  };
}
