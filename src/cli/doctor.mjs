// `npm run doctor`: JavaScript that any Node reads, because an old Node is one of the things it names. The rest is doctor.ts, which an old
// Node cannot read.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
/** Runs TypeScript as it is; wrangler wants 22.12. */
const isNewEnough = major > 22 || (major === 22 && minor >= 18);

if (!isNewEnough) {
  tell(
    'node',
    `this is Node ${process.versions.node}; 22.18 or newer is needed`,
    'run "npm ci", which brings Node 22 along for every "npm run" command; if it did so, call this by "npm run doctor"; or install Node 22',
  );
} else {
  try {
    await import('./doctor.ts');
  } catch (cause) {
    if (cause.code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    tell('packages', `packages are missing: ${cause.message}`, 'run "npm ci"');
  }
}

function tell(id, what, remedy) {
  const finding = { id, state: 'wrong', what, remedy };
  const asJson = process.argv.includes('--json');
  if (asJson) console.log(JSON.stringify({ ok: false, findings: [finding] }, null, 2));
  else console.log(`WRONG    ${id}: ${what}\n         -> ${remedy}`);
  process.exitCode = 1;
}
