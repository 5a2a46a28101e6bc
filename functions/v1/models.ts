// GET /v1/models and /v1/models/{id}: the names that a tenant may ask for.
import type { Context } from 'hono';
import { listNames } from '../../src/core/routing/list-names.ts';
import type { AppEnv } from '../context.ts';
import { RequestFailure } from '../http-errors.ts';

interface ModelObject {
  readonly id: string;
  readonly object: 'model';
  readonly created: number;
  readonly owned_by: string;
}

export function listModels(c: Context<AppEnv>): Response {
  return c.json({ object: 'list', data: namesOf(c).map(makeModel) }, 200, {
    'x-request-id': c.get('requestId'),
  });
}

export function retrieveModel(c: Context<AppEnv>): Response {
  const model = c.req.param('id') ?? '';
  if (!namesOf(c).includes(model)) throw new RequestFailure({ kind: 'unknown-model', model });
  return c.json(makeModel(model), 200, { 'x-request-id': c.get('requestId') });
}

function namesOf(c: Context<AppEnv>): readonly string[] {
  const { rules, ruleSet } = c.get('tenant');
  return listNames(c.get('config').catalogue, rules, ruleSet.aliases);
}

/** Names have no date of their own; the field is there because clients expect it. */
function makeModel(id: string): ModelObject {
  return { id, object: 'model', created: 0, owned_by: 'pilotlight' };
}
