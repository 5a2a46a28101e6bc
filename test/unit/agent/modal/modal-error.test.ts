import { ConflictError, InvalidError, NotFoundError, ResourceExhaustedError, TimeoutError } from 'modal';
import { expect, test } from 'vitest';
import { describeModalError } from '../../../../gpu-workers/agent/modal/modal-error.ts';

const wire = (code: number): Error => Object.assign(new Error(`status ${code}`), { code });

test.each([
  ['no machine', new ResourceExhaustedError('none'), 'no-capacity'],
  ['the account is at its limit', wire(8), 'quota'],
  ['a wrong token', wire(16), 'unauthorized'],
  ['a token without the right', wire(7), 'unauthorized'],
  ['gone', new NotFoundError('gone'), 'not-found'],
  ['gone, by status', wire(5), 'not-found'],
  ['ended before it ran', new ConflictError('ended'), 'not-found'],
  ['refused by the client', new InvalidError('odd'), 'cannot-start'],
  ['refused by the server', wire(3), 'cannot-start'],
  ['away', wire(14), 'unreachable'],
  ['late', wire(4), 'timeout'],
  ['late, by the client', new TimeoutError('late'), 'timeout'],
  ['given up', Object.assign(new Error('aborted'), { name: 'AbortError' }), 'timeout'],
  ['a status that nobody expects', wire(15), 'bad-reply'],
  ['an error of another kind', new Error('odd'), 'bad-reply'],
  ['no error at all', 'odd', 'bad-reply'],
])('%s', (_, cause, kind) => {
  expect(describeModalError(cause).kind).toBe(kind);
});
