import type { CapabilityState } from '../../../../protocols/fleet/capabilities/index.ts';
import type { TextKey } from '../text/texts.ts';
import { useText } from '../text/use-text.ts';
import { Age, Moment } from '../ui/age.tsx';
import { CommandButton } from './parts/command-button.tsx';
import { Badge, Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

type Lookup = NonNullable<CapabilityState<'gate'>['lookup']>;

const lookups: Readonly<Record<Lookup, { readonly text: TextKey; readonly tone: 'ok' | 'attention' | 'quiet' }>> = {
  ready: { text: 'gate.lookup.ready', tone: 'ok' },
  connecting: { text: 'gate.lookup.connecting', tone: 'quiet' },
  unavailable: { text: 'gate.lookup.unavailable', tone: 'attention' },
  refused: { text: 'gate.lookup.refused', tone: 'attention' },
  unsupported: { text: 'gate.lookup.unsupported', tone: 'attention' },
};

/** Long enough to look at a reader that alarms for nothing. */
const quietMinutes = 15;

export function GateWidget({ state }: WidgetProps<'gate'>) {
  const { t } = useText();
  const { reading, alarmOutput, lastAlarmAt, silencedUntil, lookup } = state;
  return (
    <>
      {reading === undefined ? null : (
        <Badge tone={reading ? 'ok' : 'fault'}>{t(reading ? 'gate.reading' : 'gate.not-reading')}</Badge>
      )}
      {alarmOutput ? <Badge tone="attention">{t('gate.sounding')}</Badge> : null}
      {silencedUntil === undefined ? null : <Badge tone="attention">{t('gate.silenced')}</Badge>}
      {lookup === undefined ? null : <Badge tone={lookups[lookup].tone}>{t(lookups[lookup].text)}</Badge>}
      <Facts
        rows={[
          [t('gate.last-alarm'), lastAlarmAt === undefined ? undefined : <Age key="last" at={lastAlarmAt} />],
          [
            t('gate.silenced-until'),
            silencedUntil === undefined ? undefined : <Moment key="silent" at={silencedUntil} />,
          ],
        ]}
      />
      <div className="row">
        <CommandButton capability="gate" name="silence" />
        <CommandButton capability="gate" name="silence" args={{ minutes: quietMinutes }}>
          {t('gate.quiet', { minutes: quietMinutes })}
        </CommandButton>
        <CommandButton capability="gate" name="testAlarm" />
      </div>
    </>
  );
}
