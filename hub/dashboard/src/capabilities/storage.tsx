import { useText } from '../text/use-text.ts';
import { formatBytes } from '../ui/format.ts';
import { Facts, Meter } from './parts/facts.tsx';
import type { WidgetProps } from './parts/widget.ts';

export function StorageWidget({ state }: WidgetProps<'storage'>) {
  const { t, language } = useText();
  return (
    <>
      {(state.volumes ?? []).map((volume) => {
        const text = t('storage.of', {
          used: formatBytes(volume.usedBytes, language),
          size: formatBytes(volume.sizeBytes, language),
        });
        return (
          <div key={volume.name}>
            <div className="row" style={{ justifyContent: 'space-between' }}>
              <span className="code">{volume.name}</span>
              <span className="small number">{text}</span>
            </div>
            <Meter share={volume.sizeBytes > 0 ? volume.usedBytes / volume.sizeBytes : 0} label={text} />
          </div>
        );
      })}
      <Facts
        rows={(state.disks ?? []).map(
          (disk) =>
            [`${t('storage.disk')} ${disk.name}`, `${disk.model} ${formatBytes(disk.sizeBytes, language)}`] as const,
        )}
      />
    </>
  );
}
