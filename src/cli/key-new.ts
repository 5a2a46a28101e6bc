// `npm run key:new`: makes a tenant's key. The key is shown once; only its SHA-256 belongs into the tenant's file.
import { createHash, randomBytes } from 'node:crypto';

const key = `sk-pl-${randomBytes(24).toString('base64url')}`;
const sha256 = createHash('sha256').update(key).digest('hex');

console.log(`key (give it to the tenant, it is not stored anywhere):\n  ${key}\n`);
console.log('entry for "keys" in tenants/<tenant>.json:');
console.log(`  ${JSON.stringify({ id: 'key-1', sha256, environments: ['production'] })}`);
