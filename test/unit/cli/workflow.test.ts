// From which refs the workflow deploys what: its conditions, evaluated as GitHub would for each event. The workflow itself never ran here.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const workflow = readFileSync(join(root, '.github/workflows/deploy.yml'), 'utf8');

interface Event {
  readonly event_name: string;
  readonly ref: string;
}

/** The condition of a job: of GitHub's expressions it uses those that JavaScript reads alike. */
function runs(job: string, github: Event): boolean {
  const [, condition] = new RegExp(`^  ${job}:\\n    if: (.+)$`, 'm').exec(workflow) ?? [];
  if (condition === undefined) throw new Error(`${job} has no condition`);
  const startsWith = (text: string, start: string): boolean => text.startsWith(start);
  return runInNewContext(condition, { github, startsWith }) === true;
}

describe('the workflow', () => {
  test.each([
    ['push', 'refs/heads/main', ['staging']],
    ['push', 'refs/tags/v1.2.3', ['production']],
    ['workflow_dispatch', 'refs/heads/main', ['production']],
    ['workflow_dispatch', 'refs/tags/v1.2.3', ['production']],
    ['workflow_dispatch', 'refs/heads/mine', []],
    ['workflow_dispatch', 'refs/heads/v1', []],
    ['workflow_dispatch', 'refs/tags/other', []],
    ['push', 'refs/heads/mine', []],
    ['pull_request', 'refs/pull/1/merge', []],
  ])('%s of %s deploys %j', (event_name, ref, deployed) => {
    expect(['staging', 'production'].filter((job) => runs(job, { event_name, ref }))).toEqual(deployed);
  });
});
