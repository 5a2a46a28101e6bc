// Stands between the Worker and the agent on the loopback interface, passes everything on as it is, and notes what the pools command and
// when it was carried out: their decisions as they leave the program. Owns the note and its bound.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { GivenCommand } from '../../sim/conformance/pool-command.ts';

/** Far more than an hour of a small fleet commands. */
const commandsMax = 100_000;

type Noted = { -readonly [Name in keyof GivenCommand]: GivenCommand[Name] };
type Verb = GivenCommand['command'];

export class AgentTap {
  readonly #agentUrl: string;
  readonly #server: Server;
  readonly #commands: Noted[] = [];
  readonly #poolOf = new Map<string, string>();

  constructor(agentUrl: string) {
    this.#agentUrl = agentUrl;
    this.#server = createServer((request, response) => void this.#pass(request, response));
  }

  /** In order of being given. */
  get commands(): readonly GivenCommand[] {
    return this.#commands.map((each) => ({ ...each }));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#server.once('error', fail);
      this.#server.listen(port, '127.0.0.1', done);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const noted = this.#note(request, body);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    try {
      const answer = await fetch(this.#agentUrl + (request.url ?? '/'), {
        method: request.method ?? 'GET',
        headers: headersOf(request),
        body: body === '' ? null : body,
        signal: gone.signal,
      });
      const text = await answer.text();
      if (noted !== null && (answer.ok || answer.status === 404)) this.#carriedOut(noted, text);
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? 'text/plain',
      });
      response.end(text);
    } catch {
      // What the agent does to the Worker is done to it here.
      response.destroy();
    }
  }

  #note(request: IncomingMessage, body: string): Noted | null {
    const asked = readCommand(request, body);
    if (asked === null) return null;
    if (asked.pool !== null) this.#poolOf.set(asked.replicaId, asked.pool);
    const pool = this.#poolOf.get(asked.replicaId) ?? '';
    const { command, replicaId, generation } = asked;
    // A poll of a start that goes on, or a command that is sent again, is the same one.
    const last = this.#commands.findLast((each) => each.replicaId === replicaId);
    if (last?.command === command && last.generation === generation) return last;
    const noted: Noted = { pool, command, replicaId, generation, askedMs: Date.now(), doneMs: null };
    if (this.#commands.length < commandsMax) this.#commands.push(noted);
    return noted;
  }

  #carriedOut(noted: Noted, text: string): void {
    if (noted.command !== 'start' || /"condition":"(?:ready|failed)"/.test(text)) noted.doneMs ??= Date.now();
  }
}

interface Asked {
  readonly command: Verb;
  readonly replicaId: string;
  readonly generation: number;
  /** Only a start says it. */
  readonly pool: string | null;
}

/** What a call of the agent's protocol commands (gpu-workers/CONTRACT.md, section 2); null for one that only asks. */
export function readCommand(
  { method, url }: Pick<IncomingMessage, 'method' | 'url'>,
  body: string,
): Asked | null {
  const { pathname, searchParams } = new URL(url ?? '/', 'http://agent');
  const [, replicaId, verb] = /^\/v1\/replicas\/([^/]+)(?:\/(park|wake))?$/.exec(pathname) ?? [];
  if (replicaId === undefined) return null;
  const id = decodeURIComponent(replicaId);
  if (method === 'DELETE')
    return { command: 'stop', replicaId: id, generation: Number(searchParams.get('generation')), pool: null };
  const { generation = 0, pool = null } = JSON.parse(body === '' ? '{}' : body) as Partial<Asked>;
  if (method === 'PUT') return { command: 'start', replicaId: id, generation, pool };
  if (method !== 'POST' || verb === undefined) return null;
  return { command: verb as Verb, replicaId: id, generation, pool: null };
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of ['authorization', 'content-type']) {
    const value = headers[name];
    if (typeof value === 'string') passed[name] = value;
  }
  return passed;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece as string;
  return text;
}
