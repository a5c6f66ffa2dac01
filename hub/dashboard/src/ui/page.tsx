import { type ReactNode, useEffect } from 'react';

/** A page with its heading and actions; `fill` makes it as high as the window, for a list that scrolls inside. */
export function Page({
  title,
  lead,
  actions,
  fill,
  children,
}: {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  readonly fill?: boolean;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Edufleet`;
  }, [title]);
  return (
    <div className="page" data-fill={fill || undefined}>
      <div className="page-head">
        <h1>{title}</h1>
        {lead}
        {actions ? <div className="actions">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}
