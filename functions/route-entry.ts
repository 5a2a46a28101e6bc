// One path and the methods that it answers to.
import type { Handler } from 'hono';
import type { AppEnv } from './context.ts';

export interface RouteEntry {
  readonly path: string;
  readonly handlers: Readonly<Record<string, Handler<AppEnv>>>;
}
