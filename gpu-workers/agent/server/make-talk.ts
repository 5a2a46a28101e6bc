// Chooses how a server is talked to, by what its launch says that it speaks.
import type { ServerProtocol } from '../../../src/core/registry/model.ts';
import { OllamaTalk } from './ollama-talk.ts';
import { OwnTalk } from './own-talk.ts';
import type { ServerAddress, ServerTalk } from './server-talk.ts';
import { VllmTalk } from './vllm-talk.ts';

export function makeTalk(protocol: ServerProtocol | null, address: ServerAddress): ServerTalk {
  switch (protocol?.kind) {
    case undefined:
      return new OwnTalk(address);
    case 'vllm':
      return new VllmTalk({ address, sleepLevel: protocol.sleepLevel });
    case 'ollama':
      return new OllamaTalk(address, protocol.model);
  }
}
