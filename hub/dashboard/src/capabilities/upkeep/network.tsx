import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';
import { TextCommand } from './text-command.tsx';

export function NetworkWidget({ state }: WidgetProps<'network'>) {
  const { t } = useText();
  return (
    <>
      <Facts
        rows={[
          [t('network.hostname'), state.hostname] as const,
          ...(state.interfaces ?? []).map(({ name, mac, addresses, dhcp }) => {
            const origin = dhcp === undefined ? [] : [t(dhcp ? 'network.by-dhcp' : 'network.by-hand')];
            const words = [...addresses, ...(mac === undefined ? [] : [mac]), ...origin].join(', ');
            return [t('network.interface', { name }), words] as const;
          }),
          [t('network.gateway'), (state.gateways ?? []).join(', ')] as const,
          [t('network.dns'), (state.dns ?? []).join(', ')] as const,
          ...(state.services ?? []).map(
            ({ name, enabled, ports }) => [name, enabled ? ports.join(', ') : t('network.off')] as const,
          ),
        ]}
      />
      <TextCommand
        capability="network"
        name="setHostname"
        label={t('network.hostname')}
        button={t('network.rename')}
        value={state.hostname ?? ''}
        argsOf={(hostname) => ({ hostname })}
      />
    </>
  );
}
