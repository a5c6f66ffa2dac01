import { useText } from '../../text/use-text.ts';
import { Facts } from '../parts/facts.tsx';
import type { WidgetProps } from '../parts/widget.ts';

export function PortsWidget({ state }: WidgetProps<'ports'>) {
  const { t } = useText();
  const ports = state.ports ?? [];
  const powered = (state.powered ?? []).filter((port) => port.state === 'delivering').length;
  return (
    <>
      <p>{t('ports.linked', { up: ports.filter(({ up }) => up).length, all: ports.length })}</p>
      <Facts
        rows={[
          [t('ports.poe'), state.powered ? powered : undefined] as const,
          ...ports.map((port) => {
            const link = t(port.up ? 'ports.link' : port.enabled ? 'ports.down' : 'ports.off');
            const speed = port.speedMbps === undefined ? '' : ` ${port.speedMbps} Mbit/s`;
            return [port.alias ? `${port.name}, ${port.alias}` : port.name, `${link}${speed}`] as const;
          }),
        ]}
      />
    </>
  );
}
