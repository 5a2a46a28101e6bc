// The agent: whether it can be reached, takes the token, has the time, and runs what it was told to run. Asks over HTTP as the edge does.
import type { z } from 'zod';
import { capacityReply, errorReply, listReply } from '../../backends/agent-protocol.ts';
import { fine, unknown, wrong, type Finding } from './finding.ts';

export interface AgentPlace {
  readonly url: string;
  /** Null = it is not known here. */
  readonly token: string | null;
  /** Where url and token are written down, for whoever mends them. */
  readonly urlIn: string;
  readonly tokenIn: string;
}

const answerMs = 5_000;
/** The header that tells the time has whole seconds, and the answer was under way. */
const skewMsMax = 5_000;

export async function checkAgent(place: AgentPlace): Promise<readonly Finding[]> {
  const { url, token, urlIn } = place;
  const askedMs = Date.now();
  const health = await ask(`${url}/healthz`, null);
  if (typeof health === 'string') {
    const remedy = `start the agent ("node gpu-workers/agent/main.ts", docs/deploy.md) or the tunnel before it; or correct the address in ${urlIn}`;
    return [wrong('agent', `no agent answers at ${url}: ${health}`, remedy)];
  }
  if (health.status !== 200 || health.body?.['ok'] !== true) {
    const what = `something else than the agent answers at ${url} (${health.status} to /healthz)`;
    return [
      wrong('agent', what, `correct the address in ${urlIn}: without a path, with the port of AGENT_PORT`),
    ];
  }
  const reached = fine('agent', `answers at ${url}`);
  const clock = judgeClock(health.date, askedMs, Date.now());
  if (token === null)
    return [reached, clock, unknown('agent-token', `the token is not known here (${place.tokenIn})`)];
  return [reached, clock, ...(await checkToken(place, token))];
}

/** Of the environment of this command. */
export function agentGiven(): AgentPlace | null {
  const url = process.env['AGENT_URL'] ?? '';
  const token = process.env['AGENT_TOKEN'] ?? '';
  if (url === '') return null;
  return {
    url: url.replace(/\/$/, ''),
    token: token === '' ? null : token,
    urlIn: 'AGENT_URL (environment)',
    tokenIn: 'AGENT_TOKEN (environment)',
  };
}

async function checkToken({ url, tokenIn }: AgentPlace, token: string): Promise<readonly Finding[]> {
  const capacity = await ask(`${url}/v1/capacity`, token);
  if (typeof capacity === 'string')
    return [wrong('agent-token', `the agent stopped answering: ${capacity}`, 'look at its log')];
  if (capacity.status === 401) {
    const remedy = `give both sides one token: the agent's AGENT_TOKEN, and ${tokenIn}`;
    return [wrong('agent-token', 'the agent refuses the token', remedy)];
  }
  const refused = errorReply.safeParse(capacity.body);
  if (refused.success) return [tellRefusal(refused.data.error)];
  const parsed = capacityReply.safeParse(capacity.body);
  if (!parsed.success) {
    return [
      wrong(
        'agent-token',
        `the agent answers ${capacity.status} in a form of its own`,
        'deploy agent and Worker from one version',
      ),
    ];
  }
  const { replicas, replicasMax } = parsed.data;
  const taken = fine('agent-token', `the token is right; ${replicas} of at most ${replicasMax} replicas run`);
  return [taken, ...(await checkReplicas(url, token))];
}

/** What stands before an agent (a container's Worker) says in the agent's own words that it cannot reach it. */
function tellRefusal({ code, message }: z.infer<typeof errorReply>['error']): Finding {
  if (code === 'unreachable') {
    const remedy =
      'look at the log of what stands at that address and of the agent behind it (a Cloudflare Container: docs/agent.md)';
    return wrong('agent', `the agent behind the address cannot be asked: ${message}`, remedy);
  }
  return wrong('agent', `the agent refuses to tell what it runs: ${code}: ${message}`, 'look at its log');
}

async function checkReplicas(url: string, token: string): Promise<readonly Finding[]> {
  const list = await ask(`${url}/v1/replicas`, token);
  const parsed = typeof list === 'string' ? null : listReply.safeParse(list.body);
  if (parsed === null || !parsed.success)
    return [unknown('model-servers', 'the agent does not list its replicas')];
  const { replicas } = parsed.data;
  const failed = replicas.filter(({ condition }) => condition === 'failed');
  if (failed.length === 0) return [fine('model-servers', `${replicas.length} replicas, none failed`)];
  return failed.map(({ id, version, reason }) =>
    wrong(
      'model-servers',
      `replica ${id} of ${version} failed: ${reason ?? 'for no reason that it named'}`,
      'mend what the reason names (weights, command, GPU memory): the pool starts the next one by itself',
    ),
  );
}

/** The date of an answer is the other machine's clock at a moment between asking and hearing. */
export function judgeClock(date: string | null, askedMs: number, heardMs: number): Finding {
  const theirs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(theirs)) return unknown('clock', 'the agent’s answers have no date');
  // Whole seconds: the real time is up to one second later.
  const aheadMs =
    theirs > heardMs ? theirs - heardMs : theirs + 1_000 < askedMs ? theirs + 1_000 - askedMs : 0;
  if (Math.abs(aheadMs) <= skewMsMax) return fine('clock', 'this machine and the agent’s agree');
  const seconds = Math.round(Math.abs(aheadMs) / 1_000);
  return wrong(
    'clock',
    `the agent’s clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine’s`,
    'let both machines set their clocks ("timedatectl set-ntp true"): times in logs, plans and certificates go by them',
  );
}

interface Heard {
  readonly status: number;
  readonly date: string | null;
  readonly body: Readonly<Record<string, unknown>> | null;
}

/** The answer, or why there was none. */
async function ask(url: string, token: string | null): Promise<Heard | string> {
  try {
    const reply = await fetch(url, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMs),
    });
    const text = await reply.text();
    return { status: reply.status, date: reply.headers.get('date'), body: tryJson(text) };
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    return reason instanceof Error ? reason.message : String(reason);
  }
}

function tryJson(text: string): Heard['body'] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch {
    return null;
  }
}
