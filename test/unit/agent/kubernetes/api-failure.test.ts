import { expect, test } from 'vitest';
import { describeRefusal } from '../../../../gpu-workers/agent/kubernetes/api-failure.ts';
import { nobody, ownersOf } from '../../../../gpu-workers/agent/kubernetes/field-owners.ts';

test.each([
  [401, 'Unauthorized', 'unauthorized'],
  [403, 'deployments.apps is forbidden: User cannot patch', 'unauthorized'],
  [403, 'pods "x" is forbidden: exceeded quota: gpus', 'quota'],
  [404, 'not found', 'not-found'],
  [409, 'the object has been modified', 'changed'],
  [400, 'bad request', 'cannot-start'],
  [422, 'spec.replicas: Invalid value: -1', 'cannot-start'],
  [429, 'too many requests', 'unreachable'],
  [500, 'etcdserver: leader changed', 'unreachable'],
  [504, 'timeout', 'timeout'],
  [302, '', 'bad-reply'],
])('%i %s is %s', (status, message, kind) => {
  expect(describeRefusal(status, { kind: 'Status', message }, 'deployments/chat')).toMatchObject({ kind });
});

test('a refusal without a body, or with another, is one all the same', () => {
  for (const body of [null, 'text', { details: 7 }])
    expect(describeRefusal(503, body, 'pods')).toMatchObject({ kind: 'unreachable' });
});

test('a conflict of owners names each field and each owner', () => {
  const causes = ['kubectl', 'kube-controller-manager'].map((manager) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}" with subresource "scale" using apps/v1`,
    field: '.spec.replicas',
  }));
  const failure = describeRefusal(409, { reason: 'Conflict', details: { causes } }, 'deployments/chat/scale');
  expect(failure).toMatchObject({ kind: 'owned', managers: ['kubectl', 'kube-controller-manager'] });
  expect(failure.message).toContain('.spec.replicas');
});

test('owners are found by the path of a field, and nobody is none', () => {
  const replicas = { 'f:spec': { 'f:replicas': {} } };
  const entries = [
    { manager: 'kubectl', fieldsV1: replicas },
    { manager: 'kube-controller-manager', fieldsV1: { 'f:status': { 'f:replicas': {} } } },
    { manager: nobody, fieldsV1: replicas },
    { manager: 'old' },
  ];
  expect(ownersOf(entries, ['spec', 'replicas'])).toEqual(['kubectl']);
  expect(ownersOf(entries, ['spec', 'paused'])).toEqual([]);
});
