// The admin token and the API key: kept for this tab alone. In the development environment the well-known ones are filled in.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

export interface Credentials {
  readonly admin: string;
  readonly key: string;
}

const storageKey = 'pilotlight-credentials';
const devCredentials: Credentials = { admin: 'admin-pilotlight-dev', key: 'sk-pilotlight-dev' };
const none: Credentials = { admin: '', key: '' };

export interface CredentialsState {
  readonly credentials: Credentials;
  readonly environment: string | null;
  readonly save: (credentials: Credentials) => void;
}

export function useCredentials(): CredentialsState {
  const [saved, setSaved] = useState<Credentials | null>(readSaved);
  const health = useQuery({ queryKey: ['health'], queryFn: readHealth, staleTime: Infinity, retry: 3 });
  const environment = health.data?.environment ?? null;
  const save = (credentials: Credentials): void => {
    sessionStorage.setItem(storageKey, JSON.stringify(credentials));
    setSaved(credentials);
  };
  return { credentials: saved ?? (environment === 'dev' ? devCredentials : none), environment, save };
}

async function readHealth(): Promise<{ environment: string }> {
  const response = await fetch('/healthz');
  return (await response.json()) as { environment: string };
}

function readSaved(): Credentials | null {
  try {
    const text = sessionStorage.getItem(storageKey);
    return text === null ? null : (JSON.parse(text) as Credentials);
  } catch {
    return null;
  }
}
