// A certificate of this machine alone, minted for one test run: what stands at the public end of Modal's tunnels and web functions is TLS.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** For NODE_EXTRA_CA_CERTS: it signs itself. */
  readonly file: string;
  remove(): void;
}

export function mintCertificate(): Certificate {
  const dir = mkdtempSync(join(tmpdir(), 'pilotlight-tls-'));
  const keyFile = join(dir, 'key.pem');
  const file = join(dir, 'cert.pem');
  // The runtime compares an address as if it were a name.
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:127.0.0.1';
  const subject = ['-subj', '/CN=localhost', '-addext', names];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', keyFile, '-out', file], {
    stdio: 'ignore',
  });
  return {
    key: readFileSync(keyFile, 'utf8'),
    cert: readFileSync(file, 'utf8'),
    file,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
