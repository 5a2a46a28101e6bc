// The closing lines of the start: where everything is, and one line to try. The last one is read by programs too.
import type { Print } from './printer.ts';
import type { DevSettings } from './settings.ts';

const question = {
  model: 'assistant',
  stream: true,
  messages: [{ role: 'user', content: 'What is a cold start?' }],
};

export function announce(settings: DevSettings, print: Print): void {
  const url = `http://127.0.0.1:${settings.port}`;
  const headers = "-H 'authorization: Bearer sk-pilotlight-dev' -H 'content-type: application/json'";
  print('dev', `dashboard  ${url}/`);
  print('dev', `endpoint   ${url}/v1   (keys sk-pilotlight-dev, sk-pilotlight-acme)`);
  print('dev', `admin      ${url}/admin/v1/pools   (token admin-pilotlight-dev)`);
  print('dev', `agent      http://127.0.0.1:${settings.agentPort}`);
  print('dev', `state      ${settings.stateDir}`);
  print('dev', `try        curl -N ${url}/v1/chat/completions ${headers} -d '${JSON.stringify(question)}'`);
  console.log(`ready ${url}`);
}
