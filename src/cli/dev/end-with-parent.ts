// Preloaded into wrangler: ends it, and with it its runtimes, when the development program is gone without having ended it. The
// pipe to stdin closes then, whatever the reason.
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => process.kill(process.pid, 'SIGTERM')).resume();
