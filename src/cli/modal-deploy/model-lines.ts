// What a deployed app has to do with a catalogue of models: its URL as Modal's command tells it, and the lines that serve it. Pure.
import type { ModalApp } from './apps.ts';

/** How long the app keeps a container that is above the floor and idle. */
const idleMs = 60_000;

/** Null where the command told none. Its tables may break a line in the middle of an address, and colour it. */
export function findUrl(words: string): string | null {
  // eslint-disable-next-line no-control-regex
  const plain = words.replaceAll(/\u001B\[[0-9;]*m/g, '');
  return /https:\/\/[A-Za-z0-9.-]+\.modal\.run\b/.exec(plain)?.[0] ?? null;
}

export function renderModelLines(given: ModalApp, url: string | null): string {
  const { app, function: name, task, version, gpu, slots, contextTokens } = given;
  const where = url === null ? 'url       Modal names it when the app is deployed' : `url       ${url}`;
  if (task === 'rerank')
    return `${where}\n\nThe edge routes no reranking. Call ${url ?? 'the URL'}/v1/rerank with the headers Modal-Key and Modal-Secret of a proxy token.`;
  const launch = {
    kind: 'modal-function',
    app,
    function: name,
    gpu,
    readyPath: '/health',
    idleMs,
  };
  const entry = { id: version, task, slots, replicasMax: 2, contextTokens, startTimeoutMs: 600_000, launch };
  const catalogue = { versions: [entry], aliases: { [version.split('@')[0] ?? version]: version } };
  return `${where}

The file of models (PILOTLIGHT_MODELS) that serves it:

${JSON.stringify(catalogue, null, 2)}

The agent and the Worker need a proxy token of the workspace, too: MODAL_PROXY_ID and MODAL_PROXY_SECRET.`;
}
