// A request of which nothing is known but what it asks for: what callers begin from that have no client's request at hand. Pure.
import { noRules } from './compile-rules.ts';
import type { RouteQuestion } from './route-question.ts';

export const noFacts: Omit<RouteQuestion, 'catalogue' | 'place' | 'task' | 'model' | 'rules'> = {
  platform: noRules,
  tenant: '',
  keyId: '',
  labels: {},
  metadata: {},
  headers: {},
  country: null,
  region: null,
  colo: null,
  promptTokens: 0,
  tools: false,
  json: false,
  stream: false,
  session: null,
  user: null,
  prefix: null,
  budgetLeftMicros: null,
  nowMs: 0,
  seed: 0,
  views: new Map(),
};
