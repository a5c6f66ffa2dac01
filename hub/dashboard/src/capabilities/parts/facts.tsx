import type { ReactNode } from 'react';

/** Names and values, one a line; what is not known is left out. */
export function Facts({ rows }: { readonly rows: readonly (readonly [name: string, value: ReactNode])[] }) {
  const known = rows.filter(([, value]) => value !== undefined && value !== null && value !== '');
  if (known.length === 0) return null;
  return (
    <dl className="facts">
      {known.map(([name, value]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A short state in one of the colours of health. */
export function Badge({
  tone,
  children,
}: {
  readonly tone: 'ok' | 'attention' | 'fault' | 'unreachable' | 'quiet';
  readonly children: ReactNode;
}) {
  return (
    <span className="state" data-tone={tone}>
      <span className="dot" aria-hidden />
      {children}
    </span>
  );
}

/** How full something is, 0 to 1, as a bar beside its words. */
export function Meter({ share, label }: { readonly share: number; readonly label: string }) {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  const tone = percent >= 95 ? 'fault' : percent >= 85 ? 'attention' : 'ok';
  return (
    <span className="meter" role="img" aria-label={label} data-tone={tone}>
      <span style={{ width: `${percent}%` }} />
    </span>
  );
}
