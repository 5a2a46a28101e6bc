import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusalStatus, parseRefusal } from '../../../src/core/stream/parse-refusal.ts';

function refusal(message: unknown, param: unknown = null) {
  return parseRefusal(400, JSON.stringify({ error: { message, param, type: 'x', code: 'y' } }));
}

describe('a refusal', () => {
  it('tells the client what the model server found wrong', () => {
    const message = "This model's maximum context length is 384 tokens. However, you requested 900 tokens.";
    expect(refusal(message, 'messages')).toEqual({
      kind: 'replica-refused',
      status: 400,
      message,
      param: 'messages',
      code: 'model_refused',
    });
  });

  it.each([
    ['see http://10.0.0.7:8000/v1/models for more', 'see ... for more'],
    ['cannot reach 10.0.0.7:8000 now', 'cannot reach ... now'],
    ['cannot reach replica-7.internal:8000 now', 'cannot reach ... now'],
    ['cannot reach localhost:8000 now', 'cannot reach ... now'],
    ['no file /srv/models/secret.gguf here', 'no file ... here'],
    ['no file "/srv/models/a.gguf"', 'no file "..."'],
    ['no file C:\\models\\a.gguf', 'no file ...'],
    ['bad input\n    at run (server.js:10:3)\n    at main', 'bad input'],
    ['bad input Traceback (most recent call last): File "x.py"', 'bad input'],
    ['bad input at run (/srv/app/server.js:10:3)', 'bad input'],
    ['a\u0000b\u001b[31mc', 'a b [31mc'],
    ['and/or is a choice, 1/2 is a number, 3.5 too', 'and/or is a choice, 1/2 is a number, 3.5 too'],
    ['/srv/a/b', '...'],
    ['', 'The model server refused the request.'],
    ['\n\n', 'The model server refused the request.'],
  ])('is cleaned: %j', (raw, message) => {
    expect(refusal(raw)).toMatchObject({ message });
  });

  it('is bounded', () => {
    const told = refusal('word '.repeat(100_000));
    expect(told.kind === 'replica-refused' && told.message.length).toBeLessThanOrEqual(300);
  });

  it.each([['<html>'], ['{}'], ['{"error":"text"}'], ['{"error":{"message":5}}'], ['{"detail":"no"}']])(
    'without an error object is a failure of the replica: %s',
    (json) => {
      expect(parseRefusal(400, json)).toEqual({ kind: 'replica-error' });
    },
  );

  it.each([[5], ['a b'], ['x'.repeat(65)], ['<script>']])('shows no odd parameter name: %j', (param) => {
    expect(refusal('bad', param)).toMatchObject({ param: null });
  });

  it('never shows an address, whatever stands around it', () => {
    const around = fc.string({ maxLength: 50 });
    fc.assert(
      fc.property(around, around, (before, after) => {
        const told = refusal(`${before}http://replica.internal:8000/v1 ${after}`);
        expect(JSON.stringify(told)).not.toContain('replica.internal');
      }),
    );
  });

  it('comes only with a status that speaks of the request', () => {
    const statuses = [400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 503];
    expect(statuses.filter((status) => isRefusalStatus(status))).toEqual([400, 413, 422]);
  });
});
