// How a version is launched in a Modal sandbox of the test server, whatever program runs in it.

export function sandboxLaunch(command: readonly string[], env: Readonly<Record<string, string>>): object {
  return { kind: 'modal-sandbox', app: 'pilotlight-test', image: 'node:22', gpu: 'H100', command, env };
}
