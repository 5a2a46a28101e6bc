import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { FreePorts } from '../../../gpu-workers/agent/free-ports.ts';

test('ports lie below those that the system hands out by itself, and none is handed out twice', async () => {
  const ports = new FreePorts();
  const taken: number[] = [];
  for (let count = 0; count < 50; count += 1) taken.push(await ports.take());
  expect(new Set(taken).size).toBe(50);
  expect(Math.min(...taken)).toBeGreaterThan(1_024);
  expect(Math.max(...taken)).toBeLessThan(32_768);
});

test('a port that somebody listens on is not handed out', async () => {
  const ports = new FreePorts();
  const first = await ports.take();
  ports.giveBack(first);
  const server = createServer();
  await new Promise<void>((done) => server.listen(first, '127.0.0.1', done));
  try {
    // The only port that chance names at first is taken.
    const random = Math.random;
    const share = (first - 20_000) / 12_000 + 1e-9;
    const draws = [share, share, 0.5];
    Math.random = () => draws.shift() ?? random();
    try {
      expect(await ports.take()).not.toBe(first);
      expect(draws.length).toBeLessThanOrEqual(1);
    } finally {
      Math.random = random;
    }
  } finally {
    server.close();
  }
});
