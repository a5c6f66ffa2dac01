import { useText } from '../../text/use-text.ts';
import { formatNumber } from '../../ui/format.ts';
import { CommandButton } from '../parts/command-button.tsx';
import { Badge } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

/** Words and colour of a contact; one that has not told is no contact at rest. */
const told = (active: boolean | undefined) =>
  active === undefined
    ? ({ text: 'level.unknown', tone: 'quiet' } as const)
    : active
      ? ({ text: 'relay.active', tone: 'attention' } as const)
      : ({ text: 'relay.inactive', tone: 'ok' } as const);

export function RelayWidget({ state }: WidgetProps<'relay'>) {
  const { t, language } = useText();
  return (
    <>
      {(state.outputs ?? []).map(({ token, active, mode, delaySeconds }) => (
        <div key={`output ${token}`} className="row">
          <Badge tone={told(active).tone}>
            {t('relay.output', { token })}: {t(told(active).text)}
          </Badge>
          {mode === 'monostable' ? (
            <span>{t('relay.pulse', { seconds: formatNumber(delaySeconds ?? 0, language, 1) })}</span>
          ) : null}
          <CommandButton
            capability="relay"
            name="set"
            args={{ token, active: true }}
            label={`${t('relay.on')}: ${token}`}
          >
            {t('relay.on')}
          </CommandButton>
          <CommandButton
            capability="relay"
            name="set"
            args={{ token, active: false }}
            label={`${t('relay.off')}: ${token}`}
          >
            {t('relay.off')}
          </CommandButton>
        </div>
      ))}
      {(state.inputs ?? []).map(({ token, active }) => (
        <Badge key={`input ${token}`} tone={told(active).tone}>
          {t('relay.input', { token })}: {t(told(active).text)}
        </Badge>
      ))}
    </>
  );
}
