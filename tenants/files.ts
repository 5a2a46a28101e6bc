// The tenants of this deployment, one file each. A new tenant is a file and a line here.
import acme from './acme.json' with { type: 'json' };
import demo from './demo.json' with { type: 'json' };

/** Unparsed: functions/middleware/authenticate.ts checks them when the isolate starts. */
export const tenantFiles: readonly unknown[] = [demo, acme];
