import { useText } from '../../text/use-text.ts';
import { CommandButton } from '../parts/command-button.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function AppsWidget({ state }: WidgetProps<'apps'>) {
  const { t } = useText();
  return (
    <>
      {state.installed?.length === 0 ? <p>{t('apps.none')}</p> : null}
      <ul className="app-list">
        {(state.installed ?? []).map(({ id, version }) => (
          <li key={id}>
            <span className="app-name">
              {id} <span className="code">{version}</span>
            </span>
            <span className="row">
              <CommandButton capability="apps" name="launch" args={{ id }} label={t('apps.launch', { app: id })} />
              <CommandButton capability="apps" name="remove" args={{ id }} label={t('apps.remove', { app: id })} />
            </span>
          </li>
        ))}
      </ul>
      {state.more === undefined ? null : <p>{t('apps.more', { count: state.more })}</p>}
    </>
  );
}
