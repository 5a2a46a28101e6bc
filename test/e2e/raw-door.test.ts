// The door on the bare runtime, over raw sockets: the development server in front would tidy these requests up before they arrive.
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  bundleWorker,
  findFreePort,
  pilotlightObjects,
  startRawWorker,
  waitForHttp,
} from '../support/raw-workerd.ts';

const folder = mkdtempSync(join(tmpdir(), 'pilotlight-door-'));
let port: number;
let runtime: ChildProcess;

beforeAll(async () => {
  port = await findFreePort();
  const modulePath = bundleWorker(join(folder, 'bundle'));
  const vars = { ENVIRONMENT: 'dev', AGENT_URL: 'http://127.0.0.1:1', AGENT_TOKEN: 'none' };
  runtime = startRawWorker({
    modulePath,
    port,
    stateDir: join(folder, 'state'),
    vars,
    objects: pilotlightObjects,
  });
  await waitForHttp(`http://127.0.0.1:${port}/healthz`, 60_000);
});

afterAll(() => {
  runtime.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const rawTargets: Readonly<Record<string, { target: string; host?: string }>> = {
  'an escaped dot segment': { target: '/v1/%2e%2e/admin/v1/pools' },
  'an escaped letter': { target: '/%61dmin/v1/pools' },
  'an empty segment': { target: '//v1/models' },
  'a dot segment': { target: '/v1/./models' },
  'an escaped slash': { target: '/v1%2fmodels' },
  'a backslash': { target: '/v1\\models' },
  'a host with a fragment': { target: '/admin/v1/pools', host: '127.0.0.1/#' },
  'a host with a query': { target: '/admin/v1/pools', host: '127.0.0.1?' },
  'a foreign host': { target: '/v1/models', host: 'evil.example' },
};

test.each(Object.entries(rawTargets))(
  '%s in the request line never reaches a route',
  async (_name, { target, host }) => {
    const head = `GET ${target} HTTP/1.1\r\nhost: ${host ?? `127.0.0.1:${port}`}\r\nauthorization: Bearer sk-pilotlight-dev\r\nconnection: close\r\n\r\n`;
    const reply = await sendRaw(head);
    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    expect(reply).toContain('"code":"bad_request_target"');
    expect(reply).toMatch(/x-request-id: req_/);
  },
);

test('a canonical request is served', async () => {
  const reply = await sendRaw(
    `GET /v1/models HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer sk-pilotlight-dev\r\nconnection: close\r\n\r\n`,
  );
  expect(reply).toMatch(/^HTTP\/1\.1 200 /);
});

function sendRaw(message: string): Promise<string> {
  return new Promise((done, fail) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(message));
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => (text += piece));
    socket.on('end', () => done(text));
    socket.on('error', fail);
    socket.setTimeout(40_000, () => socket.destroy(new Error('no answer')));
  });
}
