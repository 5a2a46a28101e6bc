// The requests of Modal's wire protocol as proto-loader gives them: what has no value is left out. Types alone.
import type { ScalerFigures } from './test-functions.ts';

export interface Tag {
  readonly tag_name: string;
  readonly tag_value: string;
}

export interface AppGetOrCreate {
  readonly app_name: string;
  /** 1 = make it if it is missing. */
  readonly object_creation_type?: number;
}

export interface SecretGetOrCreate {
  readonly env_dict?: Readonly<Record<string, string>>;
}

export interface SandboxId {
  readonly sandbox_id: string;
  /** Seconds. */
  readonly timeout?: number;
}

export interface SandboxList {
  readonly app_id?: string;
  readonly before_timestamp?: number;
  readonly tags?: readonly Tag[];
}

export interface SandboxCreate {
  readonly app_id?: string;
  readonly tags?: readonly Tag[];
  readonly definition: {
    readonly name?: string;
    readonly entrypoint_args?: readonly string[];
    readonly secret_ids?: readonly string[];
    readonly open_ports?: { readonly ports?: readonly { readonly port: number }[] };
    readonly resources?: { readonly gpu_config?: { readonly count?: number; readonly gpu_type?: string } };
  };
}

export interface FunctionGet {
  readonly app_name?: string;
  readonly object_tag?: string;
}

export interface FunctionId {
  readonly function_id: string;
}

export interface FunctionUpdate extends FunctionId {
  readonly settings?: ScalerFigures;
}
