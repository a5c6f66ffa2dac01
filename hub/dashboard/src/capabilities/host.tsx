import { useText } from '../text/use-text.ts';
import { Age } from '../ui/age.tsx';
import { formatBytes } from '../ui/format.ts';
import { Facts } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function HostWidget({ state }: WidgetProps<'host'>) {
  const { t, language } = useText();
  const cores = state.cores === undefined ? undefined : t('host.cores', { count: state.cores });
  return (
    <Facts
      rows={[
        [t('host.os'), state.os],
        [t('host.cpu'), [state.cpu, cores].filter((part) => part !== undefined).join(', ')],
        [t('host.memory'), state.memoryBytes === undefined ? undefined : formatBytes(state.memoryBytes, language)],
        [t('host.booted'), state.bootedAt === undefined ? undefined : <Age key="booted" at={state.bootedAt} />],
        [
          t('host.network'),
          state.interfaces
            ?.filter(({ addresses }) => addresses.length > 0)
            .map(({ name, addresses }) => (
              <div key={name} className="code">
                {name} {addresses.join(', ')}
              </div>
            )),
        ],
      ]}
    />
  );
}
