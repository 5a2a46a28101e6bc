// The door before the agent's container: who may pass, what of a call goes on, and what of the answer comes back. Strangers start no
// container. Owns no container: it is given one. Never throws.
import { readBounded } from '../../src/backends/read-bounded.ts';

export interface AgentContainer {
  /** Starts it where it does not run. */
  fetch(request: Request): Promise<Response>;
  /** Tells it to end. */
  stop(): Promise<void>;
}

export interface AgentCall {
  readonly request: Request;
  /** What callers must show, and the agent asks for; empty = it was never set. */
  readonly token: string;
  /** The one container; null = this deployment has none. */
  readonly container: (() => AgentContainer) | null;
}

/** As the agent has it; it would refuse more. */
const bodyBytesMax = 16_384;
/** Of what the platform says where the agent does not answer. */
const reasonCharsMax = 200;

/** The codes are those of the agent's protocol (src/backends/agent-protocol.ts), so that its client understands them. */
export async function forwardCall({ request, token, container }: AgentCall): Promise<Response> {
  const url = new URL(request.url);
  if (container === null || token === '') {
    const what = token === '' ? 'AGENT_TOKEN is not set' : 'there is no container in this environment';
    return refuse(503, 'unreachable', `${what}: docs/agent.md says how this Worker is deployed`);
  }
  // The agent's own answer would need the container, which whoever asks here could then keep awake.
  if (url.pathname === '/healthz') return Response.json({ ok: true });
  if (!(await showsToken(request, token))) return refuse(401, 'unauthorized', 'wrong or missing token');
  if (!url.pathname.startsWith('/v1/')) return refuse(400, 'invalid', 'no such path');
  const body = request.body === null ? '' : await readBounded(new Response(request.body), bodyBytesMax);
  if (body === null)
    return refuse(400, 'invalid', `the body is larger than ${bodyBytesMax} bytes, or broke off`);
  try {
    const agent = container();
    const answer = await agent.fetch(makeCall({ url, method: request.method, token, body }));
    if (answer.status !== 401) return await tellAnswer(answer);
    // While pools ask it never sleeps, so that it would never learn of the new one.
    await agent.stop();
    return unreachable('it was started with another AGENT_TOKEN, and is started again');
  } catch (cause) {
    return unreachable(cause instanceof Error ? cause.message : String(cause));
  }
}

const json = { 'content-type': 'application/json' } as const;

interface CallParts {
  readonly url: URL;
  readonly method: string;
  readonly token: string;
  readonly body: string;
}

/** Nothing of the caller's headers goes on: one of them chooses another port of the container. */
function makeCall({ url, method, token, body }: CallParts): Request {
  const headers: Record<string, string> = { authorization: `Bearer ${token}` };
  const address = `http://agent${url.pathname}${url.search}`;
  if (body === '') return new Request(address, { method, headers });
  return new Request(address, { method, headers: { ...headers, ...json }, body });
}

/** Compares digests, so that neither length nor content shows in the time it takes. */
async function showsToken(request: Request, token: string): Promise<boolean> {
  const [shown, asked] = await Promise.all([
    digest(request.headers.get('authorization') ?? ''),
    digest(`Bearer ${token}`),
  ]);
  return shown.reduce((difference, byte, at) => difference | (byte ^ (asked[at] ?? 0)), 0) === 0;
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
}

/** The agent answers in JSON, or with nothing. Anything else is the platform's word that it is not there. */
async function tellAnswer(answer: Response): Promise<Response> {
  if (answer.status === 204) return new Response(null, { status: 204 });
  if ((answer.headers.get('content-type') ?? '').startsWith('application/json'))
    return new Response(answer.body, { status: answer.status, headers: json });
  const [reason = ''] = (await answer.text()).split('\n');
  return unreachable(`${answer.status} ${reason}`);
}

function unreachable(reason: string): Response {
  return refuse(
    502,
    'unreachable',
    `the agent's container does not answer: ${reason.slice(0, reasonCharsMax)}`,
  );
}

function refuse(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message } }, { status });
}
