import { useState } from 'react';
import type { Credentials } from './credentials.ts';

interface SignInProps {
  readonly credentials: Credentials;
  readonly dev: boolean;
  readonly onSave: (credentials: Credentials) => void;
}

export function SignIn({ credentials, dev, onSave }: SignInProps) {
  const [admin, setAdmin] = useState(credentials.admin);
  const [key, setKey] = useState(credentials.key);
  return (
    <form
      className="sign-in"
      onSubmit={(event) => {
        event.preventDefault();
        onSave({ admin: admin.trim(), key: key.trim() });
      }}
    >
      <label>
        Admin token
        <input
          value={admin}
          onChange={(event) => setAdmin(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      </label>
      <label>
        API key
        <input
          value={key}
          onChange={(event) => setKey(event.target.value)}
          autoComplete="off"
          spellCheck={false}
        />
      </label>
      <button type="submit">Use these</button>
      <p className="muted">
        {dev
          ? 'The well-known keys of the development environment are filled in.'
          : 'Kept for this tab alone.'}
      </p>
    </form>
  );
}
