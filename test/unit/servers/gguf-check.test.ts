// Files that are no sound GGUF are told apart before the engine, whose loader would end the process, ever sees them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkGguf } from '../../../gpu-workers/servers/gguf-check.ts';

const weights = 'gpu-workers/weights/tiny-chat-q8_0.gguf';
const sound = readFileSync(weights);
const dir = mkdtempSync(join(tmpdir(), 'pilotlight-gguf-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function check(bytes: Uint8Array): ReturnType<typeof checkGguf> {
  const path = join(dir, 'model.gguf');
  writeFileSync(path, bytes);
  return checkGguf(path);
}

describe('the check of weights', () => {
  it('passes the weights that ship with the project', () => {
    expect(checkGguf(weights)).toEqual({ ok: true, value: null });
  });

  it('misses a file that is not there', () => {
    expect(checkGguf(join(dir, 'gone.gguf'))).toMatchObject({
      error: expect.stringContaining('no weights at') as string,
    });
  });

  it.each([
    ['an empty file', 0, 'ends inside its header'],
    ['a header cut off', 20_000, 'ends inside its header'],
    ['tensors cut off', 2_000_000, 'ends after 2000000 of 3077632 bytes'],
    ['one byte too few', sound.length - 1, 'ends after 3077631 of 3077632 bytes'],
  ])('refuses %s', (_name, length, reason) => {
    expect(check(sound.subarray(0, length))).toMatchObject({
      error: expect.stringContaining(reason) as string,
    });
  });

  it('refuses a folder and a file of something else', () => {
    expect(checkGguf(dir).ok).toBe(false);
    expect(check(Buffer.from('hello, this is text and no model'))).toMatchObject({
      error: expect.stringContaining('not a GGUF file') as string,
    });
  });

  it('ends on a header of garbage', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      const bytes = Buffer.from(sound.subarray(0, 60_000));
      for (let at = 4 + (seed % 40); at < bytes.length; at += 997 + seed) bytes[at] = (seed * at) % 256;
      expect(typeof check(bytes).ok).toBe('boolean');
    }
  });
});
