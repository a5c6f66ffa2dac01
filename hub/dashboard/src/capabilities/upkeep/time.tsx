import type { TextKey } from '../../text/texts.ts';
import { useText } from '../../text/use-text.ts';
import { Badge, Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { TextCommand } from './text-command.tsx';

const sources = {
  ntp: 'time.ntp',
  dhcp: 'time.dhcp',
  manual: 'time.manual',
} as const satisfies Record<string, TextKey>;

export function TimeWidget({ state }: WidgetProps<'time'>) {
  const { t } = useText();
  const servers = (state.servers ?? []).join(', ');
  return (
    <>
      <Badge tone={state.active ? 'ok' : 'attention'}>{t(state.active ? 'time.active' : 'time.inactive')}</Badge>
      <Facts
        rows={[
          [t('time.source'), state.source === undefined ? undefined : t(sources[state.source])],
          [t('time.servers'), servers],
          [t('time.zone'), state.zone],
        ]}
      />
      <TextCommand
        capability="time"
        name="setNtp"
        label={t('time.servers')}
        placeholder={t('time.servers.example')}
        button={t('time.set')}
        value={servers}
        argsOf={(text) => ({ servers: text.split(/[\s,;]+/).filter((server) => server !== '') })}
      />
    </>
  );
}
