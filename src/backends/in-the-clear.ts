// What a deployment would send in the clear or to the wrong host: the agent's token, the keys of replicas, prompts. Owns the rules for
// addresses and pairs of secrets, which the Worker and the doctor both go by; calls nobody. Pure.
import type { Catalogue } from '../core/registry/model.ts';

/** Variables that are wrong or missing, and what to do about them. */
export interface ClearFault {
  readonly variables: readonly string[];
  readonly reason: string;
}

export interface GuardedVariables {
  readonly ENVIRONMENT: string;
  readonly AGENT_URL: string;
  readonly MODAL_PROXY_ID: string;
  readonly MODAL_PROXY_SECRET: string;
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** What stays on this machine needs no TLS. */
export function isLoopback({ hostname }: URL): boolean {
  return loopback.has(hostname);
}

/** `host` or `host:port`, spelt as a URL spells it, that replicas may be asked at over plain http; null = any, in development. */
export type HttpHosts = ReadonlySet<string> | null;

/** As URLs spell them: without the port that http has by itself. */
export function spellHttpHosts(hosts: readonly string[]): ReadonlySet<string> {
  return new Set(hosts.map((host) => URL.parse(`http://${host}`)?.host ?? host));
}

/** Whether a prompt may be sent to this address. Asked for every call: TLS costs it no parsing. */
export function maySendTo(address: string, httpHosts: HttpHosts): boolean {
  if (httpHosts === null || address.startsWith('https://')) return true;
  const url = URL.parse(address);
  if (url === null) return false;
  return url.protocol === 'http:' && (isLoopback(url) || httpHosts.has(url.host));
}

/** The first model whose address the catalogue names, and which would get prompts in the clear. */
export function findClearEndpoint({ versions }: Catalogue, httpHosts: HttpHosts): ClearFault | null {
  for (const { id, launch } of versions) {
    const endpoint = launch.kind === 'kubernetes' ? launch.endpoint : null;
    if (endpoint === null || maySendTo(endpoint, httpHosts)) continue;
    const reason = `${id} is served at ${endpoint}: prompts would cross the network in the clear. Give it an https endpoint, or list its host in REPLICA_HTTP_HOSTS if the way there is private`;
    return { variables: ['REPLICA_HTTP_HOSTS'], reason };
  }
  return null;
}

/** The first variable that would give a secret away, or that is half of one. */
export function findInTheClear(vars: GuardedVariables): ClearFault | null {
  const fault = (variable: string, what: string): ClearFault => ({
    variables: [variable],
    reason: `${variable} ${what}`,
  });
  const { AGENT_URL: agentUrl, MODAL_PROXY_ID: id, MODAL_PROXY_SECRET: secret } = vars;
  const agent = vars.ENVIRONMENT === 'dev' || agentUrl === '' ? null : whyUnsafe(agentUrl);
  if (agent !== null) return fault('AGENT_URL', agent);
  if (id !== '' && secret === '')
    return fault('MODAL_PROXY_SECRET', 'is missing: MODAL_PROXY_ID is set without it');
  if (secret !== '' && id === '')
    return fault('MODAL_PROXY_ID', 'is missing: MODAL_PROXY_SECRET is set without it');
  return null;
}

/** The address is in no reason: a password may be part of it. */
function whyUnsafe(text: string): string | null {
  const url = URL.parse(text);
  if (url === null) return 'is no URL';
  if (url.username !== '' || url.password !== '')
    return 'must be without a user or password: AGENT_TOKEN is what the agent asks for';
  if (url.protocol !== 'https:' && !isLoopback(url))
    return 'must be an https URL outside of development: AGENT_TOKEN would cross the network in the clear';
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return 'must be without a path, a query or a fragment';
  return null;
}
