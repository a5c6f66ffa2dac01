import type { Icon } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** An empty place that teaches: what would be here, and how it gets here. */
export function Blank({
  icon: Picture,
  title,
  children,
  tone,
}: {
  readonly icon: Icon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly tone?: 'ok' | 'quiet';
}) {
  return (
    <div className="blank" data-tone={tone}>
      <Picture aria-hidden stroke={1.5} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
