// What the platform knows about a model that it may serve. Owns the shape of a version's configuration; owns no routing and
// nothing of how a replica is reached. Pure data.
import type { Tier } from '../warming/tiers.ts';
import type { EdgeLaunch } from './edge-launch.ts';

/**
 * How a replica of a version is brought to life. All but `EdgeLaunch` are read by the agent, to which the Worker sends only the version's
 * id; an `EdgeLaunch` is the Worker's own affair.
 */
export type Launch =
  | { readonly kind: 'llama'; readonly weights: string; readonly contextTokens: number }
  | { readonly kind: 'embedder' }
  | { readonly kind: 'paced'; readonly pace: Pace }
  | {
      /** Any program that serves the OpenAI API on the port given in `$PORT`: vLLM, llama-server, Ollama. */
      readonly kind: 'command';
      readonly command: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      /** Path that answers 200 once the model may be asked. */
      readonly readyPath: string;
      readonly protocol?: ServerProtocol | undefined;
    }
  | ModalSandboxLaunch
  | ModalFunctionLaunch
  | EdgeLaunch
  | KubernetesLaunch;

/** What a program of others speaks beside the OpenAI API, so that it can be parked; without it, it is stopped instead. */
export type ServerProtocol =
  /** vLLM's sleep mode. Level 1 keeps the weights in the machine's memory; level 2 keeps none and reads them again when it wakes. */
  | { readonly kind: 'vllm'; readonly sleepLevel: 1 | 2 }
  /** Ollama, which unloads and loads `model`, the name that it knows it by. */
  | { readonly kind: 'ollama'; readonly model: string };

/** A Modal sandbox with GPUs for each replica: begun, parked and ended by the pool. */
export interface ModalSandboxLaunch {
  readonly kind: 'modal-sandbox';
  /** The Modal App that the sandboxes belong to; made if it is missing. */
  readonly app: string;
  /** A registry image: `vllm/vllm-openai:v0.14.0`. */
  readonly image: string;
  /** As Modal spells it: `H100`, `A100-80GB:2`. */
  readonly gpu: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What the command listens on; it becomes an encrypted tunnel. */
  readonly port: number;
  readonly readyPath: string;
  readonly protocol?: ServerProtocol | undefined;
  /** Where Modal may place it; empty = anywhere. */
  readonly regions: readonly string[];
}

/** A function that is deployed on Modal, which scales by itself between the figures that the agent sets. */
export interface ModalFunctionLaunch {
  readonly kind: 'modal-function';
  readonly app: string;
  /** A web function, or `Class.method`. */
  readonly function: string;
  readonly gpu: string;
  /** Path that answers 200 once the model may be asked. */
  readonly readyPath: string;
  /** Idle containers kept beside the floor while there is one, for bursts; null: as the plan goes. */
  readonly buffer: number | null;
  /** How long Modal keeps a container that is above the floor and idle. */
  readonly idleMs: number;
}

/** Something that is deployed on Kubernetes, which the agent scales. */
export interface KubernetesLaunch {
  readonly kind: 'kubernetes';
  /**
   * - `deployment`: a Deployment through its scale subresource; as many pods as there are replicas
   * - `knative`:    a Knative Service, whose latest ready revision gets min-scale and max-scale
   * - `kserve`:     a KServe InferenceService in its Standard mode, by minReplicas and maxReplicas
   */
  readonly shape: 'deployment' | 'knative' | 'kserve';
  readonly name: string;
  /** Null = the agent's own. */
  readonly namespace: string | null;
  /** Base URL that the edge reaches it by, without a path; null = the one that Knative or KServe gives it. */
  readonly endpoint: string | null;
  /** Model and number of the GPUs of one pod: `H100`, `A100-80GB:2`. */
  readonly gpu: string;
  /** Path that answers 200 once the model may be asked. */
  readonly readyPath: string;
  /** Pods kept beside the floor while there is one, for bursts. */
  readonly buffer: number;
  /** How long a pod that no node has room for is waited for before its start is refused; the time that new nodes take, where they come. */
  readonly shortageMs: number;
}

/** The emulated GPU: every figure of a paced server is made up by configuration and must be labelled emulated. */
export interface Pace {
  readonly loadMs: number;
  readonly wakeMs: number;
  readonly firstTokenMs: number;
  readonly tokenMs: number;
  readonly tokens: number;
  /** What is said to a prompt that holds all of `when`, the first that fits; other prompts get words that mean nothing. */
  readonly answers?: readonly PacedRule[] | undefined;
}

export interface PacedRule {
  readonly when: readonly string[];
  readonly say: string;
}

/** What tokens are sold for, in micro-dollars per million. */
export interface TokenPrice {
  readonly inputMicrosPerMTok: number;
  readonly outputMicrosPerMTok: number;
}

/** One immutable version of a model. */
export interface ModelVersion {
  /** Name and version, as clients see it in `x-pilotlight-model`: `tiny-chat@1`. */
  readonly id: string;
  readonly task: 'chat' | 'embedding';
  readonly launch: Launch;
  /** Requests that one replica serves at once. */
  readonly slots: number;
  readonly replicasMax: number;
  /** Replicas kept hot at all times. */
  readonly floor: number;
  /** How dear waiting is to those who use it: a multiple of the deployment's own figure. */
  readonly tier: Tier;
  /**
   * After this long without a request a hot replica is parked, after this long parked it is stopped (0 = never parked). Null, the usual
   * case: derived from prices and demand; a number is obeyed exactly.
   */
  readonly hotIdleMs: number | null;
  readonly parkedIdleMs: number | null;
  /** What a load and a wake are taken to be until one was measured. */
  readonly loadGuessMs: number;
  readonly wakeGuessMs: number;
  /** A start that takes longer has failed. */
  readonly startTimeoutMs: number;
  /** Waiting requests the pool holds before it refuses more. */
  readonly queueMax: number;
  /** How long anybody is to wait in line while replicas are hot and the pool cannot grow; null = as long as its deadline. */
  readonly waitTargetMs: number | null;
  /** Price in micro-dollars per second of one replica: hot (busy, idle or loading) and parked. */
  readonly hotMicrosPerSecond: number;
  readonly parkedMicrosPerSecond: number;
  /** Where these and the guessed times are from, in words for an operator; left out = the model's own file. */
  readonly economicsFrom?: { readonly price: string; readonly times: string } | undefined;
  /**
   * The same model in other places, by version: who finds no room here is answered there, in this order. Nothing is remembered of that:
   * the next one is for here again.
   */
  readonly elsewhere?: readonly string[] | undefined;
  /** What routing compares versions by; worked out from the replica's price where it is left out. */
  readonly price?: TokenPrice | undefined;
  /** Tokens that a prompt may have; read from the launch where it says so. */
  readonly contextTokens?: number | undefined;
  /** Whether it can call tools; left out where nobody knows. */
  readonly tools?: boolean | undefined;
  /** Whether its server goes on from a last assistant message instead of answering it; left out, of emulated ones alone. */
  readonly continues?: boolean | undefined;
}

/** What one environment serves: versions, and the names that clients use for them. */
export interface Catalogue {
  readonly versions: readonly ModelVersion[];
  /** Client's model name -> version id. */
  readonly aliases: Readonly<Record<string, string>>;
}
