import type { ReactNode } from 'react';

interface PartProps {
  readonly id: string;
  readonly title: string;
  readonly children: ReactNode;
}

/** A card over the whole width, with a title. */
export function Part({ id, title, children }: PartProps) {
  return (
    <section className="card wide" aria-labelledby={`${id}-title`}>
      <header>
        <h3 id={`${id}-title`}>{title}</h3>
      </header>
      {children}
    </section>
  );
}

/** Where something will stand once it is known. */
export function Blank({ children }: { readonly children: ReactNode }) {
  return <p className="blank muted">{children}</p>;
}
