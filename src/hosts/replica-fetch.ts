// How replicas outside this machine are called: with the key that their host asks for, and with patience where a late answer is fetched
// from another URL. Sends nothing in the clear that may not be. Owns neither deadlines nor what an answer means.
import { maySendTo, type HttpHosts } from '../backends/in-the-clear.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Secrets of the edge, and the hosts that they are for. */
export interface ReplicaKeys {
  /** What the model servers in tunnels ask for; sent over TLS alone. */
  readonly replicaKey: string | null;
  readonly modalProxy: { readonly id: string; readonly secret: string } | null;
  /** Hosts that get the proxy token instead: a whole name, or the end of names, which begins with a dot: `.modal.run`. */
  readonly modalHosts: readonly string[];
  readonly httpHosts: HttpHosts;
}

export const noKeys: ReplicaKeys = {
  replicaKey: null,
  modalProxy: null,
  modalHosts: [],
  httpHosts: new Set(),
};

/** The Worker's variables, already checked. */
interface KeyVariables {
  readonly REPLICA_KEY: string;
  readonly MODAL_PROXY_ID: string;
  readonly MODAL_PROXY_SECRET: string;
  readonly MODAL_HOSTS: string;
}

export function readReplicaKeys(vars: KeyVariables, httpHosts: HttpHosts): ReplicaKeys {
  const { REPLICA_KEY: key, MODAL_PROXY_ID: id, MODAL_PROXY_SECRET: secret } = vars;
  return {
    replicaKey: key === '' ? null : key,
    modalProxy: id === '' ? null : { id, secret },
    modalHosts: vars.MODAL_HOSTS.split(','),
    httpHosts,
  };
}

/** A replica has an address that prompts may not be sent to; nothing was sent. */
export class EndpointInTheClear extends Error {
  readonly host: string;

  constructor(host: string) {
    super(
      `${host} is not called: prompts would cross the network in the clear. Give the replica an https address, or list its host in REPLICA_HTTP_HOSTS if the way there is private`,
    );
    this.host = host;
  }
}

/** Modal sends a caller on every 150 seconds, and nothing at the edge outlives an hour. */
const hopsMax = 24;

export function makeReplicaFetch(fetch: Fetch, keys: ReplicaKeys): Fetch {
  const hasKeys = keys.replicaKey !== null || keys.modalProxy !== null;
  return async (url, init) => {
    if (!maySendTo(url, keys.httpHosts)) throw tellRefused(url);
    const keyed = hasKeys ? withKey(url, init, keys) : init;
    const response = await fetch(url, keyed);
    return response.status === 303 ? waitOn(fetch, { url, init: keyed, response }) : response;
  };
}

/** The client is told a code alone: why, and which host, is for the operator. */
function tellRefused(url: string): EndpointInTheClear {
  const refused = new EndpointInTheClear(URL.parse(url)?.host ?? 'what is no URL');
  // eslint-disable-next-line no-console -- the request's event has the code; the address belongs into the operator's log alone.
  console.error(refused.message);
  return refused;
}

function withKey(url: string, init: RequestInit, keys: ReplicaKeys): RequestInit {
  const { protocol, hostname } = new URL(url);
  // In the clear a key would be anybody's.
  if (protocol !== 'https:') return init;
  const headers = new Headers(init.headers);
  if (keys.modalHosts.some((host) => isAmong(host, hostname))) {
    if (keys.modalProxy !== null) {
      headers.set('modal-key', keys.modalProxy.id);
      headers.set('modal-secret', keys.modalProxy.secret);
    }
  } else if (keys.replicaKey !== null) headers.set('authorization', `Bearer ${keys.replicaKey}`);
  return { ...init, headers };
}

function isAmong(host: string, hostname: string): boolean {
  return host.startsWith('.') ? hostname.endsWith(host) : hostname === host;
}

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
  readonly response: Response;
}

/** The request runs on; its answer is asked for where the place says, as often as it says so. Never at another host: the key goes along. */
async function waitOn(fetch: Fetch, { url, init, response }: Sent): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.delete('content-type');
  let at = url;
  let answer = response;
  for (let hop = 0; hop < hopsMax && answer.status === 303; hop += 1) {
    const next = nextUrl(at, answer.headers.get('location'));
    if (next === null) return answer;
    await answer.body?.cancel();
    answer = await fetch(next, { ...init, method: 'GET', body: null, headers });
    at = next;
  }
  return answer;
}

function nextUrl(from: string, location: string | null): string | null {
  const next = location === null ? null : URL.parse(location, from);
  return next !== null && next.origin === new URL(from).origin ? next.href : null;
}
