// One spelling of host and path, or a refusal: what a router, a guard and a URL parser could read differently never gets past the door.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isHost, isServedHost, parseTarget } from '../../../src/core/door/canonical-target.ts';

describe('a canonical target', () => {
  test.each([
    ['http://127.0.0.1:8787/', { host: '127.0.0.1:8787', path: '/' }],
    ['https://api.example.com/v1/models', { host: 'api.example.com', path: '/v1/models' }],
    ['http://[::1]:8787/v1/models/tiny-chat@1', { host: '[::1]:8787', path: '/v1/models/tiny-chat@1' }],
    ['http://localhost/assets/index-Cd_1.js?v=%2F..', { host: 'localhost', path: '/assets/index-Cd_1.js' }],
    ['http://localhost/v1/models/', { host: 'localhost', path: '/v1/models/' }],
  ])('%s is taken as it is', (url, target) => {
    expect(parseTarget(url)).toEqual({ ok: true, value: target });
  });

  test('is what every URL parser makes of it too', () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_\-.~@:]{1,12}$/);
    const host = fc.constantFrom('localhost:8787', '127.0.0.1', 'a.example', 'a-b.c.example:8080');
    fc.assert(
      fc.property(host, fc.array(segment, { maxLength: 5 }), (host, segments) => {
        const parsed = parseTarget(`http://${host}/${segments.join('/')}`);
        if (!parsed.ok) return;
        const url = new URL(`http://${host}/${segments.join('/')}`);
        expect({ host: url.host, path: url.pathname }).toEqual(parsed.value);
      }),
    );
  });

  test('is all that is ever let in, whatever the text', () => {
    const nasty = fc.string({
      unit: fc.constantFrom(...Array.from('/\\.%2eEfF50#?@: a;\u0000ä[]')),
      maxLength: 30,
    });
    fc.assert(
      fc.property(nasty, (path) => {
        const parsed = parseTarget(`http://localhost/${path}`);
        if (parsed.ok) expect(new URL(`http://localhost/${path}`).pathname).toBe(parsed.value.path);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a refused target', () => {
  test.each([
    ['an escaped dot segment', '/v1/%2e%2e/admin'],
    ['an escaped dot segment in capitals', '/v1/%2E%2E/admin'],
    ['an escaped slash', '/v1%2fmodels'],
    ['an escaped backslash', '/v1%5cmodels'],
    ['an escaped zero byte', '/v1/%00'],
    ['a doubly escaped dot', '/v1/%252e%252e/admin'],
    ['a broken escape', '/v1/%zz'],
    ['an escaped letter', '/%61dmin'],
    ['a backslash', '/v1\\models'],
    ['an empty segment at the start', '//v1/models'],
    ['an empty segment', '/v1//models'],
    ['a dot segment', '/v1/./models'],
    ['a parent segment', '/v1/../admin'],
    ['a parent segment at the end', '/v1/..'],
    ['a path parameter', '/v1/models;x=1'],
    ['a fragment', '/v1/models#x'],
    ['a fragment behind a query', '/v1/models?a#x'],
    ['a space', '/v1/mo dels'],
    ['a letter that is not ASCII', '/v1/modèls'],
    ['a control character', '/v1/\u0001'],
    ['no path', ''],
  ])('with %s', (_name, path) => {
    expect(parseTarget(`http://localhost${path}`)).toMatchObject({ ok: false });
  });

  test.each([
    ['a fragment', 'good/#'],
    ['a fragment without a path', 'good#'],
    ['a query', 'good?'],
    ['a user', 'good@evil'],
    ['a backslash', 'good\\evil'],
    ['two hosts', 'a, b'],
    ['capitals', 'LocalHost'],
    ['a trailing dot', 'localhost.'],
    ['an empty label', 'a..b'],
    ['an underscore', 'a_b'],
    ['nothing', ''],
    ['a port without a number', 'localhost:'],
    ['two ports', 'localhost:1:2'],
    ['a port beyond all ports', 'localhost:65536'],
    ['a port in letters', 'localhost:http'],
    ['an escape', 'local%68ost'],
  ])('with a host of %s', (_name, host) => {
    expect(parseTarget(`http://${host}/v1/models`)).toMatchObject({ ok: false });
  });

  test('longer than any of ours', () => {
    expect(parseTarget(`http://localhost/${'a'.repeat(8_200)}`)).toMatchObject({ ok: false });
  });

  test('with a scheme that is not HTTP', () => {
    expect(parseTarget('ftp://localhost/v1/models')).toMatchObject({ ok: false });
  });
});

describe('a served host', () => {
  const dev = { loopbackOnly: true, allowedHosts: [] };
  test.each(['localhost', 'localhost:8787', '127.0.0.1:1', '[::1]:8787'])('in dev is %s', (host) => {
    expect(isServedHost(dev, host)).toBe(true);
  });
  test.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.1.nip.io',
    '0.0.0.0',
    '2130706433',
    '10.0.0.1',
    '[::2]',
  ])('in dev is never %s', (host) => {
    expect(isServedHost(dev, host)).toBe(false);
  });
  test('elsewhere is one of the list, to the letter', () => {
    const policy = { loopbackOnly: false, allowedHosts: ['api.example.com', 'api.example.com:8443'] };
    expect(isServedHost(policy, 'api.example.com')).toBe(true);
    expect(isServedHost(policy, 'api.example.com:8443')).toBe(true);
    expect(isServedHost(policy, 'api.example.com:8444')).toBe(false);
    expect(isServedHost(policy, 'xapi.example.com')).toBe(false);
  });
  test('without a list is any host that is well-formed', () => {
    expect(isServedHost({ loopbackOnly: false, allowedHosts: [] }, 'pilotlight.example.dev')).toBe(true);
  });
  test('may be given by configuration only in the spelling that the door takes', () => {
    expect(isHost('api.example.com')).toBe(true);
    expect(isHost('https://api.example.com')).toBe(false);
  });
});
