// What the Worker's output says, in lines for people: each request in one line, what the runtime says when it matters, and none of
// what wrangler says at each start. Pure.
import { stripVTControlCharacters } from 'node:util';
import type { RequestEvent } from '../../telemetry/request-event.ts';

/** Lines that wrangler prints at each start and for each request, and that say nothing new. */
const noise: readonly RegExp[] = [
  /^\s*$/,
  /^⎔/,
  /^\[wrangler:info\]/,
  /^Your Worker has access to/,
  /^Binding\s+Resource/,
  /^env\.\w+/,
  /Scheduled Workers are not automatically triggered/,
  /^\s+To manually trigger a scheduled event/,
  /^\s+curl "http:\/\/127\.0\.0\.1:\d+\/cdn-cgi\//,
  /^\s+For more details, see .*cron-triggers/,
];

export function showWorkerLine(coloured: string): string | null {
  const line = stripVTControlCharacters(coloured);
  if (line.startsWith('{"kind":"request"')) return showRequest(line);
  return noise.some((pattern) => pattern.test(line)) ? null : line;
}

/** Wrangler starts a runtime that crashed again, but stays silent when it was the one that listens. */
export function isCrashLine(line: string): boolean {
  return line.includes('The Workers runtime crashed unexpectedly');
}

function showRequest(line: string): string | null {
  const event = parseEvent(line);
  if (event === null) return line;
  // The page asks each second; only what was served, and what was refused, is news.
  if (event.method === 'GET' && event.status < 400) return null;
  const parts = [event.method, event.path, String(event.status), `${event.durationMs} ms`];
  if (event.tenant !== null) parts.push(event.tenant);
  if (event.version !== null) parts.push(event.version);
  if (event.warmth !== null) parts.push(event.warmth);
  if (event.waitMs !== null) parts.push(`waited ${event.waitMs} ms`);
  if (event.error !== null) parts.push(event.error);
  if (event.requests > 1) parts.push(`${event.requests} times`);
  return parts.join(' ');
}

function parseEvent(line: string): RequestEvent | null {
  try {
    return JSON.parse(line) as RequestEvent;
  } catch {
    return null;
  }
}
