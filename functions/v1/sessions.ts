import type { RouteEntry } from '../route-entry.ts';

export const sessionRoutes: readonly RouteEntry[] = [];
