import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function AppsWidget({ state }: WidgetProps<'apps'>) {
  const { t } = useText();
  return (
    <>
      {state.installed?.length === 0 ? <p>{t('apps.none')}</p> : null}
      <Facts
        rows={(state.installed ?? []).map(
          ({ id, version }) =>
            [
              id,
              <span key={id} className="code">
                {version}
              </span>,
            ] as const,
        )}
      />
      {state.more === undefined ? null : <p>{t('apps.more', { count: state.more })}</p>}
    </>
  );
}
