// What `npm run rules` takes, and the one line that it says to what it does not take.
import { describe, expect, test } from 'vitest';
import { namesFiles, readRulesOptions } from '../../../../src/cli/rules/rules-options.ts';

const around = { env: {}, user: () => 'ada' };
const read = (...args: readonly string[]) => readRulesOptions(args, around);

describe('options', () => {
  test('have defaults for a development machine', () => {
    expect(read('list', 'demo')).toEqual({
      ok: true,
      value: {
        command: 'list',
        arguments: ['demo'],
        isDry: false,
        from: null,
        to: null,
        version: null,
        url: 'http://127.0.0.1:8787',
        token: 'admin-pilotlight-dev',
        comment: null,
        by: 'ada',
        json: false,
      },
    });
  });

  test('come from the environment where the line says nothing', () => {
    const env = { PILOTLIGHT_URL: 'https://edge.example/', PILOTLIGHT_ADMIN_TOKEN: 't1' };
    const asked = readRulesOptions(['list', 'demo'], { ...around, env });
    expect(asked).toMatchObject({ value: { url: 'https://edge.example', token: 't1' } });
    const line = readRulesOptions(['list', 'demo', '--url', 'https://b.example', '--token', 't2'], {
      ...around,
      env,
    });
    expect(line).toMatchObject({ value: { url: 'https://b.example', token: 't2' } });
  });

  test('never send the well-known token to another machine', () => {
    expect(read('list', 'demo', '--url', 'https://edge.example')).toMatchObject({ ok: false });
    expect(read('list', 'demo', '--url', 'http://127.0.0.1.evil.example')).toMatchObject({ ok: false });
    expect(read('list', 'demo', '--url', 'http://localhost:9')).toMatchObject({ ok: true });
  });

  test('name an author also where the user has no name', () => {
    const nameless = (): string => {
      throw new Error('no such user');
    };
    expect(readRulesOptions(['list', 'demo'], { env: {}, user: nameless })).toMatchObject({
      value: { by: 'cli' },
    });
  });

  test('of diff of files are a dry run', () => {
    expect(read('diff', 'tenants/demo.json')).toMatchObject({ value: { isDry: true } });
    expect(read('apply', 'a.json', '--dry-run')).toMatchObject({ value: { isDry: true } });
    expect(read('diff', 'demo', '--from', '1', '--to', '2')).toMatchObject({ value: { from: 1, to: 2 } });
  });

  test.each([
    [['push', 'a.json'], '"push" is no command'],
    [['constructor'], '"constructor" is no command'],
    [['apply'], 'apply takes at least 1 argument, not 0'],
    [['rollback', 'demo'], 'rollback takes 2 arguments, not 1'],
    [['list', 'demo', 'acme'], 'list takes 1 argument, not 2'],
    [['status', 'a', 'b'], 'status takes 0 to 1 arguments, not 2'],
    [['list', 'demo', '--from', '1'], '--from means nothing to list (only to diff)'],
    [['diff', 'a.json', '--from', '1'], '--from and --to compare versions of a tenant, not files'],
    [['diff', 'demo', 'acme'], 'diff takes files, or one tenant'],
    [['diff', 'demo', '--from', 'one'], '--from must be the number of a version, not "one"'],
    [['show', 'demo', '--version', '01'], '--version must be the number of a version, not "01"'],
    [['list', 'demo', '--url', 'edge'], '--url must be an http or https URL, not "edge"'],
    [['list', 'demo', '--url', 'file:///etc'], '--url must be an http or https URL, not "file:///etc"'],
    [
      ['list', 'demo', '--token', 'a b'],
      '--token TOKEN or PILOTLIGHT_ADMIN_TOKEN must hold the admin token of that deployment',
    ],
    [['list', 'demo', '--force'], "Unknown option '--force'"],
  ])('%j is told: %s', (args, error) => {
    expect(read(...args)).toEqual({ ok: false, error });
  });

  test('tell a file from a tenant', () => {
    expect(
      [['demo'], ['demo.json'], ['./demo'], ['a', 'tenants/b.json']].map((given) =>
        namesFiles({ arguments: given }),
      ),
    ).toEqual([false, true, true, true]);
  });
});
